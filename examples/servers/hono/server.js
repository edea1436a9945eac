// The `cors` middleware of Hono, set up as its documentation says.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { cors } from "hono/cors";

const app = new Hono();
app.use(
  "*",
  cors({
    origin: ["https://app.example", "https://admin.example:8443"],
    allowMethods: ["GET", "HEAD", "PUT"],
    allowHeaders: ["Content-Type", "Authorization"],
    exposeHeaders: ["ETag", "X-Request-Id"],
    credentials: true,
    maxAge: 600,
  }),
);
app.use("*", async (context, next) => {
  context.header("X-Request-Id", "1");
  await next();
});
app.get("/items", (context) => context.json({ items: [] }));
app.put("/items", (context) => context.json({ items: [] }));
app.get("/items/data.json", (context) => {
  context.header("Cache-Control", "public, max-age=600");
  return context.json({ data: [] });
});
app.get("/items/vary/encoding.json", (context) => {
  context.header("Cache-Control", "public, max-age=600");
  context.header("Vary", "Accept-Encoding", { append: true });
  return context.json({ data: [] });
});
app.get("/items/redirect", (context) => context.redirect("/items"));
app.get("/items/err/500", () => {
  throw new Error("an unhandled failure");
});
app.get("/items/err/:status", (context) => context.text("", Number(context.req.param("status"))));

serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: "127.0.0.1" });
