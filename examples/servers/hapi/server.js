// The `cors` route option of hapi, set up as its documentation says:
// https://hapi.dev/api/#-routeoptionscors. hapi derives the methods from the routes.
import Hapi from "@hapi/hapi";
import Boom from "@hapi/boom";

const server = Hapi.server({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  debug: false,
  routes: {
    cors: {
      origin: ["https://app.example", "https://admin.example:8443"],
      headers: ["Content-Type", "Authorization"],
      exposedHeaders: ["ETag", "X-Request-Id"],
      credentials: true,
      maxAge: 600,
    },
  },
});
const storable = { "Cache-Control": "public, max-age=600" };
const answer = (body, headers) => (request, h) => {
  const response = h.response(body);
  for (const [name, value] of Object.entries(headers)) response.header(name, value);
  return response;
};
server.route([
  { method: ["GET", "PUT"], path: "/items", handler: answer({ items: [] }, { "X-Request-Id": "1" }) },
  { method: "GET", path: "/items/data.json", handler: answer({ data: [] }, storable) },
  {
    method: "GET",
    path: "/items/vary/encoding.json",
    handler: (request, h) =>
      h.response({ data: [] }).header("Cache-Control", "public, max-age=600").vary("Accept-Encoding"),
  },
  { method: "GET", path: "/items/redirect", handler: (request, h) => h.redirect("/items") },
  {
    method: "GET",
    path: "/items/err/500",
    handler: () => {
      throw new Error("an unhandled failure");
    },
  },
  {
    method: "GET",
    path: "/items/err/{status}",
    handler: (request) => {
      throw new Boom.Boom(null, { statusCode: Number(request.params.status) });
    },
  },
]);
await server.start();
