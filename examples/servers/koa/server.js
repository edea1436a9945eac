// @koa/cors, set up as its documentation says: several origins need a function.
import cors from "@koa/cors";
import Router from "@koa/router";
import Koa from "koa";

const origins = ["https://app.example", "https://admin.example:8443"];

const app = new Koa();
app.silent = true;
app.use(
  cors({
    origin: (context) => (origins.includes(context.get("Origin")) ? context.get("Origin") : ""),
    allowMethods: ["GET", "HEAD", "PUT"],
    allowHeaders: ["Content-Type", "Authorization"],
    exposeHeaders: ["ETag", "X-Request-Id"],
    credentials: true,
    maxAge: 600,
  }),
);
app.use(async (context, next) => {
  context.set("X-Request-Id", "1");
  await next();
});

const router = new Router();
router.get("/items", (context) => {
  context.body = { items: [] };
});
router.put("/items", (context) => {
  context.body = { items: [] };
});
router.get("/items/data.json", (context) => {
  context.set("Cache-Control", "public, max-age=600");
  context.body = { data: [] };
});
router.get("/items/vary/encoding.json", (context) => {
  context.set("Cache-Control", "public, max-age=600");
  context.vary("Accept-Encoding");
  context.body = { data: [] };
});
router.get("/items/redirect", (context) => {
  context.redirect("/items");
});
router.get("/items/err/500", () => {
  throw new Error("an unhandled failure");
});
router.get("/items/err/:status", (context) => {
  context.throw(Number(context.params.status));
});
app.use(router.routes());

app.listen(Number(process.argv[2]), "127.0.0.1");
