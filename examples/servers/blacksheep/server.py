"""CORS of BlackSheep, set up as its documentation says: https://www.neoteroi.dev/blacksheep/cors/"""

from blacksheep import Application, Response, json, redirect
from blacksheep.exceptions import HTTPException

app = Application()
app.use_cors(
    allow_origins="https://app.example https://admin.example:8443",
    allow_methods="GET HEAD PUT",
    allow_headers="Content-Type Authorization",
    expose_headers="ETag X-Request-Id",
    allow_credentials=True,
    max_age=600,
)


def answer(body: dict, **fields: str) -> Response:
    response = json(body)
    for name, value in fields.items():
        response.add_header(name.replace("_", "-").encode(), value.encode())
    return response


@app.router.route("/items", methods=["GET", "HEAD", "PUT"])
async def items() -> Response:
    return answer({"items": []}, X_Request_Id="1")


@app.router.route("/items/data.json", methods=["GET", "HEAD"])
async def data() -> Response:
    return answer({"data": []}, Cache_Control="public, max-age=600")


@app.router.route("/items/vary/encoding.json", methods=["GET", "HEAD"])
async def encoded() -> Response:
    return answer({"data": []}, Cache_Control="public, max-age=600", Vary="Accept-Encoding")


@app.router.route("/items/redirect", methods=["GET", "HEAD"])
async def redirected() -> Response:
    return redirect("/items")


@app.router.route("/items/err/{int:status}", methods=["GET", "HEAD"])
async def error(status: int) -> Response:
    if status == 500:
        raise RuntimeError("an unhandled failure")
    raise HTTPException(status, "an error")


# What no route matches has no CORS fields either, so that this route must have the rest.
@app.router.route("/*", methods=["GET", "HEAD"])
async def unknown() -> Response:
    raise HTTPException(404, "not found")
