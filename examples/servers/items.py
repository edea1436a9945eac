"""A service that knows nothing of CORS, for the gateways before it. Writes its port to a file: items.py FILE."""

import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STORABLE = {"Cache-Control": "public, max-age=600"}
RESPONSES = {
    "/items": (200, {"X-Request-Id": "1"}),
    "/items/data.json": (200, STORABLE),
    "/items/vary/encoding.json": (200, STORABLE | {"Vary": "Accept-Encoding"}),
    "/items/redirect": (302, {"Location": "/items"}),
}
ERRORS = {f"/items/err/{status}": (int(status), {}) for status in HTTPStatus if status >= 400}


class Items(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, fields = (RESPONSES | ERRORS).get(self.path.partition("?")[0], (404, {}))
        body = json.dumps({"items": []}).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **fields}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = answer

    def do_OPTIONS(self) -> None:
        self.send_response(204)
        self.send_header("Allow", "GET, HEAD, PUT, OPTIONS")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Items)
Path(sys.argv[1]).write_text(str(server.server_port))
server.serve_forever()
