"""One run of a client: CPU, memory and system calls of the whole process tree, and how quiet the
machine was meanwhile."""

import os
import re
import resource
import signal
import subprocess
import tempfile
import time

from preflight import favour

TICKS = os.sysconf("SC_CLK_TCK")


def busy_seconds():
    """What all cores have worked so far."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, idle, iowait, irq, softirq, steal, *_ = map(int, stat.readline().split()[1:])
    return (user + nice + system + irq + softirq + steal) / TICKS


def wait_for_quiet(most_seconds, level=0.2):
    """Waits until others use less than `level` of a core, or the patience is over."""
    end = time.monotonic() + most_seconds
    while time.monotonic() < end:
        before, start = busy_seconds(), time.monotonic()
        time.sleep(0.25)
        if (busy_seconds() - before) / (time.monotonic() - start) < level:
            return


class Run:
    """What one run cost."""

    def __init__(self, client, command, environment, server, deadline):
        others, server_cpu, start = busy_seconds(), server.cpu_seconds(), time.monotonic()
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            process = subprocess.Popen(
                ["taskset", "-c", "1", *command],
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **environment},
                start_new_session=True,
            )
            favour(process.pid)
            usage, status, self.rss_mb = wait(process, deadline)
            self.seconds = time.monotonic() - start
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read(), err.read()
        self.cpu = usage.ru_utime + usage.ru_stime
        self.server_cpu = server.cpu_seconds() - server_cpu
        self.foreign = (busy_seconds() - others - self.cpu - self.server_cpu) / self.seconds
        client.err = self.err
        try:
            self.requests = client.requests(self.out)
        except (AttributeError, KeyError, OSError, ValueError, subprocess.CalledProcessError) as error:
            raise RuntimeError(
                f"{client.name} (status {status}) gave no count ({error!r})\n{self.out[-800:]}{self.err[-1500:]}"
            ) from error
        if not self.requests:
            raise RuntimeError(f"{client.name} got no answer\n{self.out[-800:]}{self.err[-1500:]}")


def wait(process, deadline):
    """Waits with a deadline; gives the resources of the process and of all it waited for, its status,
    and the most memory that it had resident."""
    end, rss, turn = time.monotonic() + deadline, 0, 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage, process.returncode, rss
        if time.monotonic() > end:
            os.killpg(process.pid, signal.SIGKILL)
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = -9
            return usage, "ended at its deadline", rss
        # `ru_maxrss` counts what was before `exec` too, and so this program; `VmHWM` does not.
        if turn % 10 == 9:
            rss = max(rss, resident_mb(process.pid))
        turn += 1
        time.sleep(0.01)


def resident_mb(pid):
    """The most memory that a process has had resident since its `exec`."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
        return int(found.group(1)) / 1024 if found else 0
    except OSError:
        return 0


def system_calls(client, command, environment, deadline):
    """System calls a request, by `strace -c`; None where it does not work."""
    with tempfile.NamedTemporaryFile("r") as counts, tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            ["taskset", "-c", "1", "strace", "-f", "-c", "-o", counts.name, *command],
            stdout=out,
            stderr=err,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        wait(process, deadline)
        out.seek(0)
        err.seek(0)
        client.err = err.read()
        total = re.search(r"^\s*100\.00.*?\s(\d+)(?:\s+\d+)?\s+total$", counts.read(), re.M)
        try:
            return int(total.group(1)) / client.requests(out.read())
        except (AttributeError, KeyError, OSError, ValueError, ZeroDivisionError, subprocess.CalledProcessError):
            return None


def memory_limit():
    """File descriptors enough for the largest run."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
