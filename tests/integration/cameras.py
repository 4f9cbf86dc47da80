"""Cameras in tests: a running farm of fake ones (tests/fakes/cameras/README.md), and their rows in the registry.

The farm lives on loopback addresses of its own, 127.N.1.1 and up, switches on 127.N.0.1 and up. There everything answers
to ping for ever, since the kernel does. With `namespace` it lives in a network namespace at 10.N.0.0/16 instead (root
only), where a silent camera is silent: ping, TCP and all."""

import contextlib
import csv
import http.client
import io
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import urllib.parse
from pathlib import Path

import pytest

import thon

USER, PASSWORD = "thon", "camera"
CLONE_NEWNET = 0x40000000
NOON = "2026-11-21T12:00:00+07:00"


class Farm:
    """`switches` is {"tu-1": 16}: so many cameras tu-1-1 ... behind each; `cameras` so many c1 ... behind none. What else is
    given by name is a setting of all of them; `own` is {"c2": {...}}, of one."""

    def __init__(self, directory, cameras=0, switches=None, own=None, clock=None, picture=None, namespace=False, **settings):
        self.directory, self.clock, self.picture = directory, clock, picture
        self.shape = (cameras, dict(switches or {}), dict(own or {}), settings)
        self.namespace = None
        for attempt in range(10):  # somebody else may have the addresses
            number = random.randrange(20, 250)
            self.network = f"{10 if namespace else 127}.{number}"
            try:
                self.namespace = Namespace(number) if namespace else None
                self._start()
                return
            except AssertionError:
                if self.namespace:
                    self.namespace.close()
                if attempt == 9:
                    raise

    def _start(self):
        cameras, switches, own, settings = self.shape
        self.rtsp_port, self.http_port, self.discovery_port = 8554, 8080, 13702
        self.addresses, self.parents, rows = {}, {}, []
        scene = {
            "rtsp_port": self.rtsp_port,
            "http_port": self.http_port,
            "discovery_port": self.discovery_port if self.namespace else thon.free_port(),
            "defaults": {"hour": 10, **settings},
            "switches": [],
            "cameras": rows,
        }
        self.discovery_port = scene["discovery_port"]
        for n, switch in enumerate(switches, 1):
            self.addresses[switch] = f"{self.network}.0.{n}"
            scene["switches"].append({"id": switch, "address": self.addresses[switch], "ports": [80]})
        names = [(f"{switch}-{n}", switch) for switch, count in switches.items() for n in range(1, count + 1)]
        names += [(f"c{n}", None) for n in range(1, cameras + 1)]
        for n, (name, switch) in enumerate(names):
            self.addresses[name] = f"{self.network}.{1 + n // 250}.{1 + n % 250}"
            self.parents[name] = switch
            rows.append({"id": name, "address": self.addresses[name], **({"switch": switch} if switch else {})})
            rows[-1].update(own.get(name, {}))
        path = self.directory / f"farm-{self.network}.json"
        path.write_text(json.dumps(scene), encoding="utf-8")
        argv = [thon.BUILD / "fakes/fake-cameras", "--scene", path]
        argv += ["--sim-clock", self.clock] if self.clock else []
        argv += ["--picture", self.picture] if self.picture else []
        argv += ["--blackhole"] if self.namespace else []
        self.process = FarmProcess(self.namespace.inside(argv) if self.namespace else argv)
        self.control_port = self.process.port

    # ---- who there is ----

    @property
    def cameras(self):
        return list(self.parents)

    def url(self, camera, path="/live"):
        return f"rtsp://{self.addresses[camera]}:{self.rtsp_port}{path}"

    def snapshot_url(self, camera, path="/snapshot.jpg"):
        return f"http://{self.addresses[camera]}:{self.http_port}{path}"

    def onvif_url(self, camera):
        return f"http://{self.addresses[camera]}:{self.http_port}/onvif/device_service"

    # ---- control ----

    def control(self, method, path, doc=None, wait=30, **query):
        query = urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})
        path += f"?{query}" if query else ""
        body = None if doc is None else json.dumps(doc).encode()
        enter = self.namespace.entered() if self.namespace else contextlib.nullcontext()
        with enter:
            connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=wait * thon.SLOW)
            connection.connect()
        with contextlib.closing(connection):
            connection.request(method, f"/control/{path}", body)
            answer = connection.getresponse()
            doc = json.loads(answer.read())
        if answer.status != 200:
            raise ValueError(f"the farm refuses {path}: {doc}")
        return doc

    @staticmethod
    def _who(who):
        if who is None:
            return {"all": True}
        return {"id": who} if isinstance(who, str) else {"ids": list(who)}

    def set(self, who=None, **settings):
        """Of one camera, of several, or (None) of all."""
        self.control("POST", "set", {**self._who(who), **settings})

    def behind(self, switch, **settings):
        self.control("POST", "set", {"switch": switch, **settings})

    def cut(self, switch):
        """Silent from now on, and so is all that hangs on it."""
        self.control("POST", "switch", {"id": switch, "up": False})

    def mend(self, switch):
        self.control("POST", "switch", {"id": switch, "up": True, "members": True})

    def starve(self, switch):
        """It answers; what hangs on it does not, as without PoE."""
        self.control("POST", "switch", {"id": switch, "members": False})

    def power(self, who, on):
        self.control("POST", "power", {**self._who(who), "on": on})

    def reboot(self, who):
        self.control("POST", "reboot", self._who(who))

    def host(self, name):
        return self.control("GET", "hosts", id=name)

    def hosts(self):
        return {h["id"]: h for h in self.control("GET", "hosts")}

    def counts(self, name=None):
        return self.host(name)["counts"] if name else self.control("GET", "counts")

    def clear(self):
        """Counts begin anew."""
        self.control("POST", "clear", {})

    def reset(self):
        """As at the start."""
        self.control("POST", "reset", {})

    def wait(self, what, count=1, name=None, timeout=20):
        """Until so many of `what` were counted, since the start or the last clear(); "idle": until no connection and no
        session is open."""
        ms = int(timeout * thon.SLOW * 1000)
        answer = self.control("GET", "wait", wait=timeout + 10, what=what, count=count, id=name, timeout=ms)
        assert answer["ok"], f"{answer['count']} {what} instead of {count} in {timeout} s: {self.counts(name)}"
        return answer["count"]

    # ---- the registry ----

    def config(self, name, **more):
        """As `thonctl device add --config` takes it."""
        if name not in self.parents:
            return {"address": self.addresses[name], "ports": [80], **more}
        doc = {
            "url": self.url(name),
            "user": USER,
            "snapshot_url": self.snapshot_url(name),
            "onvif_url": self.onvif_url(name),
        }
        if self.parents[name]:
            doc["parent"] = self.parents[name]
        return {**doc, **more}

    def enrol(self, site, area="xa", names=None, password=PASSWORD, **more):
        """Switches and cameras as devices of `area`, which there is. `more` goes into the configuration of every camera."""
        rows = io.StringIO()
        table = csv.writer(rows)
        table.writerow(["id", "kind", "area", "name", "config"])
        names = list(names) if names is not None else list(self.addresses)
        for name in sorted(names, key=lambda n: n in self.parents):  # parents first
            camera = name in self.parents
            config = self.config(name, **(more if camera else {}))
            kind, title = ("camera", f"Camera {name}") if camera else ("switch", f"Tủ {name}")
            table.writerow([name, kind, area, title, json.dumps(config)])
        path = site.dir / f"devices-{self.network}-{area}.csv"
        path.write_text(rows.getvalue(), encoding="utf-8")
        site.ok("device", "import", path)
        for name in names if password else []:
            if name in self.parents:
                site.ok("device", "secret", name, stdin=password)

    def close(self):
        try:
            self.process.stop_well()
        finally:
            if self.namespace:
                self.namespace.close()


def quick(site, password=PASSWORD, **camera):
    """camerad.conf for tests: looks again soon, and is content with one bad look. The password of cameras without one of
    their own is `password`. Sections by name: camera={...}, alert={...}."""
    (site.secrets / "cameras").write_text(password)
    site.write_conf(
        "camerad.conf",
        camera={
            **{"interval": "5s", "retry": "2s", "play": "10min", "picture": "0s", "user": USER, "credential": "cameras"},
            **{"connect_ms": 1000, "answer_ms": 1000, "rtp_ms": 2000, "ping": "no"},
            **camera.pop("camera", {}),
        },
        alert={
            **{"confirm": "0s", "confirm_checks": 1, "recover": "0s", "hold": "2s", "settle": "5s"},
            **camera.pop("alert", {}),
        },
        **camera,
    )


class Ported(thon.Process):
    """It prints its port when it is ready."""

    def __init__(self, argv, name):
        self.port = None
        self.told = threading.Event()
        super().__init__(argv, name=name, stdout=True)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self.told.wait(30 * thon.SLOW)
        if self.port is None:
            self.kill()
            raise AssertionError(f"{name} did not begin: {self.log()}")

    def _listen(self):
        for line in io.TextIOWrapper(self.child.stdout, "utf-8"):
            self.port = self.port or int(line)
            self.told.set()
        self.told.set()


class FarmProcess(Ported):
    """Its standard error must stay silent."""

    def __init__(self, argv):
        super().__init__(argv, "fake-cameras")

    def stop_well(self):
        code = self.stop()
        self.listener.join(5)
        assert code == 0 and not self.lines, f"fake-cameras ended with {code}:\n{self.log()}"


class RealServer(Ported):
    """gst-rtsp-server (rtsp_server.py); what it does is in its log: `connect`, `setup /1`, `teardown /1`, `gone`."""

    def __init__(self, **options):
        options = [x for k, v in options.items() for x in (f"--{k}", v)]
        super().__init__(["/usr/bin/python3", Path(__file__).with_name("rtsp_server.py"), *options], "rtsp_server")

    def url(self, stream=1):
        return f"rtsp://127.0.0.1:{self.port}/{stream}"

    def did(self, what):
        return [line for line in self.lines if line.split()[0] == what]

    def left(self):
        """(sessions, clients) that it has now."""
        since = self.mark()
        self.signal(signal.SIGUSR1)
        words = self.wait_log(r"^sessions \d+ clients \d+$", since=since).split()
        return int(words[1]), int(words[3])

    def wait_left(self, sessions=0, clients=0, timeout=10):
        """Until it has so many; a client that hung up is noticed a moment later."""
        deadline = thon.Deadline(timeout)
        while (left := self.left()) != (sessions, clients):
            assert not deadline.passed(), f"{left[0]} sessions and {left[1]} clients are left:\n{self.log()}"


@contextlib.contextmanager
def network_of_ones_own():
    """This thread, and all that it starts, in an empty network with a loopback, where everybody may ping."""
    with open("/proc/thread-self/ns/net") as before:
        assert thon.LIBC.unshare(CLONE_NEWNET) == 0
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=30)
            Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647")
            yield
        finally:
            assert thon.LIBC.setns(before.fileno(), CLONE_NEWNET) == 0


class Namespace:
    """A network namespace behind one cable: 10.N.0.0/16 is all there, and what the farm swallows is lost as on a cut wire."""

    def __init__(self, number):
        self.name = f"thon-{os.getpid()}-{number}"
        self.cable = f"tf{os.getpid() % 100000}-{number}"
        self._sweep()
        self._ip("netns", "add", self.name)
        try:
            self._ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            self._ip("addr", "add", f"10.{number}.255.1/30", "dev", self.cable)
            self._ip("link", "set", self.cable, "up")
            inside = ("netns", "exec", self.name, "ip")
            self._ip(*inside, "link", "set", "lo", "up")
            self._ip(*inside, "addr", "add", f"10.{number}.255.2/30", "dev", "eth0")
            self._ip(*inside, "link", "set", "eth0", "up")
            self._ip(*inside, "route", "add", "local", f"10.{number}.0.0/17", "dev", "lo")
            self._ip("route", "add", f"10.{number}.0.0/17", "via", f"10.{number}.255.2")
        except AssertionError:
            self.close()
            raise

    @staticmethod
    def _sweep():
        """Those of a test run that was killed."""
        for left in Path("/run/netns").glob("thon-*-*"):
            owner = left.name.split("-")[1]
            if owner.isdigit() and not Path("/proc", owner).exists():
                subprocess.run(["ip", "netns", "del", left.name], capture_output=True, timeout=30, check=False)

    @staticmethod
    def _ip(*argv):
        done = subprocess.run(["ip", *argv], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, f"ip {' '.join(argv)}: {done.stderr}"

    def inside(self, argv):
        return ["ip", "netns", "exec", self.name, *argv]

    @contextlib.contextmanager
    def entered(self):
        """This thread makes its sockets there."""
        with open("/proc/thread-self/ns/net") as here, open(f"/run/netns/{self.name}") as there:
            assert thon.LIBC.setns(there.fileno(), CLONE_NEWNET) == 0
            try:
                yield
            finally:
                assert thon.LIBC.setns(here.fileno(), CLONE_NEWNET) == 0

    def close(self):
        subprocess.run(["ip", "link", "del", self.cable], capture_output=True, timeout=30, check=False)
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, timeout=30, check=False)


def may_make_namespaces():
    """Root may, unless a container forbids it."""
    try:
        Namespace(random.randrange(1, 20)).close()
        return True
    except (AssertionError, FileNotFoundError):
        return False


@pytest.fixture
def own_network():
    """The test, its daemons and its broker in a network of their own, for namespaces of farms and for ping. Before all other
    fixtures."""
    if os.getuid() != 0 or not shutil.which("ip") or not may_make_namespaces():
        pytest.skip("wants root, and namespaces")
    with network_of_ones_own():
        yield


@pytest.fixture
def make_farm(tmp_path):
    """make_farm(cameras=, switches=, ...): a farm more; see Farm."""
    farms = []

    def make(**shape):
        farms.append(Farm(tmp_path, **shape))
        return farms[-1]

    yield make
    for farm in farms:
        farm.close()


@pytest.fixture
def farm(make_farm):
    """Three cameras, c1 to c3."""
    return make_farm(cameras=3)


@pytest.fixture
def make_real():
    """make_real(streams=, login=, codec=): a real server more."""
    servers = []

    def make(**options):
        servers.append(RealServer(**options))
        return servers[-1]

    yield make
    for server in servers:
        server.kill()
