import cors from "@fastify/cors";
import Fastify from "fastify";

const app = Fastify();
@SETTING@
app.addHook("onRequest", async (request, reply) => {
  if (request.url.startsWith("/private")) return reply.code(401).send({});
});
app.get("/items", async () => ({ items: [] }));
app.put("/items", async () => ({ items: [] }));
app.get("/private", async () => ({ items: [] }));
await app.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
