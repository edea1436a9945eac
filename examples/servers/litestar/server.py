"""CORSConfig of Litestar, set up as its documentation says:
https://docs.litestar.dev/latest/usage/middleware/builtin-middleware.html#cors"""

from litestar import Litestar, Request, Response, get, put, route
from litestar.config.cors import CORSConfig
from litestar.exceptions import HTTPException
from litestar.response import Redirect

STORABLE = {"Cache-Control": "public, max-age=600"}


@route("/items", http_method=["GET", "HEAD"], sync_to_thread=False)
def items() -> Response[dict]:
    return Response({"items": []}, headers={"X-Request-Id": "1"})


@put("/items", sync_to_thread=False)
def store() -> Response[dict]:
    return Response({"items": []}, headers={"X-Request-Id": "1"})


@get("/items/data.json", sync_to_thread=False)
def data() -> Response[dict]:
    return Response({"data": []}, headers=STORABLE)


@get("/items/vary/encoding.json", sync_to_thread=False)
def encoded() -> Response[dict]:
    return Response({"data": []}, headers=STORABLE | {"Vary": "Accept-Encoding"})


@get("/items/redirect", status_code=302, sync_to_thread=False)
def redirect() -> Redirect:
    return Redirect("/items")


@get("/items/err/{status:int}", sync_to_thread=False)
def error(request: Request, status: int) -> None:
    if status == 500:
        raise RuntimeError("an unhandled failure")
    raise HTTPException(status_code=status)


app = Litestar(
    [items, store, data, encoded, redirect, error],
    cors_config=CORSConfig(
        allow_origins=["https://app.example", "https://admin.example:8443"],
        allow_methods=["GET", "HEAD", "PUT"],
        allow_headers=["Content-Type", "Authorization"],
        expose_headers=["ETag", "X-Request-Id"],
        allow_credentials=True,
        max_age=600,
    ),
    openapi_config=None,
)
