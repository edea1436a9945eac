"""What every client does, whatever its SDK: each operation by name, one line for each."""

import os
import sys
import urllib.error
import urllib.request

ENDPOINT = os.environ["ENDPOINT"]
REGION = os.environ["REGION"]
KEY_ID = os.environ["KEY_ID"]
KEY_SECRET = os.environ["KEY_SECRET"]
BUCKET = os.environ["BUCKET"]

BODY = b"cross-origin \xc3\xa9\n" * 40
KEY = "dir/a b+c.txt"
PART = b"p" * (5 * 1024 * 1024)


class Report:
    """Writes down how each operation went."""

    def __init__(self):
        self.failed = False

    def operation(self, name, do):
        """Does one operation; what it raises is its failure."""
        try:
            seen = do()
            print(f"{name}\tok\t{seen if seen is not None else ''}", flush=True)
        except Exception as error:  # noqa: BLE001 - whatever an SDK raises is the finding
            self.failed = True
            text = " ".join(str(error).split())
            print(f"{name}\tfailed\t{type(error).__name__}: {text[:300]}", flush=True)

    def end(self):
        sys.exit(1 if self.failed else 0)


def same(found, expected):
    """Fails unless both are equal."""
    if found != expected:
        raise AssertionError(f"found {found!r}, expected {expected!r}")


def raised(error_type, do, check):
    """Fails unless `do` raises this very type, and `check` of the error is true."""
    try:
        do()
    except error_type as error:
        if not check(error):
            raise AssertionError(f"{type(error).__name__} says {error}") from error
        return type(error).__name__
    raise AssertionError(f"nothing was raised, expected {error_type.__name__}")


def fetch(url, method="GET", body=None, headers=None):
    """A client without any SDK, as a page would use a presigned URL."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read(), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)
