"""aiohttp-cors, set up as its documentation says: https://github.com/aio-libs/aiohttp-cors#usage.

It has options for each origin, and answers preflights for the routes that it was given."""

import sys

import aiohttp_cors
from aiohttp import web

STORABLE = {"Cache-Control": "public, max-age=600"}


async def items(request: web.Request) -> web.Response:
    return web.json_response({"items": []}, headers={"X-Request-Id": "1"})


async def data(request: web.Request) -> web.Response:
    return web.json_response({"data": []}, headers=STORABLE)


async def encoded(request: web.Request) -> web.Response:
    return web.json_response({"data": []}, headers=STORABLE | {"Vary": "Accept-Encoding"})


async def redirect(request: web.Request) -> web.Response:
    raise web.HTTPFound("/items")


async def unknown(request: web.Request) -> web.Response:
    raise web.HTTPNotFound()


async def error(request: web.Request) -> web.Response:
    status = int(request.match_info["status"])
    if status == 500:
        raise RuntimeError("an unhandled failure")
    failures = {failure.status_code: failure for failure in vars(web).values() if hasattr(failure, "status_code")}
    raise failures[status]()


app = web.Application()
options = aiohttp_cors.ResourceOptions(
    allow_credentials=True,
    allow_methods=["GET", "HEAD", "PUT"],
    allow_headers=("Content-Type", "Authorization"),
    expose_headers=("ETag", "X-Request-Id"),
    max_age=600,
)
cors = aiohttp_cors.setup(
    app, defaults={origin: options for origin in ("https://app.example", "https://admin.example:8443")}
)
resource = cors.add(app.router.add_resource("/items"))
for method in ("GET", "HEAD", "PUT"):
    cors.add(resource.add_route(method, items))
for path, handler in {
    "/items/data.json": data,
    "/items/vary/encoding.json": encoded,
    "/items/redirect": redirect,
    r"/items/err/{status:\d+}": error,
    # What no route matches has no CORS fields either, so that this route must have the rest.
    "/{rest:.*}": unknown,
}.items():
    resource = cors.add(app.router.add_resource(path))
    for method in ("GET", "HEAD"):
        cors.add(resource.add_route(method, handler))

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
