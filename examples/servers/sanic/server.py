"""Sanic Extensions, set up as the documentation says: https://sanic.dev/en/plugins/sanic-ext/http/cors.html"""

import sys

from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, json, redirect
from sanic_ext import Extend

STORABLE = {"Cache-Control": "public, max-age=600"}

app = Sanic("items")
app.config.CORS_ORIGINS = "https://app.example,https://admin.example:8443"
app.config.CORS_METHODS = ["GET", "HEAD", "PUT"]
app.config.CORS_ALLOW_HEADERS = ["Content-Type", "Authorization"]
app.config.CORS_EXPOSE_HEADERS = ["ETag", "X-Request-Id"]
app.config.CORS_SUPPORTS_CREDENTIALS = True
app.config.CORS_MAX_AGE = 600
app.config.OAS = False
Extend(app)


@app.get("/items")
async def items(request: Request) -> HTTPResponse:
    return json({"items": []}, headers={"X-Request-Id": "1"})


@app.put("/items")
async def store(request: Request) -> HTTPResponse:
    return json({"items": []}, headers={"X-Request-Id": "1"})


@app.get("/items/data.json")
async def data(request: Request) -> HTTPResponse:
    return json({"data": []}, headers=STORABLE)


@app.get("/items/vary/encoding.json")
async def encoded(request: Request) -> HTTPResponse:
    return json({"data": []}, headers=STORABLE | {"Vary": "Accept-Encoding"})


@app.get("/items/redirect")
async def redirected(request: Request) -> HTTPResponse:
    return redirect("/items")


@app.get("/items/err/<status:int>")
async def error(request: Request, status: int) -> HTTPResponse:
    if status == 500:
        raise RuntimeError("an unhandled failure")
    raise SanicException("an error", status_code=status)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), single_process=True, access_log=False, motd=False)
