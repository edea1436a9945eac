"""CORSMiddleware on FastAPI, set up as its documentation says."""

from fastapi import FastAPI, HTTPException, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example", "https://admin.example:8443"],
    allow_methods=["GET", "HEAD", "PUT"],
    allow_headers=["Content-Type", "Authorization"],
    expose_headers=["ETag", "X-Request-Id"],
    allow_credentials=True,
    max_age=600,
)


@app.api_route("/items", methods=["GET", "HEAD", "PUT"])
async def items(response: Response) -> dict:
    response.headers["X-Request-Id"] = "1"
    return {"items": []}


@app.api_route("/items/data.json", methods=["GET", "HEAD"])
async def data(response: Response) -> dict:
    response.headers["Cache-Control"] = "public, max-age=600"
    return {"data": []}


@app.api_route("/items/vary/encoding.json", methods=["GET", "HEAD"])
async def encoded(response: Response) -> dict:
    response.headers["Cache-Control"] = "public, max-age=600"
    response.headers["Vary"] = "Accept-Encoding"
    return {"data": []}


@app.get("/items/redirect")
async def redirect() -> RedirectResponse:
    return RedirectResponse("/items", status_code=302)


@app.get("/items/err/{status}")
async def error(status: int) -> dict:
    if status == 500:
        raise RuntimeError("an unhandled failure")
    raise HTTPException(status)
