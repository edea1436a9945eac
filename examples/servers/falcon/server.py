"""CORSMiddleware of Falcon, set up as its documentation says: https://falcon.readthedocs.io/en/stable/api/cors.html.

It allows the methods of the resource, every header that a preflight names, for a day, and has no
option to change that. So the target file declares what a preflight of Falcon really allows."""

import falcon

STORABLE = "public, max-age=600"


class Items:
    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = {"items": []}
        response.set_header("X-Request-Id", "1")

    on_head = on_get
    on_put = on_get


class Data:
    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = {"data": []}
        response.cache_control = [STORABLE]

    on_head = on_get


class Encoded:
    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = {"data": []}
        response.cache_control = [STORABLE]
        response.append_header("Vary", "Accept-Encoding")

    on_head = on_get


class Redirect:
    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        raise falcon.HTTPFound("/items")

    on_head = on_get


class Error:
    def on_get(self, request: falcon.Request, response: falcon.Response, status: int) -> None:
        if status == 500:
            raise RuntimeError("an unhandled failure")
        raise falcon.HTTPError(status)

    on_head = on_get


app = falcon.App(
    middleware=falcon.CORSMiddleware(
        allow_origins=["https://app.example", "https://admin.example:8443"],
        allow_credentials=["https://app.example", "https://admin.example:8443"],
        expose_headers=["ETag", "X-Request-Id"],
    )
)
app.add_route("/items", Items())
app.add_route("/items/data.json", Data())
app.add_route("/items/vary/encoding.json", Encoded())
app.add_route("/items/redirect", Redirect())
app.add_route("/items/err/{status:int}", Error())
