"""quart-cors, set up as its documentation says: https://github.com/pgjones/quart-cors#usage"""

from quart import Quart, Response, abort, jsonify, redirect
from quart_cors import cors

app = cors(
    Quart(__name__),
    allow_origin=["https://app.example", "https://admin.example:8443"],
    allow_methods=["GET", "HEAD", "PUT"],
    allow_headers=["Content-Type", "Authorization"],
    expose_headers=["ETag", "X-Request-Id"],
    allow_credentials=True,
    max_age=600,
)


@app.route("/items", methods=["GET", "HEAD", "PUT"])
async def items():
    return jsonify(items=[]), {"X-Request-Id": "1"}


@app.get("/items/data.json")
async def data():
    return jsonify(data=[]), {"Cache-Control": "public, max-age=600"}


@app.get("/items/vary/encoding.json")
async def encoded() -> Response:
    response = jsonify(data=[])
    response.headers["Cache-Control"] = "public, max-age=600"
    response.vary.add("Accept-Encoding")
    return response


@app.get("/items/redirect")
async def redirected():
    return redirect("/items")


@app.get("/items/err/<int:status>")
async def error(status: int):
    if status == 500:
        raise RuntimeError("an unhandled failure")
    abort(status)
