"""Measures Crosscheck and its peers side by side, and prints the tables; see bench-peers.sh."""

import argparse
import datetime
import os
import pathlib
import platform
import sys

import clients
import measure
import throughput
import truth
from preflight import STALL_EVERY, STALL_FOR
from rounds import say

PARTS = ["clients", "servers", "protocols", "tails", "lag", "memory"]


def arguments():
    parser = argparse.ArgumentParser(prog="bench-peers.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="wrk and Crosscheck alone, short; fails where a bar is missed")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (7; quick: 5)")
    parser.add_argument("--seconds", type=int, help="of each run (3; quick: 1)")
    parser.add_argument("--traced", type=int, default=4, help="seconds of each run under strace (4)")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", default="", help="clients by part of their name, between commas")
    parser.add_argument("--part", choices=PARTS, action="append", help="what to measure (all; quick: clients and lag)")
    parser.add_argument("--noisy", action="store_true", help="do not wait for a quiet machine")
    parser.add_argument("--out", type=pathlib.Path, help="writes the tables here too, as Markdown")
    parser.add_argument("--no-install", action="store_true", help="installs and builds nothing")
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.quick else 7)
    options.seconds = options.seconds or (1 if options.quick else 3)
    options.part = options.part or (["clients", "lag"] if options.quick else PARTS)
    return options


def chosen(options):
    kinds = clients.QUICK if options.quick else [*clients.OURS, *clients.PEERS]
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


def machine():
    return f"{os.cpu_count()} virtual CPUs, Linux {platform.release().split('-')[0]}, {datetime.date.today().isoformat()}"


def held(value, bar, kind):
    """Whether a bar is met: at least, at most, or exactly."""
    return value == bar if kind is None else value >= bar if kind else value <= bar


def measured(options):
    """The report by parts, and everything that is demanded."""
    found = chosen(options)
    report, bars = [], []

    def part(title, lines, more=()):
        report.extend(["", title, "", *lines])
        bars.extend(more)

    try:
        if "clients" in options.part:
            part("Clients against the bare answerer:", *throughput.measure_clients(found, options))
        if "servers" in options.part:
            part("Servers under wrk:", throughput.measure_servers(options))
        if "protocols" in options.part:
            plain, secure, more = throughput.measure_protocols(options)
            part("HTTP/1.1 and HTTP/2, both without TLS, from one server of hyper:", plain)
            part("HTTP/1.1 over TLS, against the bare answerer:", secure, more)
        if "tails" in options.part:
            part(
                f"Latency in ms at 2,000 requests/s on 8 connections; the server stalls {STALL_FOR} of every {STALL_EVERY} ms:",
                *truth.measure_tails(found, options),
            )
        if "lag" in options.part:
            part("How late requests are sent, against the bare answerer; medians of three runs:", *truth.measure_lag(options))
        if "memory" in options.part:
            part("Memory, against the bare answerer at full speed:", *truth.measure_memory(options))
    finally:
        for client in found:
            client.clean()
    return report, bars


def main():
    options = arguments()
    measure.memory_limit()
    if (os.cpu_count() or 1) < 2:
        say("two cores are needed: one for the server, one for the client")
        return 4
    report, bars = measured(options)
    report.insert(
        0,
        f"Machine: {machine()}. {options.rounds} interleaved rounds of {options.seconds} s, "
        f"{options.connections} keep-alive connections, HTTP/1.1 where nothing else is said; median (least–most).",
    )
    missed = False
    if bars:
        report += ["", "| bar | measured | demanded | |", "| --- | --- | --- | --- |"]
        for name, value, bar, kind in bars:
            met = held(value, bar, kind)
            missed |= not met
            sign = "=" if kind is None else "≥" if kind else "≤"
            report.append(f"| {name} | {value:.2f} | {sign} {bar:g} | {'held' if met else 'MISSED'} |")
    text = "\n".join(report) + "\n"
    print(text)
    if options.out:
        options.out.write_text(text)
    return 5 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
