"""Locust's fastest user, sending the preflight."""

import os

from locust import constant, constant_throughput, task
from locust.contrib.fasthttp import FastHttpUser

RATE = float(os.environ.get("BENCH_RATE_PER_USER", "0"))


class Page(FastHttpUser):
    wait_time = constant_throughput(RATE) if RATE else constant(0)

    @task
    def preflight(self):
        self.client.request(
            "OPTIONS",
            os.environ["BENCH_PATH"],
            headers=dict(line.split(": ", 1) for line in os.environ["BENCH_FIELDS"].split("\n")),
        )
