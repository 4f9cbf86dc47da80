"""The camera watchdog: sweeps by its own prober beside what others do, and the whole daemon with the cameras of a former
district."""

import contextlib
import csv
import datetime
import io
import ipaddress
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import thon
from commune import broker_settings, fields, processor_s
from watchers import HOW, Watchers

HAMLETS, DISTRICT, HUNG = 117, 2700, 16
SWEEPS = 5
USER, PASSWORD = "thon", "camera"
FIRST = ipaddress.IPv4Address("127.60.0.1")
RTSP, HTTP = 18554, 18080


def address(i):
    return str(FIRST + i)


class Farm:
    """fake-cameras with `count` of them; the first `hung` accept and say nothing."""

    def __init__(self, build, work, count, hung=0, clock=None):
        cameras = [{"id": f"c{i}", "address": address(i), "mode": "hung" if i < hung else "ok"} for i in range(count)]
        scene = Path(work) / "scene.json"
        scene.write_text(
            json.dumps(
                {
                    "rtsp_port": RTSP,
                    "http_port": HTTP,
                    
                    "defaults": {"user": USER, "password": PASSWORD},
                    "cameras": cameras,
                }
            )
        )
        self.process = subprocess.Popen(
            [build / "fakes/fake-cameras", "--scene", scene, *(["--sim-clock", clock] if clock else [])], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if not self.process.stdout.readline().strip().isdigit():
            raise AssertionError("fake-cameras does not start")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def sweep(build, count, hung=0, sweeps=SWEEPS):
    done = subprocess.run(
        [build / "bench/bench_sweep", address(0), str(RTSP), str(count), str(sweeps), str(hung), USER],
        env={**os.environ, "THON_BENCH_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"bench_sweep: {done.stderr}")
    return json.loads(done.stdout)


def beside(**rates):
    return {name: value for name, value in rates.items() if value is not None}


def sweeps(figures, build, work):
    watchers = Watchers(work)
    for name, count in (("117", HAMLETS), ("2700", DISTRICT)):
        cameras = [(address(i), RTSP) for i in range(count)]
        with contextlib.closing(Farm(build, work, count)):
            ours = sweep(build, count)
            blackbox, plugin, fping = watchers.blackbox(cameras), watchers.plugin(cameras), watchers.fping(cameras)
            monit = watchers.monit(cameras) if count == HAMLETS else None
        figures.add(
            f"camera.checks_{name}",
            count / ours["cpu_s"],
            "checks/CPU-s",
            beside(blackbox=blackbox.rate(count), check_tcp=plugin.rate(count), fping=fping.rate(count)),
        )
        figures.add(
            f"camera.sweep_{name}",
            ours["wall_s"],
            "s",
            beside(blackbox=blackbox.wall, check_tcp=plugin.wall, fping=fping.wall, monit=monit and monit.wall),
        )
        figures.add(f"camera.sweep_{name}_rss", ours["rss_mb"], "MB", beside(blackbox=blackbox.rss, monit=monit and monit.rss))
    with contextlib.closing(Farm(build, work, HAMLETS, HUNG)):
        ours = sweep(build, HAMLETS, HUNG, 1)
        monit = watchers.monit([(address(i), RTSP) for i in range(HAMLETS)])
    figures.add("camera.hung_found", ours["hung_s"], "s", beside(monit=monit.wall))
    figures.add("camera.hung_delay", ours["healthy_s"], "s")
    figures.method(
        f"camera.checks_*, camera.sweep_*: OPTIONS, DESCRIBE and DESCRIBE with Digest on one connection to each of {HAMLETS} and "
        f"{DISTRICT} fake cameras (one process, in C, on addresses of its own below 127.60), 256 at a time, by the prober that "
        f"thon-camerad uses, in a process of its own; CPU is that process's; median of n={SWEEPS}. hung_found: {HUNG} of {HAMLETS} "
        "accept and say nothing (answer time-out 4 s), until the last of them is known to be hung; hung_delay: until the last of "
        f"the others is known to be well. {HOW}{''.join('. ' + text for text in watchers.absent)}"
    )


def settings(site, **camera):
    """All of [camera], with what every camera of the farm wants."""
    secret = site.dir / "camera-password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    site.write_conf("camerad.conf", camera={"user": USER, "credential": secret, "skew": "1d", **camera})


def configure(site, count, **camera):
    """`count` cameras of the farm in a site that has a store and the area "thon"."""
    settings(site, **camera)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("id", "kind", "area", "name", "config"))
    for i in range(count):
        config = {"url": f"rtsp://{address(i)}:{RTSP}/live", "snapshot_url": f"http://{address(i)}:{HTTP}/snapshot.jpg"}
        rows.writerow((f"cam-{i}", "camera", "thon", f"Camera {i}", json.dumps(config)))
    path = site.dir / "cameras.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    site.ok("device", "import", path)


def start_hamlets(stack, commune, clock, env=None):
    """thon-camerad of a commune of lights that knows its cameras since a while: each has a good picture on the disk, as on all
    days but the first. A Farm of HAMLETS runs."""
    configure(commune.site, HAMLETS, picture="20s")
    client = stack.enter_context(contextlib.closing(thon.Mqtt(commune.broker, "bench")))
    began = time.monotonic()
    first = commune.site.start("camerad", "--sim-clock", clock, timeout=60)
    for i in range(HAMLETS):
        client.wait_state(f"camera/cam-{i}/state", lambda s: s["picture"] and s["picture"]["good"], 120)
    first.stop()
    settings(commune.site, picture="5min")
    time_of, _, speed = clock.partition(",")
    passed = (time.monotonic() - began) * float(speed.removeprefix("x") or 1) + 60
    later = (datetime.datetime.fromisoformat(time_of) + datetime.timedelta(seconds=int(passed))).isoformat()
    clock = f"{later},{speed}" if speed else later  # time does not run backwards: that would be a fault
    since = client.mark()
    process = commune.site.start("camerad", "--sim-clock", clock, env=env, timeout=60)
    client.wait_for("status/camerad", lambda s: s["state"] == "online" and (s["health"] or {}).get("ok") == HAMLETS, 120, since)
    return process


class Watched:
    """thon-camerad with its store and its broker, on `count` cameras of a farm."""

    def __init__(self, work, count, **camera):
        self.dir = Path(tempfile.mkdtemp(prefix="watched.", dir=work))
        self.broker = thon.Broker(self.dir / "broker", extra=broker_settings())
        self.site = thon.Site(self.dir / "site", self.broker.port, site_id="bench")
        self.site.ok("store", "init")
        self.site.ok("area", "add", "thon", "--name", "Thôn")
        configure(self.site, count, **camera)

    def start(self, *args, **options):
        return self.site.start("camerad", *args, timeout=60, **options)

    def close(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.site.close()
        self.broker.close()


def daemon(figures, build, work):
    """From the start until all of a district are known, and what going on with them costs."""
    with contextlib.closing(Farm(build, work, DISTRICT)), contextlib.closing(
        Watched(work, DISTRICT, interval="10s", retry="5s", picture=0, play=0)
    ) as watched, contextlib.closing(thon.Mqtt(watched.broker, "bench")) as client:
        began = time.monotonic()
        process = watched.start()
        client.wait_state("status/camerad", lambda s: s["state"] == "online" and (s["health"] or {}).get("ok") == DISTRICT, 120)
        known = time.monotonic() - began
        time.sleep(10)
        before, began = processor_s(process.pid), time.monotonic()
        time.sleep(30)
        wall, cpu = time.monotonic() - began, processor_s(process.pid) - before
        memory = fields(process.pid, "smaps_rollup")["Pss"] / 1000
    figures.add("camera.district_known", known, "s")
    figures.add("camera.district_cpu", cpu / wall * 100, "% of a core")
    figures.add("camera.district_pss", memory, "MB")
    figures.method(
        f"camera.district_*: thon-camerad with {DISTRICT} cameras, each checked every 10 s (no pictures), with store and broker: from "
        "its start until its status says that all are well; then CPU over 30 s and PSS"
    )


def parts(figures, build, work):
    return {
        "sweeps": lambda: sweeps(figures, build, work),
        "district": lambda: daemon(figures, build, work),
    }
