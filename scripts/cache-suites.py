#!/usr/bin/env python3
"""Runs the suites `cache` through every real cache under examples/caches/, in front of the reference
store in each of its ways with Vary, and prints a table: cache, way, how many tests passed and failed,
and which cases break with their smallest breaking order. Cases of requests at once are run and told in
the reports, and not counted: what becomes of them is a matter of microseconds.

    scripts/cache-suites.py                     the table
    scripts/cache-suites.py nginx varnish       these caches
    scripts/cache-suites.py --expect FILE       and whether it is as the file says (exit code 1: not)
    scripts/cache-suites.py --json              as that file, to write it anew

Needs the caches (scripts/install-caches.sh) and a built `crosscheck` (CROSSCHECK names another than
target/release/crosscheck). Reports: reports/caches/<cache>-<way>/ (and …-paths/), with every failure told in output.txt.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHES = ROOT / "examples" / "caches"
WAYS = ["never", "always", "matched", "star"]
PATIENCE = 15
TRIES = 3
# What is asked of the store through each cache: a path below its bucket, and cases. The suites ask for what
# an endpoint declares; the store's further objects are named by a case file of their own.
PARTS = {
    "": ("data.json", ["cache"]),
    "-paths": ("", ["--suites", CACHES / "paths.json"]),
}
# Of one run of the suites, in seconds.
LONGEST = 120


def crosscheck():
    """The program."""
    named = os.environ.get("CROSSCHECK")
    path = pathlib.Path(named) if named else ROOT / "target" / "release" / "crosscheck"
    if not path.exists():
        sys.exit(f"{path} is not there: cargo build --release, or say where it is with CROSSCHECK=PATH")
    return str(path.resolve())


def free_port():
    """A port at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A program that serves until it is left."""

    def __init__(self, command, port, path):
        self.command, self.port, self.path = command, port, path
        self.said = tempfile.TemporaryFile()
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=self.said, stderr=self.said)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{self.path}", timeout=2) as answer:
                    answer.read()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        self.said.seek(0)
        raise RuntimeError(f"{' '.join(map(str, self.command))} does not answer: {self.said.read()[-2000:].decode(errors='replace')}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def cache_server(cache, store):
    """A cache in front of a store. On a busy machine Varnish may not see its own child come up in time."""
    for number in range(1, TRIES + 1):
        port = free_port()
        server = Server([CACHES / cache / "start", str(port), str(store)], port, "default/index.html")
        try:
            return server.__enter__()
        except RuntimeError:
            if number == TRIES:
                raise
    raise AssertionError("a try returns or raises")


def run(program, port, part, reports):
    """One part of the suites through one cache: its record."""
    path, selection = part
    # A target file holds for the endpoint that it names.
    config = json.loads((CACHES / "crosscheck.json").read_text())
    config["url"] = f"http://127.0.0.1:{port}/default/{path}"
    (reports / "crosscheck.json").write_text(json.dumps(config))
    command = [
        program, "run", *selection,
        "--config", reports / "crosscheck.json",
        "--report-dir", reports,
    ]
    done = subprocess.run(command, capture_output=True, timeout=LONGEST, cwd=ROOT, check=False)
    with (reports / "output.txt").open("ab") as output:
        output.write(done.stdout + done.stderr)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{reports.name}: exit code {done.returncode}\n{done.stderr[-2000:].decode(errors='replace')}")
    return json.loads((reports / "run.json").read_text())


def judged(program, cache, way, store):
    """The suites through one cache, as one row."""
    server = cache_server(cache, store)
    try:
        records = []
        for name, part in PARTS.items():
            reports = ROOT / "reports" / "caches" / f"{cache}-{way}{name}"
            shutil.rmtree(reports, ignore_errors=True)
            reports.mkdir(parents=True)
            records.append(run(program, server.port, part, reports))
    finally:
        server.__exit__()
    return row(cache, way, records)


def row(cache, way, records):
    """What records say of one cache in front of one way with Vary."""
    # What becomes of requests at once is a matter of microseconds.
    by_chance = lambda order: any("+" in mention for mention in order)
    tests = [test for record in records for test in record["tests"] if not by_chance(test.get("order", []))]
    verdicts = [test["verdict"] for test in tests]
    breaking = {}
    for found in (found for record in records for found in record.get("breaking", [])):
        if by_chance(found["order"]):
            continue
        breaking[found["case"]] = " ".join([", ".join(found["order"]), f"({found.get('through', 'none')})"])
    # A case of one request has no order that is smaller than itself.
    for test in tests:
        if test["verdict"] == "fail":
            breaking.setdefault(test["id"].split("[")[0], "alone")
    return {
        "cache": cache,
        "way": way,
        "passed": verdicts.count("pass"),
        "failed": verdicts.count("fail"),
        "breaks": dict(sorted(breaking.items())),
    }


def rows(program, caches):
    """A row for each cache and way. All ways of a cache at once: most of the time is spent waiting."""
    found = []
    for way in WAYS:
        store = free_port()
        command = [program, "serve", "--vary", way, "--listen", f"127.0.0.1:{store}"]
        with Server(command, store, "default/index.html"):
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                found += pool.map(lambda cache: judged(program, cache, way, store), caches)
    return sorted(found, key=lambda row: (row["cache"], WAYS.index(row["way"])))


def smallest(row):
    """The first of the smallest breaking orders, and how many more cases break."""
    breaks = sorted(row["breaks"].items(), key=lambda found: (found[1].count(","), found))
    if not breaks:
        return "-"
    case, order = breaks[0]
    more = f" (+{len(breaks) - 1} cases)" if len(breaks) > 1 else ""
    return f"{order} {case}{more}"


def table(found):
    """The rows as text."""
    lines = [["cache", "way", "passed", "failed", "smallest breaking order"]]
    lines += [[row["cache"], row["way"], str(row["passed"]), str(row["failed"]), smallest(row)] for row in found]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    for line in lines:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(line, widths)), line[4]]))


def unexpected(found, expected):
    """What is not as it was expected, in words."""
    known = {(row["cache"], row["way"]): row for row in expected}
    for row in found:
        name = f"{row['cache']}, {row['way']}"
        other = known.get((row["cache"], row["way"]))
        if other is None:
            yield f"{name}: not expected at all"
            continue
        for case in sorted(set(row["breaks"]) | set(other["breaks"])):
            now, then = row["breaks"].get(case, "holds"), other["breaks"].get(case, "holds")
            if now != then:
                yield f"{name}: {case}: expected {then}, found {now}"
        for count in ("passed", "failed"):
            if row[count] != other[count]:
                yield f"{name}: expected {other[count]} {count}, found {row[count]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("caches", nargs="*", help="folders under examples/caches/; absent: all")
    parser.add_argument("--expect", type=pathlib.Path, help="compares with a file; differences end with 1")
    parser.add_argument("--json", action="store_true", help="prints JSON for --expect")
    arguments = parser.parse_args()
    known = sorted(path.parent.name for path in CACHES.glob("*/start"))
    for cache in arguments.caches:
        if cache not in known:
            parser.error(f"there is no {CACHES.relative_to(ROOT)}/{cache}; known: {', '.join(known)}")
    expected = json.loads(arguments.expect.read_text()) if arguments.expect else None
    try:
        found = rows(crosscheck(), arguments.caches or known)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        sys.exit(str(error))
    if arguments.json:
        print("[\n" + ",\n".join(json.dumps(row) for row in found) + "\n]")
    else:
        table(found)
    if expected is not None:
        differences = list(unexpected(found, expected))
        print("\n".join(differences) or f"{len(found)} rows, all as expected", file=sys.stderr)
        sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
