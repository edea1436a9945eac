"""CORSMiddleware of Starlette, set up as its documentation says."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

STORABLE = {"Cache-Control": "public, max-age=600"}


async def items(request: Request) -> Response:
    return JSONResponse({"items": []}, headers={"X-Request-Id": "1"})


async def data(request: Request) -> Response:
    return JSONResponse({"data": []}, headers=STORABLE)


async def encoded(request: Request) -> Response:
    return JSONResponse({"data": []}, headers=STORABLE | {"Vary": "Accept-Encoding"})


async def redirect(request: Request) -> Response:
    return RedirectResponse("/items", status_code=302)


async def error(request: Request) -> Response:
    status = request.path_params["status"]
    if status == 500:
        raise RuntimeError("an unhandled failure")
    raise HTTPException(status)


app = Starlette(
    routes=[
        Route("/items", items, methods=["GET", "PUT"]),
        Route("/items/data.json", data),
        Route("/items/vary/encoding.json", encoded),
        Route("/items/redirect", redirect),
        Route("/items/err/{status:int}", error),
    ],
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origins=["https://app.example", "https://admin.example:8443"],
            allow_methods=["GET", "HEAD", "PUT"],
            allow_headers=["Content-Type", "Authorization"],
            expose_headers=["ETag", "X-Request-Id"],
            allow_credentials=True,
            max_age=600,
        )
    ],
)
