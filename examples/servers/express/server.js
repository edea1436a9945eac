// The `cors` middleware on Express, set up as its documentation says.
import cors from "cors";
import express from "express";

const app = express();
app.disable("x-powered-by");
app.use(
  cors({
    origin: ["https://app.example", "https://admin.example:8443"],
    methods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
    allowedHeaders: ["Content-Type", "Authorization", "X-Request-Id"],
    exposedHeaders: ["ETag", "X-Request-Id"],
    credentials: true,
    maxAge: 600,
  }),
);
app.get("/items", (request, response) => {
  response.set("X-Request-Id", "1").json({ items: [] });
});

const port = Number(process.argv[2]);
app.listen(port, "127.0.0.1");
