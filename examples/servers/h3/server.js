// `handleCors` of h3, the server of Nitro and Nuxt, set up as its documentation says:
// https://h3.dev/utils/security. It is called before the routes, as a middleware.
import { H3, HTTPError, handleCors, redirect, serve } from "h3";

const app = new H3({ silent: true });
app.use((event) => {
  const response = handleCors(event, {
    origin: ["https://app.example", "https://admin.example:8443"],
    methods: ["GET", "HEAD", "PUT"],
    allowHeaders: ["Content-Type", "Authorization"],
    exposeHeaders: ["ETag", "X-Request-Id"],
    credentials: true,
    maxAge: "600",
  });
  if (response !== false) return response;
});
const items = (event) => {
  event.res.headers.set("X-Request-Id", "1");
  return { items: [] };
};
app.get("/items", items);
app.head("/items", items);
app.put("/items", items);
app.get("/items/data.json", (event) => {
  event.res.headers.set("Cache-Control", "public, max-age=600");
  return { data: [] };
});
app.get("/items/vary/encoding.json", (event) => {
  event.res.headers.set("Cache-Control", "public, max-age=600");
  event.res.headers.append("Vary", "Accept-Encoding");
  return { data: [] };
});
app.get("/items/redirect", () => redirect("/items", 302));
app.get("/items/err/500", () => {
  throw new Error("an unhandled failure");
});
app.get("/items/err/:status", (event) => {
  throw new HTTPError({ status: Number(event.context.params.status) });
});

serve(app, { hostname: "127.0.0.1", port: Number(process.argv[2]), silent: true });
