from flask import Flask, jsonify
from flask_cors import CORS

app = Flask(__name__)
@SETTING@


@app.route("/items", methods=["GET", "PUT"])
def items():
    return jsonify(items=[])
