// @tinyhttp/cors on tinyhttp, set up as its documentation says:
// https://www.npmjs.com/package/@tinyhttp/cors
import { App } from "@tinyhttp/app";
import { cors } from "@tinyhttp/cors";

const app = new App({
  settings: { xPoweredBy: false },
  onError: (error, request, response) => response.status(error.status ?? 500).send("an error"),
});
app.use(
  cors({
    origin: ["https://app.example", "https://admin.example:8443"],
    methods: ["GET", "HEAD", "PUT"],
    allowedHeaders: ["Content-Type", "Authorization"],
    exposedHeaders: ["ETag", "X-Request-Id"],
    credentials: true,
    maxAge: 600,
  }),
);
const items = (request, response) => {
  response.set("X-Request-Id", "1").json({ items: [] });
};
app.get("/items", items);
app.head("/items", items);
app.put("/items", items);
app.get("/items/data.json", (request, response) => {
  response.set("Cache-Control", "public, max-age=600").json({ data: [] });
});
app.get("/items/vary/encoding.json", (request, response) => {
  response.set("Cache-Control", "public, max-age=600").vary("Accept-Encoding").json({ data: [] });
});
app.get("/items/redirect", (request, response) => {
  response.redirect("/items");
});
app.get("/items/err/500", () => {
  throw new Error("an unhandled failure");
});
app.get("/items/err/:status", (request, response) => {
  response.sendStatus(Number(request.params.status));
});

app.listen(Number(process.argv[2]), undefined, "127.0.0.1");
