"""Interleaved rounds, and what was measured in them."""

import statistics
import sys

import measure

FOREIGN = 0.35  # cores that others may use in a run that counts


def say(text):
    print(text, file=sys.stderr, flush=True)


class Row:
    """One client against one server: what is run, and the runs."""

    def __init__(self, name, client, server, connections=None):
        self.name, self.client, self.server, self.connections = name, client, server, connections
        self.version = client.version()
        self.runs, self.calls = [], None

    def values(self, of):
        return [of(run) for run in self.runs]

    def median(self, of):
        return statistics.median(self.values(of))

    def spread(self, of, form):
        values = self.values(of)
        return f"{form.format(statistics.median(values))} ({form.format(min(values))}–{form.format(max(values))})"


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
        # What a client that counts calls took; for others what was asked for.
        run.load_seconds = run.seconds if client.counts_calls else seconds
        if best is None or run.foreign < best.foreign:
            best = run
        if best.foreign < FOREIGN:
            break
    return best


def interleaved(rows, options):
    """Every row in every round, every other round backwards. Gives the rows that were measured."""
    left_out = set()
    for turn in range(options.rounds):
        for row in rows if turn % 2 == 0 else rows[::-1]:
            if row.name in left_out:
                continue
            try:
                run = one(row.client, row.server, options, connections=row.connections)
            except RuntimeError as error:
                say(f"left out: {row.name} ({error})")
                left_out.add(row.name)
                continue
            row.runs.append(run)
            say(
                f"  {turn + 1}/{options.rounds} {row.name}: {throughput(run):.1f} k/s, client {cpu(run):.2f} µs, "
                f"server {server_cpu(run):.2f} µs, foreign {run.foreign:.2f}"
            )
    return [row for row in rows if row.runs and row.name not in left_out]


def throughput(run):
    """Thousands of requests a second."""
    return run.requests / run.load_seconds / 1000


def cpu(run):
    """The client's microseconds a request."""
    return run.cpu / run.requests * 1e6


def server_cpu(run):
    """The server's microseconds an answer."""
    return run.server_cpu / run.requests * 1e6


def ratio(mine, theirs):
    return f"{mine / theirs:.2f}" if theirs else ""
