"""Programs of Debian that do some of the relay's work, measured in the same run for the part that they do. Each runs from a
configuration and in a directory of its own, and never as a service of the machine. One that is not installed is left out,
and the table says so.

None of them does all of it. postfix is durable, and knows no outcome "unknown"; alertmanager keeps nothing on the disk
between two snapshots, and no record of who got what; apprise has no queue at all, its caller is the queue."""

import contextlib
import dataclasses
import functools
import http.client
import json
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import relay as relay_of
import thon
from figures import median
from town import CROWD, Meter, arrived, quiet

RUNS = 3
KILLS = 3
SBIN = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}


HOW = (
    f"Beside, each with {CROWD} recipients on the same machine: postfix from smtp-source (20 sessions, one recipient a message) "
    "to smtp-sink, master and all its processes counted (PSS is the fair one), which is durable and fsyncs too; alertmanager, "
    "every alert a group of its own, group_wait 0, to the same fake, which writes nothing down and keeps no record of who got "
    "what; apprise, its library in a loop to the same fake, one after the other, without a queue (n=1, the others the median "
    f"of n={RUNS})"
)
HOW_KILLED = (
    f"Beside, killed once in a run (worst of n={KILLS} runs; apprise n=1): postfix with all its processes at once, after it had "
    "accepted everything, lost or doubled when its queue is empty again; alertmanager: lost while the client is silent, doubled "
    "when it sends all again, as it must; apprise: lost when the loop is not begun again, doubled when it is"
)


@dataclasses.dataclass
class Work:
    """What a peer did; None: it does not do that, or is not here."""

    accepts: float | None = None  # a second, each on the disk
    accept_s: float | None = None  # of all at once
    deliveries: float | None = None  # a second
    processor: float | None = None  # seconds for 10,000
    pss: float | None = None  # MB
    rss: float | None = None
    lost: int | None = None  # of a crowd, after one kill
    doubled: int | None = None


class Peers:
    """Each is measured once, when it is first asked for."""

    def __init__(self, work, seed):
        self.work = Path(work)
        self.dice = random.Random(seed)
        self.absent = []

    def of(self, field):
        """That of each who has it, by name; the one closest to the relay first."""
        all_of_them = {"postfix": self.postfix, "alertmanager": self.alertmanager, "apprise": self.apprise}
        return {name: getattr(work, field) for name, work in all_of_them.items() if getattr(work, field) is not None}

    def _here(self, name, *programs, root=False):
        missing = [p for p in programs if not shutil.which(p, path=SBIN["PATH"])]
        if missing:
            self.absent.append(f"{name} is not installed")
        elif root and os.getuid() != 0:
            self.absent.append(f"{name} wants root")
        else:
            print(f"  beside: {name}", file=sys.stderr, flush=True)
            return True
        return False

    # ---- postfix ----

    @functools.cached_property
    def postfix(self):
        if not self._here("postfix", "postfix", "smtp-source", "smtp-sink", root=True):
            return Work()
        with contextlib.closing(Postfix()) as mail:
            mail.start("defer_transports = smtp")
            accepts = CROWD / mail.submit()
            mail.stop()
        rates, processor, pss, rss, lost, doubled = [], [], [], [], [], []
        for _ in range(RUNS):
            with contextlib.closing(Postfix()) as mail:
                meter = mail.start()
                began = time.monotonic()
                source = mail.submit(wait=False)
                mail.arrive(CROWD, meter)
                rates.append(CROWD / (time.monotonic() - began))
                source.wait(60)
                processor.append(meter.processor() * 1e4 / CROWD)
                pss.append(meter.pss)
                rss.append(meter.rss)
        for _ in range(KILLS):
            with contextlib.closing(Postfix()) as mail:
                mail.start("defer_transports = smtp")
                mail.submit()  # the whole crowd is accepted before the kill
                mail.stop()
                mail.start()
                mail.flush()
                mail.arrive(self.dice.randrange(1, CROWD))
                mail.kill()
                mail.start()
                mail.flush()
                got = mail.settled()
                lost.append(CROWD - len(got))
                doubled.append(sum(n - 1 for n in got.values()))
        return Work(
            accepts=accepts,
            deliveries=median(rates),
            processor=median(processor),
            pss=max(pss),
            rss=max(rss),
            lost=max(lost),
            doubled=max(doubled),
        )

    # ---- alertmanager ----

    @functools.cached_property
    def alertmanager(self):
        if not self._here("alertmanager", "prometheus-alertmanager"):
            return Work()
        accept, rates, processor, pss, rss, lost, doubled = [], [], [], [], [], [], []
        for _ in range(RUNS):
            with contextlib.closing(Alertmanager(self.work)) as alerts:
                meter = alerts.start()
                began = time.monotonic()
                accept.append(alerts.submit())
                arrived(alerts.fakes, CROWD, 120, meter)
                rates.append(CROWD / (time.monotonic() - began))
                processor.append(meter.processor() * 1e4 / CROWD)
                pss.append(meter.pss)
                rss.append(meter.rss)
        for _ in range(KILLS):
            with contextlib.closing(Alertmanager(self.work)) as alerts:
                alerts.start()
                alerts.submit()
                arrived(alerts.fakes, self.dice.randrange(1, CROWD), 120)
                alerts.kill()
                alerts.start()
                quiet(alerts.fakes, 3)
                lost.append(CROWD - len(alerts.got()))
                alerts.submit()  # as a client does that cannot know
                quiet(alerts.fakes, 3)
                doubled.append(sum(n - 1 for n in alerts.got().values()))
        return Work(
            accept_s=median(accept),
            deliveries=median(rates),
            processor=median(processor),
            pss=max(pss),
            rss=max(rss),
            lost=max(lost),
            doubled=max(doubled),
        )

    # ---- apprise ----

    @functools.cached_property
    def apprise(self):
        if not self._here("apprise", "apprise"):
            return Work()
        with contextlib.closing(Apprise(self.work)) as script:
            began = time.monotonic()
            meter = script.start()
            arrived(script.fakes, CROWD, 300, meter)
            rate = CROWD / (time.monotonic() - began)
            processor = meter.processor() * 1e4 / CROWD
        with contextlib.closing(Apprise(self.work)) as script:
            script.start()
            arrived(script.fakes, self.dice.randrange(1, CROWD), 300)
            script.kill()
            lost = CROWD - len(script.got())
            script.start()  # as a caller does that cannot know
            arrived(script.fakes, CROWD - lost + CROWD, 300)
            doubled = sum(n - 1 for n in script.got().values())
        return Work(deliveries=rate, processor=processor, pss=meter.pss, rss=meter.rss, lost=lost, doubled=doubled)


# ---- each of them, in a directory of its own ----


class Postfix:
    """A queue and a configuration of its own. On the disk, where its users may go: below /var/tmp."""

    SERVICES = """127.0.0.1:{port} inet n - n - 100 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

    def __init__(self):
        self.dir = Path(tempfile.mkdtemp(prefix="thon-bench.", dir="/var/tmp"))
        self.dir.chmod(0o755)
        self.conf = self.dir / "conf"
        user = pwd.getpwnam("postfix").pw_uid
        for name in ("conf", "queue", "data", "sink"):
            (self.dir / name).mkdir()
            if name in ("data", "sink"):
                os.chown(self.dir / name, user, -1)
        self.port, self.sink_port = thon.free_port(), thon.free_port()
        (self.conf / "master.cf").write_text(self.SERVICES.format(port=self.port))
        self.mbox = self.dir / "sink/mbox"
        sink = ["smtp-sink", "-u", "postfix", "-D", self.mbox, f"127.0.0.1:{self.sink_port}", "1000"]
        self.process = None
        self.sink = thon.Process(sink, env=SBIN)

    def start(self, *settings):
        lines = [
            "compatibility_level = 3.6",
            f"queue_directory = {self.dir}/queue",
            f"data_directory = {self.dir}/data",
            f"maillog_file = {self.dir}/log",
            "mail_owner = postfix",
            "setgid_group = postdrop",
            "inet_interfaces = loopback-only",
            "inet_protocols = ipv4",
            "mynetworks = 127.0.0.0/8",
            "myhostname = bench.invalid",
            "mydestination =",
            "alias_maps =",
            "alias_database =",
            "local_recipient_maps =",
            f"relayhost = [127.0.0.1]:{self.sink_port}",
            "smtp_tls_security_level = none",
            "smtpd_tls_security_level = none",
            # What would slow it down on purpose, which is not what is measured.
            "in_flow_delay = 0",
            "smtpd_client_connection_count_limit = 0",
            *settings,
        ]
        (self.conf / "main.cf").write_text("\n".join(lines) + "\n")
        self.process = thon.Process(["postfix", "-c", self.conf, "start-fg"], env=SBIN)
        self._listening()
        return Meter(self.process.pid)

    def _listening(self):
        deadline = thon.Deadline(60)
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as s:
                if s.recv(4) == b"220 ":
                    return
            if deadline.passed():
                log = (self.dir / "log").read_text() if (self.dir / "log").exists() else ""
                raise SystemExit(f"postfix does not listen: {self.process.log()}\n{log[-2000:]}")
            time.sleep(0.02)

    def submit(self, wait=True):
        """A message to each of the crowd, by 20 sessions; seconds."""
        options = ["-d", "-s", "20", "-m", CROWD, "-l", "200", "-N", "-f", "bench@bench.invalid", "-t", "h@bench.invalid"]
        began = time.monotonic()
        source = thon.Process(["smtp-source", *options, f"127.0.0.1:{self.port}"], env=SBIN)
        if not wait:
            return source
        if source.wait(120) != 0:
            raise SystemExit(f"smtp-source: {source.log()}")
        return time.monotonic() - began

    def flush(self):
        subprocess.run(["postqueue", "-c", self.conf, "-f"], env=SBIN, check=True, timeout=30)

    def got(self):
        seen = {}
        if self.mbox.exists():
            for who in re.findall(rb"^X-Rcpt-Args: <(\d+)h@", self.mbox.read_bytes(), re.MULTILINE):
                seen[who] = seen.get(who, 0) + 1
        return seen

    def arrive(self, count, meter=None):
        deadline = thon.Deadline(120)
        while sum(self.got().values()) < count:
            if meter:
                meter.look()
            if deadline.passed():
                raise SystemExit(f"postfix delivered {sum(self.got().values())} of {count}")
            time.sleep(0.05)

    def settled(self):
        """Until its queue is empty; what arrived."""
        deadline = thon.Deadline(120)
        queues = [self.dir / "queue" / name for name in ("incoming", "active", "deferred", "maildrop")]
        while any(p.is_file() for q in queues for p in q.rglob("*")):
            if deadline.passed():
                raise SystemExit("the queue of postfix does not become empty")
            time.sleep(0.1)
        return self.got()

    def stop(self):
        subprocess.run(["postfix", "-c", self.conf, "stop"], env=SBIN, capture_output=True, timeout=60, check=False)
        self.process.wait(30)

    def kill(self):
        """All of it at one blow, as a power cut does."""
        pids = Meter(self.process.pid).pids()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self.process.kill()

    def close(self):
        if self.process and self.process.running():
            self.kill()
        self.sink.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class OnFakes:
    """A peer that publishes to the fake ntfy, as thon-relayd does."""

    def __init__(self, work):
        self.dir = Path(tempfile.mkdtemp(prefix="peer.", dir=work))
        self.fakes = relay_of.Fakes(self.dir, clock=None)
        self.process = None

    def kill(self):
        self.process.kill()

    def close(self):
        if self.process:
            self.process.kill()
        self.fakes.close()
        shutil.rmtree(self.dir, ignore_errors=True)


class Alertmanager(OnFakes):
    """Every alert a group of its own, since each household is to get its own message; told at once."""

    def start(self):
        self.port = thon.free_port()
        conf = self.dir / "alertmanager.yml"
        conf.write_text(
            "global: {resolve_timeout: 1h}\n"
            "route: {receiver: fake, group_by: ['...'], group_wait: 0s, group_interval: 5m, repeat_interval: 4h}\n"
            "receivers:\n- name: fake\n  webhook_configs:\n"
            f"  - {{url: 'http://127.0.0.1:{self.fakes.port}/ntfy/alerts', send_resolved: false}}\n"
        )
        argv = ["prometheus-alertmanager", f"--config.file={conf}", f"--storage.path={self.dir}/data", "--log.level=error"]
        argv += [f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]
        self.process = thon.Process(argv, env=SBIN)
        deadline = thon.Deadline(30)
        while self._call("GET", "/-/ready") != 200:
            if deadline.passed():
                raise SystemExit(f"alertmanager is not ready: {self.process.log()}")
            time.sleep(0.05)
        return Meter(self.process.pid)

    def _call(self, method, path, body=None):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            try:
                connection.request(method, path, body, {"Content-Type": "application/json"})
                return connection.getresponse().status
            except OSError:
                return None

    def submit(self):
        """The whole crowd in one request; seconds."""
        alerts = [{"labels": {"alertname": "tin", "household": f"h{n}"}, "annotations": {"text": "Tin"}} for n in range(CROWD)]
        began = time.monotonic()
        if self._call("POST", "/api/v2/alerts", json.dumps(alerts)) != 200:
            raise SystemExit("alertmanager refuses the alerts")
        return time.monotonic() - began

    def got(self):
        seen = {}
        for message in self.fakes.messages("ntfy"):
            for who in set(re.findall(r'"household":"(h\d+)"', message["text"])):
                seen[who] = seen.get(who, 0) + 1
        return seen


class Apprise(OnFakes):
    """The library in a loop, which is faster than a process of its command a message."""

    LOOP = """
import sys
import apprise
for n in range(int(sys.argv[2])):
    one = apprise.Apprise()
    one.add(f"ntfy://127.0.0.1:{sys.argv[1]}/h{n}")
    if not one.notify(body="Tin"):
        sys.exit(f"h{n} was refused")
"""

    def start(self):
        argv = ["/usr/bin/python3", "-c", self.LOOP, str(self.fakes.port), str(CROWD)]
        self.process = thon.Process(argv, env=SBIN, name="apprise")
        return Meter(self.process.pid)

    def got(self):
        seen = {}
        for message in self.fakes.messages("ntfy"):
            seen[message["address"]] = seen.get(message["address"], 0) + 1
        return seen
