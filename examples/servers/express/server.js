// The `cors` middleware on Express, set up as its documentation says.
import cors from "cors";
import express from "express";

const app = express();
app.disable("x-powered-by");
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
app.use((request, response, next) => {
  response.set("X-Request-Id", "1");
  next();
});
app.get("/items", (request, response) => {
  response.json({ items: [] });
});
app.put("/items", express.json(), (request, response) => {
  response.json({ items: [] });
});
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

app.listen(Number(process.argv[2]), "127.0.0.1");
