"""The load clients: how each is told to send the preflight, and how its own count is read."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from preflight import CROSSCHECK, FIELDS, METHOD, ORIGIN, PATH, ROOT

HERE = pathlib.Path(__file__).resolve().parent
VENV = ROOT / "target" / "bench" / "venv" / "bin"
LINES = [f"{name}: {value}" for name, value in FIELDS]
DASH_H = [part for line in LINES for part in ("-H", line)]


class Client:
    """A peer. `closed` gives the command for `seconds` of closed load on `connections`."""

    name = ""
    command = ""  # what must be on the path
    versions = ["--version"]
    counts_calls = False  # ends after a number of calls, not of seconds
    bar_cpu = bar_calls = bar_rate = None  # what is demanded of it, against wrk
    full_speed = True  # whether it is told otherwise than another at full speed
    connections = None  # how many it opens, where that is not for the caller to say
    shape = "64"  # connections, and streams on each
    single = {"GOMAXPROCS": "1", "K6_NO_USAGE_REPORT": "true"}

    err = ""  # what it said on standard error

    def __init__(self, certificate=None):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
        self.certificate = certificate

    def program(self):
        return shutil.which(self.command)

    def version(self):
        if not self.program():
            return ""
        try:
            done = subprocess.run(
                [self.program(), *self.versions], capture_output=True, text=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
        return found.group(0) if found else ""

    def environment(self, url, seconds, connections, rate):
        return {
            **self.single,
            "BENCH_URL": url,
            "BENCH_PATH": PATH,
            "BENCH_FIELDS": "\n".join(LINES),
            "BENCH_USERS": str(connections),
            "BENCH_SECONDS": str(seconds),
            "BENCH_RATE": str(rate),
            "BENCH_RATE_PER_USER": str(rate / connections if rate else 0),
        }

    def closed(self, url, seconds, connections):
        raise NotImplementedError

    def requests(self, out):
        """How many were answered, by the client's own word."""
        raise NotImplementedError

    def open(self, url, seconds, connections, rate):
        """The command for a fixed rate; absent where the client has none."""
        return None

    def tails(self, out):
        """p50, p95, p99 and p99.9 in milliseconds; None where the client does not say."""
        return None

    def clean(self):
        shutil.rmtree(self.work, ignore_errors=True)


class Crosscheck(Client):
    name = "crosscheck, rate engine, every answer judged"
    command = str(CROSSCHECK)
    engine = ["--engine", "rate"]
    pacing = "timer"
    bar_cpu, bar_calls, bar_rate = 0.85, 2.1, 1.2

    def program(self):
        return self.command if os.access(self.command, os.X_OK) else None

    def plan(self, arrival, seconds):
        plan = {
            "id": "bench",
            "title": "The preflight that every client sends",
            "requests": {
                "preflight": {
                    "kind": "preflight",
                    "method": METHOD,
                    "headers": {name: "crosscheck" for name in FIELDS[2][1].split(",")},
                }
            },
            "origins": [ORIGIN],
            "stages": [{"name": "steady", "for": f"{seconds}s"}],
            **arrival,
        }
        path = self.work / "plan.json"
        path.write_text(json.dumps(plan))
        return str(path)

    def base(self, url, plan):
        return [
            self.command, "load", plan, "--target", url, "--allowed-origin", ORIGIN, "--allowed-method", METHOD,
            *[part for name in FIELDS[2][1].split(",") for part in ("--allowed-header", name)],
            *self.engine, "--pacing", self.pacing, "--threads", "1", "--report-dir", str(self.work),
            *(["--ca-file", self.certificate] if self.certificate else []),
        ]  # fmt: skip

    def closed(self, url, seconds, connections):
        return self.base(url, self.plan({"users": connections, "connections": connections}, seconds))

    def record(self):
        return json.loads((self.work / "load.json").read_text())

    def requests(self, out):
        return self.record()["total"]["answered"]

    def open(self, url, seconds, connections, rate):
        return self.base(url, self.plan({"rate": rate, "connections": connections}, seconds))

    def tails(self, out):
        found = self.record()["total"]["response"]
        return tuple(found[q] / 1000 for q in ("p50", "p95", "p99", "p99_9"))


class CrosscheckSpinning(Crosscheck):
    name, pacing = "crosscheck, rate engine, --pacing spin", "spin"


class CrosscheckGoose(Crosscheck):
    name = "crosscheck, goose scenarios, every answer judged"
    engine = ["--engine", "goose"]
    bar_cpu, bar_calls, bar_rate = 1.0, None, None


class CrosscheckGooseTold(CrosscheckGoose):
    name = "crosscheck, goose scenarios with goose's own report"
    bar_cpu = None

    def base(self, url, plan):
        return [*super().base(url, plan), "--goose-report", str(self.work / "goose.json")]


class Wrk(Client):
    name, command, versions = "wrk", "wrk", ["--version"]

    def closed(self, url, seconds, connections):
        script = self.work / "preflight.lua"
        script.write_text(
            'wrk.method = "OPTIONS"\n'
            + "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in FIELDS)
        )
        return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]

    def requests(self, out):
        return int(re.search(r"(\d+) requests in", out).group(1))


class H2load(Client):
    name, command = "h2load --h1", "h2load"

    def closed(self, url, seconds, connections):
        return ["h2load", "--h1", "-t1", f"-c{connections}", f"-D{seconds}", "-H", ":method: OPTIONS", *DASH_H, url]

    def requests(self, out):
        return int(re.search(r"status codes: (\d+) 2xx", out).group(1))


class Httperf(Client):
    name, command = "httperf", "httperf"
    counts_calls = True

    def closed(self, url, seconds, connections):
        port = re.search(r":(\d+)/", url).group(1)
        # It counts calls, not seconds: as many as about `seconds` take.
        calls = int(seconds * 150_000 / connections)
        return [
            "httperf", "--hog", "--server", "127.0.0.1", "--port", port, "--uri", PATH, "--method", "OPTIONS",
            "--add-header", "".join(line + "\\n" for line in LINES), "--num-conns", str(connections),
            "--num-calls", str(calls), "--rate", "20000",
        ]  # fmt: skip

    def requests(self, out):
        return int(re.search(r"replies (\d+) test-duration", out).group(1))


class Hey(Client):
    name, command = "hey", "hey"

    def version(self):
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "hey"], capture_output=True, text=True, check=False)
        return done.stdout.split("-")[0]

    def closed(self, url, seconds, connections):
        return ["hey", "-cpus", "1", "-c", str(connections), "-z", f"{seconds}s", "-m", "OPTIONS", *DASH_H, url]

    def requests(self, out):
        return sum(int(count) for count in re.findall(r"\[\d+\]\s+(\d+) responses", out))

    def open(self, url, seconds, connections, rate):
        return [*self.closed(url, seconds, connections)[:-1], "-q", str(rate // connections), url]

    def tails(self, out):
        found = dict(re.findall(r"(\d+)% in ([\d.]+) secs", out))
        read = lambda q: float(found[q]) * 1000 if q in found else None
        return read("50"), read("95"), read("99"), None


class Oha(Client):
    name, command = "oha", "oha"

    def closed(self, url, seconds, connections):
        return [
            "oha", "--worker-threads", "1", "-c", str(connections), "-z", f"{seconds}s", "-m", "OPTIONS", *DASH_H,
            "--no-tui", "--output-format", "json", url,
        ]  # fmt: skip

    def requests(self, out):
        return sum(json.loads(out)["statusCodeDistribution"].values())

    def open(self, url, seconds, connections, rate):
        return [*self.closed(url, seconds, connections)[:-1], "-q", str(rate), url]

    def tails(self, out):
        found = json.loads(out)["latencyPercentiles"]
        return tuple(found[q] * 1000 for q in ("p50", "p95", "p99", "p99.9"))


class OhaCorrected(Oha):
    name = "oha --latency-correction"
    full_speed = False

    def open(self, url, seconds, connections, rate):
        return [*super().open(url, seconds, connections, rate)[:-1], "--latency-correction", url]


class Vegeta(Client):
    name, command, versions = "vegeta", "vegeta", ["-version"]

    def version(self):
        return "12.13.0" if self.program() else ""

    def attack(self, url, seconds, connections, rate):
        targets = self.work / "targets"
        targets.write_text(f"OPTIONS {url}\n" + "\n".join(LINES) + "\n")
        # A worker is a request under way: at full speed as many as connections; at a rate as many
        # as it takes to stay open.
        workers = ["-max-workers", str(connections)] if not rate else []
        return [
            "vegeta", "attack", "-rate", str(rate), *workers, "-max-connections", str(connections), "-connections",
            str(connections), "-duration", f"{seconds}s", "-targets", str(targets), "-output", str(self.work / "results"),
        ]  # fmt: skip

    def closed(self, url, seconds, connections):
        return self.attack(url, seconds, connections, 0)

    def open(self, url, seconds, connections, rate):
        return self.attack(url, seconds, connections, rate)

    def report(self):
        done = subprocess.run(
            ["vegeta", "report", "-type", "json", str(self.work / "results")], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    def requests(self, out):
        return int(self.report()["status_codes"].get("204", 0))

    def tails(self, out):
        found = self.report()["latencies"]
        return found["50th"] / 1e6, found["95th"] / 1e6, found["99th"] / 1e6, None


class K6(Client):
    name, command, versions = "k6", "k6", ["version"]

    def closed(self, url, seconds, connections):
        return ["k6", "run", "--quiet", "--no-usage-report", "--address", "", str(HERE / "k6.js")]

    def open(self, url, seconds, connections, rate):
        return self.closed(url, seconds, connections)

    def requests(self, out):
        return int(json.loads(out[out.index("{") :])["http_reqs"]["values"]["count"])

    def tails(self, out):
        found = json.loads(out[out.index("{") :])["http_req_duration"]["values"]
        return tuple(found[q] for q in ("p(50)", "p(95)", "p(99)", "p(99.9)"))


class Locust(Client):
    name, command, versions = "Locust FastHttpUser", str(VENV / "locust"), ["--version"]

    def closed(self, url, seconds, connections):
        return [
            self.command, "-f", str(HERE / "locustfile.py"), "--headless", "-u", str(connections), "-r", str(connections),
            "-t", f"{seconds}s", "-H", url.removesuffix(PATH), "--only-summary",
        ]  # fmt: skip

    def open(self, url, seconds, connections, rate):
        return self.closed(url, seconds, connections)

    def summary(self, out):
        """The two lines of all requests together: counts, and percentiles."""
        return re.findall(r"^\s*Aggregated\s+(.*)$", out + self.err, re.M)

    def requests(self, out):
        return int(self.summary(out)[0].split()[0])

    def tails(self, out):
        # 50 66 75 80 90 95 98 99 99.9 99.99 100
        found = [float(value) for value in self.summary(out)[-1].split()]
        return found[0], found[5], found[7], found[8]


class CrosscheckSecond(Crosscheck):
    name = "crosscheck, HTTP/2, every answer judged"
    connections, shape = 4, "4 × 16 streams"

    def closed(self, url, seconds, connections):
        plan = self.plan({"users": 16 * connections, "connections": connections}, seconds)
        return [*self.base(url, plan), "--http", "2", "--streams", "16"]


class H2loadSecond(H2load):
    name = "h2load"
    connections, shape = 4, "4 × 16 streams"

    def closed(self, url, seconds, connections):
        return ["h2load", "-t1", f"-c{connections}", "-m16", f"-D{seconds}", "-H", ":method: OPTIONS", *DASH_H, url]


class OhaSecond(Oha):
    name = "oha --http2"
    connections, shape = 4, "4 × 16 streams"

    def closed(self, url, seconds, connections):
        return [*super().closed(url, seconds, connections)[:-1], "--http2", "-p", "16", url]


class OhaTls(Oha):
    def closed(self, url, seconds, connections):
        return [*super().closed(url, seconds, connections)[:-1], "--insecure", url]


PEERS = [Wrk, H2load, Httperf, Oha, OhaCorrected, Hey, Vegeta, K6, Locust]
OURS = [Crosscheck, CrosscheckGoose, CrosscheckGooseTold]
QUICK = [Crosscheck, CrosscheckGoose, Wrk]
OVER_HTTP1 = [Crosscheck, Wrk]
OVER_HTTP2 = [CrosscheckSecond, H2loadSecond, OhaSecond]
OVER_TLS = [Crosscheck, Wrk, H2load, OhaTls]
