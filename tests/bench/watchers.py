"""Programs of Debian that look after hosts, measured in the same run on the same cameras for the part that they do. Each runs
from a configuration and in a directory of its own, and never as a service of the machine. One that is not installed is left
out, and the table says so.

None of them logs in: blackbox_exporter and monit send OPTIONS and look at the answer, check_tcp connects, fping pings. None has
an opinion on what is on the picture, or on which of many failures is the cause."""

import concurrent.futures
import dataclasses
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import thon
from commune import fields

SBIN = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
PLUGIN = Path("/usr/lib/nagios/plugins/check_tcp")
AT_ONCE = 64
HOW = (
    "Beside, on the same cameras: blackbox_exporter, OPTIONS only, 64 probes at a time asked of it over HTTP, its own CPU; check_tcp "
    "of nagios-plugins, one process a check, 64 at a time, all processes' CPU and no scheduler; fping, ICMP only; monit, OPTIONS "
    "only, one after the other as it does, its first cycle"
)


@dataclasses.dataclass
class Sweep:
    """What a sweep took; None: it does not do that, or is not here."""

    wall: float | None = None
    processor: float | None = None
    rss: float | None = None  # MB

    def rate(self, checks):
        """Checks a second of CPU."""
        return checks / self.processor if self.processor else None


def processor_s(pid):
    """Of all its threads, also those that have ended."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


class Watchers:
    def __init__(self, work):
        self.work = Path(work)
        self.absent = []

    def _here(self, name, *programs):
        if all(shutil.which(p, path=SBIN["PATH"]) for p in programs):
            print(f"  beside: {name}", file=sys.stderr, flush=True)
            return True
        if f"{name} is not installed" not in self.absent:
            self.absent.append(f"{name} is not installed")
        return False

    # ---- blackbox_exporter: somebody else decides when, and what it means ----

    def blackbox(self, cameras):
        if not self._here("blackbox_exporter", "prometheus-blackbox-exporter"):
            return Sweep()
        conf = self.work / "blackbox.yml"
        conf.write_text(
            "modules:\n  rtsp:\n    prober: tcp\n    timeout: 5s\n    tcp:\n      query_response:\n"
            '        - send: "OPTIONS * RTSP/1.0\\r\\nCSeq: 1\\r\\n\\r"\n        - expect: "^RTSP/1.0 200"\n'
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            ["prometheus-blackbox-exporter", f"--config.file={conf}", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_port(port)
            before, began = processor_s(process.pid), time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                good = sum(pool.map(lambda camera: asked(port, *camera), cameras))
            wall = time.monotonic() - began
            if good != len(cameras):
                raise AssertionError(f"blackbox_exporter found {good} of {len(cameras)} cameras")
            return Sweep(wall, processor_s(process.pid) - before, fields(process.pid, "status")["VmHWM"] / 1000)
        finally:
            process.kill()
            process.wait()

    # ---- nagios plugins: a process a check ----

    def plugin(self, cameras):
        if not PLUGIN.exists():
            self._here("check_tcp", str(PLUGIN))
            return Sweep()
        print("  beside: check_tcp", file=sys.stderr, flush=True)
        text = "".join(f"{address}\n" for address, _ in cameras)
        before, began = os.times(), time.monotonic()
        done = subprocess.run(
            ["xargs", "-P", str(AT_ONCE), "-I", "{}", PLUGIN, "-H", "{}", "-p", str(cameras[0][1]), "-t", "5"],
            input=text,
            text=True,
            stdout=subprocess.DEVNULL,
            timeout=600,
            check=False,
        )
        wall, after = time.monotonic() - began, os.times()
        if done.returncode != 0:
            raise AssertionError(f"check_tcp: exit status {done.returncode}")
        children = (after.children_user + after.children_system) - (before.children_user + before.children_system)
        return Sweep(wall, children)

    # ---- fping: whether something is there at all ----

    def fping(self, cameras):
        if not self._here("fping", "fping"):
            return Sweep()
        text = "".join(f"{address}\n" for address, _ in cameras)
        before, began = os.times(), time.monotonic()
        done = subprocess.run(
            ["fping", "-q", "-i", "1", "-r", "0"], input=text, text=True, capture_output=True, timeout=600, check=False, env=SBIN
        )
        wall, after = time.monotonic() - began, os.times()
        if done.returncode != 0:
            raise AssertionError(f"fping: {done.stderr[:500]}")
        children = (after.children_user + after.children_system) - (before.children_user + before.children_system)
        return Sweep(wall, children)

    # ---- monit: one after the other ----

    def monit(self, cameras):
        """The first cycle, until the last camera was looked at."""
        if not self._here("monit", "monit"):
            return Sweep()
        conf, log = self.work / "monitrc", self.work / "monit.log"
        lines = ["set daemon 600", f"set logfile {log}", f"set pidfile {self.work}/monit.pid"]
        lines += [f"set idfile {self.work}/monit.id", f"set statefile {self.work}/monit.state"]
        for i, (address, port) in enumerate(cameras):
            lines += [
                f"check host camera{i} with address {address}",
                f'  if failed port {port} send "OPTIONS * RTSP/1.0\\r\\nCSeq: 1\\r\\n\\r\\n" expect "RTSP/1.0 200.*" '
                "with timeout 5 seconds then alert",
            ]
        conf.write_text("\n".join(lines) + "\n")
        conf.chmod(0o600)
        process = subprocess.Popen(
            ["monit", "-I", "-vv", "-c", conf], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=SBIN
        )
        began = time.monotonic()
        try:
            seen = set()
            for line in process.stdout:
                found = re.search(r"'camera(\d+)' (succeeded|failed)", line)
                if found:
                    seen.add(int(found[1]))
                if len(seen) == len(cameras):
                    break
            else:
                raise AssertionError(f"monit looked at {len(seen)} of {len(cameras)} cameras")
            return Sweep(time.monotonic() - began, processor_s(process.pid), fields(process.pid, "status")["VmHWM"] / 1000)
        finally:
            process.kill()
            process.wait()


def wait_port(port):
    deadline = thon.Deadline(20)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if deadline.passed():
                raise AssertionError(f"nothing listens on port {port}") from None
            time.sleep(0.05)


def asked(port, address, camera_port):
    """One probe of blackbox_exporter."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"/probe?module=rtsp&target={address}:{camera_port}")
        return b"\nprobe_success 1" in connection.getresponse().read()
    finally:
        connection.close()
