"""Measures Crosscheck and its peers side by side, and prints the tables; see bench-peers.sh."""

import argparse
import datetime
import os
import pathlib
import platform
import statistics
import sys

import clients
import measure
from preflight import Server

SERVERS = ["bare answerer", "reference store", "nginx return 204"]
STALL_EVERY, STALL_FOR = 2000, 200  # milliseconds
FOREIGN = 0.35  # cores that others may use in a run that counts


def arguments():
    parser = argparse.ArgumentParser(prog="bench-peers.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="wrk and Crosscheck alone, short; fails where a bar is missed")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (7; quick: 5)")
    parser.add_argument("--seconds", type=int, help="of each run (3; quick: 1)")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", default="", help="clients by part of their name, between commas")
    parser.add_argument("--part", choices=["clients", "servers", "tails"], action="append", help="what to measure (all)")
    parser.add_argument("--noisy", action="store_true", help="do not wait for a quiet machine")
    parser.add_argument("--out", type=pathlib.Path, help="writes the tables here too, as Markdown")
    parser.add_argument("--no-install", action="store_true", help="installs and builds nothing")
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.quick else 7)
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.part = options.part or (["clients", "servers"] if options.quick else ["clients", "servers", "tails"])
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


def chosen(options):
    kinds = [*clients.OURS, *([clients.Wrk] if options.quick else clients.PEERS)]
    wanted = [part.strip().lower() for part in options.only.split(",") if part.strip()]
    found = []
    for kind in kinds:
        client = kind()
        if wanted and not any(part in client.name.lower() for part in wanted):
            client.clean()
        elif not client.program():
            say(f"left out: {client.name} (not installed)")
            client.clean()
        else:
            found.append(client)
    return found


def one(client, server, options, rate=0, seconds=None, connections=None):
    """One run that counts: on a quiet machine, repeated where it was not."""
    seconds, connections = seconds or options.seconds, connections or options.connections
    command = client.open(server.url, seconds, connections, rate) if rate else client.closed(server.url, seconds, connections)
    environment = client.environment(server.url, seconds, connections, rate)
    best = None
    for _ in range(1 if options.noisy else 4):
        if not options.noisy:
            measure.wait_for_quiet(20)
        run = measure.Run(client, command, environment, server, seconds * 3 + 30)
        if best is None or run.foreign < best.foreign:
            best = run
        if best.foreign < FOREIGN:
            break
    return best


class Row:
    """The runs of one client or server."""

    def __init__(self, name, version=""):
        self.name, self.version, self.runs, self.calls, self.rss = name, version, [], None, 0

    def values(self, of):
        return [of(run) for run in self.runs]

    def median(self, of):
        return statistics.median(self.values(of))

    def spread(self, of, form):
        values = self.values(of)
        return f"{form.format(statistics.median(values))} ({form.format(min(values))}–{form.format(max(values))})"


def throughput(run, seconds):
    return run.requests / seconds / 1000


def cpu(run):
    return run.cpu / run.requests * 1e6


def server_cpu(run):
    return run.server_cpu / run.requests * 1e6


def measure_clients(options):
    """Every client against the bare answerer, interleaved, the order reversed every other round."""
    found = chosen(options)
    rows = {client.name: Row(client.name, client.version()) for client in found}
    skipped = set()
    server = Server("bare answerer")
    try:
        for turn in range(options.rounds):
            for client in found if turn % 2 == 0 else found[::-1]:
                if client.name in skipped or not client.closed(server.url, 1, 1):
                    continue
                try:
                    run = one(client, server, options)
                except RuntimeError as error:
                    say(f"left out: {error}")
                    skipped.add(client.name)
                    continue
                rows[client.name].runs.append(run)
                say(f"  {turn + 1}/{options.rounds} {client.name}: {throughput(run, duration(client, run, options)):.1f} k/s, {cpu(run):.2f} µs, foreign {run.foreign:.2f}")
        for client in found:
            if client.name not in skipped and rows[client.name].runs:
                seconds = max(1, options.seconds // 2)
                rows[client.name].calls = measure.system_calls(
                    client,
                    client.closed(server.url, seconds, options.connections),
                    client.environment(server.url, seconds, options.connections, 0),
                    seconds * 30 + 60,
                )
    finally:
        server.stop()
    seconds = {client.name: client for client in found}
    for client in found:
        client.clean()
    return [row for row in rows.values() if row.runs], seconds


def duration(client, run, options):
    """The seconds of load: what was asked for, or for a client that counts calls what it took."""
    return run.seconds if client.counts_calls else options.seconds


def clients_table(rows, by_name, options):
    wrk = next((row for row in rows if row.name == "wrk"), None)
    lines = [
        f"| client | version | n | k requests/s | × wrk | client CPU µs/request | × wrk | system calls/request | RSS MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: row.median(cpu)):
        rate = lambda run, client=by_name[row.name]: throughput(run, duration(client, run, options))
        wrk_rate = lambda run: throughput(run, options.seconds)
        ratio = lambda mine, theirs: f"{mine / theirs:.2f}" if theirs else ""
        lines.append(
            f"| {row.name} | {row.version} | {len(row.runs)} | {row.spread(rate, '{:.1f}')} | "
            f"{ratio(row.median(rate), wrk and wrk.median(wrk_rate))} | {row.spread(cpu, '{:.2f}')} | "
            f"{ratio(row.median(cpu), wrk and wrk.median(cpu))} | "
            f"{'' if row.calls is None else f'{row.calls:.2f}'} | {row.median(lambda run: run.rss_mb):.0f} |"
        )
    return lines


def measure_servers(options):
    """Every server under wrk, the cheapest client that anybody can have, interleaved."""
    client = clients.Wrk()
    if not client.program():
        say("servers are not measured: wrk is not installed")
        return []
    rows = {name: Row(name) for name in SERVERS}
    running = {}
    try:
        for name in SERVERS:
            try:
                running[name] = Server(name)
            except (OSError, RuntimeError) as error:
                say(f"left out: {name} ({error})")
        for turn in range(options.rounds):
            for name in list(running) if turn % 2 == 0 else list(running)[::-1]:
                run = one(client, running[name], options)
                rows[name].runs.append(run)
                rows[name].rss = running[name].rss_mb()
                say(f"  {turn + 1}/{options.rounds} {name}: {throughput(run, options.seconds):.1f} k/s, {server_cpu(run):.2f} µs an answer")
    finally:
        for server in running.values():
            server.stop()
        client.clean()
    return [row for row in rows.values() if row.runs]


def servers_table(rows, options):
    nginx = next((row for row in rows if row.name.startswith("nginx")), None)
    lines = [
        "| server | n | k answers/s | × nginx | server CPU µs/answer | × nginx | RSS MB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        rate = lambda run: throughput(run, options.seconds)
        ratio = lambda mine, theirs: f"{mine / theirs:.2f}" if theirs else ""
        lines.append(
            f"| {row.name} | {len(row.runs)} | {row.spread(rate, '{:.1f}')} | "
            f"{ratio(row.median(rate), nginx and nginx.median(rate))} | {row.spread(server_cpu, '{:.2f}')} | "
            f"{ratio(row.median(server_cpu), nginx and nginx.median(server_cpu))} | {row.rss:.0f} |"
        )
    return lines


def expected(q):
    """The latency in milliseconds that quantile q must show: S·(1 − (1 − q)/f)."""
    fraction = STALL_FOR / STALL_EVERY
    return STALL_FOR * (1 - (1 - q) / fraction)


def measure_tails(options, rate=2000, connections=8, seconds=10):
    """Latency at a fixed rate against a server that stalls; the truth is known."""
    quantiles = [0.95, 0.99, 0.999]
    lines = [
        "| client | p50 | " + " | ".join(f"p{100 * q:g} (true: {expected(q):.0f})" for q in quantiles) + " | requests |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for client in chosen(options):
        server = Server("bare answerer", stall=f"{STALL_EVERY}/{STALL_FOR}")
        try:
            if not client.open(server.url, seconds, connections, rate):
                continue
            run = one(client, server, options, rate, seconds, connections)
            tails = client.tails(run.out)
            cells = " | ".join("not given" if value is None else f"{value:.2f}" for value in tails)
            lines.append(f"| {client.name} | {cells} | {run.requests} |")
            say("  " + lines[-1])
        except (RuntimeError, KeyError, ValueError) as error:
            say(f"left out: {client.name} ({error})")
        finally:
            server.stop()
            client.clean()
    return lines


def bars(rows, by_name, options):
    """What must hold, and whether it does. In a quick run only what noise cannot move."""
    found = {row.name: row for row in rows}
    wrk = found.get("wrk")
    if not wrk:
        return []
    # Noise only ever adds CPU time, so the least of each is the steadier estimate in a short run.
    least = (lambda row: min(row.values(cpu))) if options.quick else (lambda row: row.median(cpu))
    checks = []
    for client in by_name.values():
        row = found.get(client.name)
        if not row or not client.bar_cpu:
            continue
        checks.append((f"{client.name}: CPU/request × wrk", least(row) / least(wrk), client.bar_cpu, False))
        if client.bar_calls and row.calls is not None:
            checks.append((f"{client.name}: system calls/request", row.calls, client.bar_calls, False))
        if client.bar_rate and not options.quick:
            rate = lambda run: throughput(run, options.seconds)
            checks.append((f"{client.name}: throughput × wrk", row.median(rate) / wrk.median(rate), client.bar_rate, True))
    return checks


def machine():
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")),
        platform.machine(),
    )
    return f"{os.cpu_count()} × {model}, Linux {platform.release().split('-')[0]}, {datetime.date.today().isoformat()}"


def main():
    options = arguments()
    measure.memory_limit()
    if (os.cpu_count() or 1) < 2:
        say("two cores are needed: one for the server, one for the client")
        return 4
    report = [f"Machine: {machine()}. {options.rounds} interleaved rounds of {options.seconds} s, {options.connections} keep-alive connections, HTTP/1.1; median (least–most)."]
    checks = []
    if "clients" in options.part:
        rows, by_name = measure_clients(options)
        report += ["", "Clients against the bare answerer:", "", *clients_table(rows, by_name, options)]
        checks = bars(rows, by_name, options)
    if "servers" in options.part:
        report += ["", "Servers under wrk:", "", *servers_table(measure_servers(options), options)]
    if "tails" in options.part:
        report += [
            "",
            f"Latency in ms at 2,000 requests/s on 8 connections; the server stalls {STALL_FOR} of every {STALL_EVERY} ms:",
            "",
            *measure_tails(options),
        ]
    missed = False
    if checks:
        report += ["", "| bar | measured | demanded | |", "| --- | --- | --- | --- |"]
        for name, value, bar, at_least in checks:
            held = value >= bar if at_least else value <= bar
            missed |= not held
            report.append(f"| {name} | {value:.2f} | {'≥' if at_least else '≤'} {bar} | {'held' if held else 'MISSED'} |")
    text = "\n".join(report) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text)
    return 5 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
