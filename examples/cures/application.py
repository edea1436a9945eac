"""An application that sends CORS fields of its own, which the gateway before it has to replace. Writes its port to a
file: application.py FILE."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FIELDS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "*", "Content-Length": "2"}


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        for name, value in FIELDS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_PUT = do_OPTIONS = answer

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
Path(sys.argv[1]).write_text(str(server.server_port))
server.serve_forever()
