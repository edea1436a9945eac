"""flask-cors, set up as its documentation says."""

from flask import Flask, abort, jsonify, redirect
from flask_cors import CORS

app = Flask(__name__)
CORS(
    app,
    origins=["https://app.example", "https://admin.example:8443"],
    methods=["GET", "HEAD", "PUT"],
    allow_headers=["Content-Type", "Authorization"],
    expose_headers=["ETag", "X-Request-Id"],
    supports_credentials=True,
    max_age=600,
)


@app.route("/items", methods=["GET", "HEAD", "PUT"])
def items():
    return jsonify(items=[]), {"X-Request-Id": "1"}


@app.get("/items/data.json")
def data():
    return jsonify(data=[]), {"Cache-Control": "public, max-age=600"}


@app.get("/items/vary/encoding.json")
def encoded():
    response = jsonify(data=[])
    response.headers["Cache-Control"] = "public, max-age=600"
    response.vary.add("Accept-Encoding")
    return response


@app.get("/items/redirect")
def redirected():
    return redirect("/items")


@app.get("/items/err/<int:status>")
def error(status):
    if status == 500:
        raise RuntimeError("an unhandled failure")
    abort(status)
