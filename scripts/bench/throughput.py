"""How many, for how much: clients against the bare answerer, servers under wrk, and other protocols."""

import clients
import measure
from preflight import SERVERS, Server
from rounds import Row, cpu, interleaved, ratio, say, server_cpu, throughput


def measure_clients(found, options):
    """Every client against the bare answerer. Gives the table and what is demanded."""
    server = Server("bare answerer")
    try:
        rows = [Row(client.name, client, server) for client in found if client.full_speed]
        rows = interleaved(rows, options)
        for _ in range(MORE if options.quick else 0):
            if all(value <= bar for _, value, bar, _ in cpu_bars(rows, options)):
                break
            say("more rounds: a bar of CPU is missed, which a busy neighbour makes, too")
            rows = interleaved(rows, options)
        for row in rows:
            row.calls = measure.system_calls(
                row.client,
                row.client.closed(server.url, options.traced, options.connections),
                row.client.environment(server.url, options.traced, options.connections, 0),
                options.traced * 30 + 60,
            )
    finally:
        server.stop()
    return clients_table(rows), client_bars(rows, options)


def clients_table(rows):
    wrk = next((row for row in rows if row.name == "wrk"), None)
    lines = [
        "| client | version | n | k requests/s | × wrk | client CPU µs/request | × wrk | system calls/request | RSS MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in sorted(rows, key=lambda row: row.median(cpu)):
        lines.append(
            f"| {row.name} | {row.version} | {len(row.runs)} | {row.spread(throughput, '{:.1f}')} | "
            f"{ratio(row.median(throughput), wrk and wrk.median(throughput))} | {row.spread(cpu, '{:.2f}')} | "
            f"{ratio(row.median(cpu), wrk and wrk.median(cpu))} | "
            f"{'' if row.calls is None else f'{row.calls:.2f}'} | {row.median(lambda run: run.rss_mb):.0f} |"
        )
    return lines


# A quick run is short, and may share its machine with others.
HEADROOM = 1.15

# How often a quick run that misses a bar of CPU makes its rounds again: the least of more rounds is nearer to what a
# request costs without neighbours.
MORE = 3


def cpu_bars(rows, options):
    """What is demanded of CPU per request."""
    wrk = next((row for row in rows if row.name == "wrk"), None)
    if not wrk:
        return []
    # Noise only ever adds CPU time, so the least of each is the steadier estimate in a short run.
    least = (lambda row: min(row.values(cpu))) if options.quick else (lambda row: row.median(cpu))
    room = HEADROOM if options.quick else 1
    return [
        (f"{row.name}: CPU/request × wrk", least(row) / least(wrk), row.client.bar_cpu * room, False)
        for row in rows
        if row.client.bar_cpu
    ]


def client_bars(rows, options):
    """In a quick run only what noise cannot move, and with room for what it can."""
    wrk = next((row for row in rows if row.name == "wrk"), None)
    if not wrk:
        return []
    room = HEADROOM if options.quick else 1
    bars = cpu_bars(rows, options)
    for row in rows:
        client = row.client
        if client.bar_calls and row.calls is not None:
            bars.append((f"{row.name}: system calls/request", row.calls, client.bar_calls * room, False))
        if client.bar_rate and not options.quick:
            bars.append(
                (f"{row.name}: throughput × wrk", row.median(throughput) / wrk.median(throughput), client.bar_rate, True)
            )
            others = [other for other in rows if other.name != "wrk" and not isinstance(other.client, clients.Crosscheck)]
            if others:
                best = max(others, key=lambda other: other.median(throughput))
                bars.append(
                    (f"{row.name}: throughput × the best other peer ({best.name})",
                     row.median(throughput) / best.median(throughput), 1.0, True)
                )  # fmt: skip
    return bars


def measure_servers(options):
    """Every server under wrk, the cheapest client that anybody can have."""
    if not clients.Wrk().program():
        say("servers are not measured: wrk is not installed")
        return []
    rows = []
    try:
        for name in SERVERS:
            try:
                rows.append(Row(name, clients.Wrk(), Server(name)))
            except (OSError, RuntimeError) as error:
                say(f"left out: {name} ({error})")
        measured = interleaved(rows, options)
        return servers_table(measured)
    finally:
        for row in rows:
            row.server.stop()
            row.client.clean()


def servers_table(rows):
    nginx = next((row for row in rows if row.name.startswith("nginx")), None)
    lines = [
        "| server | n | k answers/s | × nginx | server CPU µs/answer | × nginx | RSS MB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        lines.append(
            f"| {row.name} | {len(row.runs)} | {row.spread(throughput, '{:.1f}')} | "
            f"{ratio(row.median(throughput), nginx and nginx.median(throughput))} | {row.spread(server_cpu, '{:.2f}')} | "
            f"{ratio(row.median(server_cpu), nginx and nginx.median(server_cpu))} | {row.server.rss_mb():.0f} |"
        )
    return lines


def measure_protocols(options):
    """HTTP/2 without TLS beside HTTP/1.1 from the same server, and HTTP/1.1 over TLS. Gives both tables and
    what is demanded."""
    servers, rows = [], []
    try:
        hyper = Server("hyper answerer")
        servers.append(hyper)
        secure = Server("bare answerer, TLS")
        servers.append(secure)
        one, two, tls = [], [], []
        for kinds, server, into in [
            (clients.OVER_HTTP1, hyper, one), (clients.OVER_HTTP2, hyper, two), (clients.OVER_TLS, secure, tls),
        ]:  # fmt: skip
            for kind in kinds:
                client = kind(certificate=server.certificate)
                if client.program():
                    into.append(Row(client.name, client, server, client.connections))
                else:
                    say(f"left out: {client.name} (not installed)")
                    client.clean()
        rows = one + two + tls
        measured = interleaved(rows, options)
    finally:
        for server in servers:
            server.stop()
        for row in rows:
            row.client.clean()
    ours = next((row for row in measured if row in one and isinstance(row.client, clients.Crosscheck)), None)
    second = next((row for row in measured if row in two and isinstance(row.client, clients.Crosscheck)), None)
    bars = []
    if ours and second and not options.quick:
        times = second.median(throughput) / ours.median(throughput)
        bars.append(("crosscheck: HTTP/2 throughput × HTTP/1.1", times, 1.7, True))
    base = ours and ours.median(throughput)
    plain = [row for row in measured if row not in tls]
    over_tls = [row for row in measured if row in tls]
    wrk = next((row for row in over_tls if row.name.startswith("wrk")), None)
    return (
        protocols_table(plain, "crosscheck, HTTP/1.1", base),
        protocols_table(over_tls, "wrk", wrk and wrk.median(throughput)),
        bars,
    )


def protocols_table(rows, base_name, base):
    lines = [
        f"| client | version | connections | n | k requests/s | × {base_name} | client CPU µs/request | server CPU µs/answer |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        lines.append(
            f"| {row.name} | {row.version} | {row.client.shape} | {len(row.runs)} | {row.spread(throughput, '{:.1f}')} | "
            f"{ratio(row.median(throughput), base)} | {row.spread(cpu, '{:.2f}')} | {row.spread(server_cpu, '{:.2f}')} |"
        )
    return lines
