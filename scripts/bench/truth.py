"""How true: latencies at a rate against a server that stalls, how late requests are sent, and how much memory a run takes."""

import statistics

import clients
from preflight import STALL_EVERY, STALL_FOR, Server
from rounds import one, say

QUANTILES = [0.95, 0.99, 0.999]
TOLERATED = [0.05, 0.03, 0.02]


def expected(q):
    """The latency in milliseconds that quantile q must show: S·(1 − (1 − q)/f)."""
    fraction = STALL_FOR / STALL_EVERY
    return STALL_FOR * (1 - (1 - q) / fraction)


def measure_tails(found, options, rate=2000, connections=8, seconds=10):
    """Latency at a fixed rate against a server that stalls; the truth is known."""
    lines = [
        "| client | p50 | " + " | ".join(f"p{100 * q:g} (true: {expected(q):.0f})" for q in QUANTILES) + " | answered |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    bars = []
    for client in found:
        server = Server("bare answerer", "--stall", f"{STALL_EVERY}/{STALL_FOR}")
        try:
            if not client.open(server.url, seconds, connections, rate):
                continue
            run = one(client, server, options, rate, seconds, connections)
            tails = client.tails(run.out)
            cells = " | ".join("not given" if value is None else f"{value:.2f}" for value in tails)
            lines.append(f"| {client.name} | {cells} | {run.requests} |")
            say("  " + lines[-1])
            if type(client) is clients.Crosscheck:
                for q, value, tolerated in zip(QUANTILES, tails[1:], TOLERATED):
                    off = abs(value / expected(q) - 1)
                    bars.append((f"p{100 * q:g} under a stalling server: off by", off, tolerated, False))
                bars.append(("requests sent ÷ rate × time", run.requests / (rate * seconds), 1.0, None))
        except (RuntimeError, KeyError, IndexError, ValueError) as error:
            say(f"left out: {client.name} ({error})")
        finally:
            server.stop()
    return lines, bars


def measure_lag(options, rate=20_000, connections=64):
    """How late the rate engine sends what is due. In a quick run only whether it sends all of it is demanded."""
    times, seconds = (1, 3) if options.quick else (3, 10)
    lines = [
        "| pacing | requests/s | due | sent | lag p50 µs | lag p99 µs | response p50 µs | response p99 µs | client CPU µs/request |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    bars = []
    for client in [clients.Crosscheck()] + ([] if options.quick else [clients.CrosscheckSpinning()]):
        server = Server("bare answerer")
        try:
            if not client.program():
                continue
            records = []
            for _ in range(times):
                run = one(client, server, options, rate, seconds, connections)
                records.append((run, client.record()))
            median = lambda of: statistics.median(of(run, record) for run, record in records)
            lag = {q: median(lambda _, record: record["pacing"]["send_lag"][q]) for q in ("p50", "p99")}
            response = {q: median(lambda _, record: record["total"]["response"][q]) for q in ("p50", "p99")}
            due, sent = (sum(record["pacing"][name] for _, record in records) for name in ("due", "sent"))
            cpu = median(lambda run, _: run.cpu / run.requests * 1e6)
            lines.append(
                f"| {client.pacing} | {rate} | {due} | {sent} | {lag['p50']:.0f} | {lag['p99']:.0f} | "
                f"{response['p50']:.0f} | {response['p99']:.0f} | {cpu:.2f} |"
            )
            say("  " + lines[-1])
            if client.pacing == "timer" and not options.quick:
                bars.append((f"send lag p99 at {rate}/s, µs", lag["p99"], 150, False))
            bars.append((f"requests sent ÷ rate × time, {client.pacing}", sent / (times * rate * seconds), 1.0, None))
        except (RuntimeError, KeyError) as error:
            say(f"left out: {client.name} ({error})")
        finally:
            server.stop()
            client.clean()
    return lines, bars


def measure_memory(options):
    """The most memory resident in a run, and in one ten times as long."""
    short, long = options.seconds, 10 * options.seconds
    lines = [f"| client | connections | RSS MB after {short} s | after {long} s |", "| --- | --- | --- | --- |"]
    bars = []
    for kind, connections, bar in [
        (clients.Crosscheck, 64, 16), (clients.Crosscheck, 1000, 100), (clients.Wrk, 64, None), (clients.Oha, 64, None),
    ]:  # fmt: skip
        client, server = kind(), Server("bare answerer")
        try:
            if not client.program():
                say(f"left out: {client.name} (not installed)")
                continue
            taken = [one(client, server, options, 0, seconds, connections).rss_mb for seconds in (short, long)]
            lines.append(f"| {client.name} | {connections} | {taken[0]:.1f} | {taken[1]:.1f} |")
            say("  " + lines[-1])
            if bar:
                bars.append((f"RSS MB at {connections} connections", max(taken), bar, False))
        except RuntimeError as error:
            say(f"left out: {client.name} ({error})")
        finally:
            server.stop()
            client.clean()
    return lines, bars
