// @elysiajs/cors on Elysia with its adapter for Node.js, set up as the documentation says:
// https://elysiajs.com/plugins/cors
import { cors } from "@elysiajs/cors";
import { node } from "@elysiajs/node";
import { Elysia, status } from "elysia";

new Elysia({ adapter: node() })
  .use(
    cors({
      origin: ["https://app.example", "https://admin.example:8443"],
      methods: ["GET", "HEAD", "PUT"],
      allowedHeaders: ["Content-Type", "Authorization"],
      exposeHeaders: ["ETag", "X-Request-Id"],
      credentials: true,
      maxAge: 600,
    }),
  )
  .get("/items", ({ set }) => {
    set.headers["x-request-id"] = "1";
    return { items: [] };
  })
  .head("/items", ({ set }) => {
    set.headers["x-request-id"] = "1";
    return "";
  })
  .put("/items", ({ set }) => {
    set.headers["x-request-id"] = "1";
    return { items: [] };
  })
  .get("/items/data.json", ({ set }) => {
    set.headers["cache-control"] = "public, max-age=600";
    return { data: [] };
  })
  .get("/items/vary/encoding.json", ({ set }) => {
    set.headers["cache-control"] = "public, max-age=600";
    set.headers.vary = set.headers.vary ? `${set.headers.vary}, Accept-Encoding` : "Accept-Encoding";
    return { data: [] };
  })
  .get("/items/redirect", ({ redirect }) => redirect("/items", 302))
  .get("/items/err/500", () => {
    throw new Error("an unhandled failure");
  })
  .get("/items/err/:status", ({ params }) => status(Number(params.status), "an error"))
  .listen({ hostname: "127.0.0.1", port: Number(process.argv[2]) });
