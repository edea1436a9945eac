"""The one preflight that every client sends, and the servers that answer it."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
CROSSCHECK = pathlib.Path(os.environ.get("CROSSCHECK", RELEASE / "crosscheck"))
BARE = ROOT / "target" / "bench" / "answerer" / "release" / "bare_answerer"

SERVERS = ["bare answerer", "reference store", "nginx return 204"]
STALL_EVERY, STALL_FOR = 2000, 200  # milliseconds

ORIGIN = "https://app.example"
METHOD = "PUT"
HEADERS = "content-type,x-requested-with"
PATH = "/default/data.json"

# Name and value of every header that all clients send alike.
FIELDS = [
    ("Origin", ORIGIN),
    ("Access-Control-Request-Method", METHOD),
    ("Access-Control-Request-Headers", HEADERS),
]

NGINX = """
daemon off; master_process off; worker_processes 1; error_log stderr crit; pid nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off; server_tokens off; keepalive_requests 1000000000; keepalive_timeout 300s;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port};
        add_header Access-Control-Allow-Origin $http_origin always;
        add_header Access-Control-Allow-Methods $http_access_control_request_method always;
        add_header Access-Control-Allow-Headers $http_access_control_request_headers always;
        add_header Access-Control-Max-Age 600 always;
        add_header Vary Origin always;
        location / {{ return 204; }}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server pinned to core 0, from start to stop."""

    def __init__(self, name, *more):
        self.name, self.port, self.work = name, free_port(), tempfile.mkdtemp(prefix="bench-")
        self.certificate = None
        address = f"127.0.0.1:{self.port}"
        if name == "bare answerer":
            command = [str(BARE), "--listen", address, *more]
        elif name == "hyper answerer":
            command = [str(BARE), "--listen", address, "--hyper"]
        elif name == "bare answerer, TLS":
            self.certificate = str(pathlib.Path(self.work, "certificate.pem"))
            command = [str(BARE), "--listen", address, "--tls", self.certificate]
        elif name == "reference store":
            command = [str(CROSSCHECK), "serve", "--listen", address]
        elif name == "nginx return 204":
            conf = pathlib.Path(self.work, "nginx.conf")
            conf.write_text(NGINX.format(port=self.port))
            command = ["nginx", "-e", "stderr", "-p", self.work, "-c", str(conf)]
        else:
            raise ValueError(name)
        self.log = open(pathlib.Path(self.work, "log"), "w+")
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", *command], stdout=self.log, stderr=self.log, start_new_session=True
        )
        favour(self.process.pid)
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.log.seek(0)
        said = self.log.read()
        self.stop()
        raise RuntimeError(f"{name} did not start: {said}")

    @property
    def url(self):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}{PATH}"

    def cpu_seconds(self):
        """User and system time so far, to the scheduler's nanosecond."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            total += int(task.joinpath("schedstat").read_text().split()[0])
        return total / 1e9

    def rss_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.work, ignore_errors=True)


def favour(pid):
    """Prefers a process group over whatever else runs, where that is allowed."""
    try:
        pathlib.Path(f"/proc/{pid}/autogroup").write_text("-10")
    except OSError:
        pass
