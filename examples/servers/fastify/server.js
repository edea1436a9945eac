// @fastify/cors, set up as its documentation says.
import cors from "@fastify/cors";
import Fastify from "fastify";

const app = Fastify();
await app.register(cors, {
  origin: ["https://app.example", "https://admin.example:8443"],
  methods: ["GET", "HEAD", "PUT"],
  allowedHeaders: ["Content-Type", "Authorization"],
  exposedHeaders: ["ETag", "X-Request-Id"],
  credentials: true,
  maxAge: 600,
});
app.addHook("onRequest", async (request, reply) => {
  reply.header("X-Request-Id", "1");
});
app.get("/items", async () => ({ items: [] }));
app.put("/items", async () => ({ items: [] }));
app.get("/items/data.json", async (request, reply) => {
  reply.header("Cache-Control", "public, max-age=600");
  return { data: [] };
});
app.get("/items/vary/encoding.json", async (request, reply) => {
  reply.header("Cache-Control", "public, max-age=600").header("Vary", "Accept-Encoding");
  return { data: [] };
});
app.get("/items/redirect", async (request, reply) => reply.redirect("/items"));
app.get("/items/err/500", async () => {
  throw new Error("an unhandled failure");
});
app.get("/items/err/:status", async (request, reply) => {
  reply.code(Number(request.params.status));
  return { status: request.params.status };
});

await app.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
