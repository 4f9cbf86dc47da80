"""What tests of whole programs stand on: a private broker, a site of its own, daemons, thonctl, simulated lines.

Everything lives in a directory of the test, on free ports, and ends with the test. Nothing sleeps: every wait is for an
event, with a deadline, and says what it saw instead when that passes.
"""

import contextlib
import ctypes
import errno
import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
import uuid
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("THON_BUILD", "build/release")).resolve()
# Everything is slower under a sanitizer or valgrind; what is waited for comes all the same.
SLOW = float(os.environ.get("THON_TEST_SLOW", "1"))

LIBC = ctypes.CDLL(None, use_errno=True)


class Deadline:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds * SLOW

    def left(self):
        return max(0.0, self.end - time.monotonic())

    def passed(self):
        return time.monotonic() >= self.end


def _die_with_parent():
    pr_set_pdeathsig = 1
    LIBC.prctl(pr_set_pdeathsig, signal.SIGKILL)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """A program whose standard error is read line by line into `lines`."""

    def __init__(self, argv, env=None, name=None, stdout=False):
        self.name = name or Path(argv[0]).name
        self.lines = []
        self.ended = False  # its standard error was closed
        self.changed = threading.Condition()
        self.child = subprocess.Popen(
            [str(a) for a in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout else subprocess.DEVNULL,  # who wants it reads it
            stderr=subprocess.PIPE,
            env=env,
            preexec_fn=_die_with_parent,
        )
        self.pid = self.child.pid
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.child.stderr:
            with self.changed:
                self.lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def log(self):
        return "\n".join(self.lines)

    def mark(self):
        """A place in the log, for wait_log(since=)."""
        return len(self.lines)

    def wait_log(self, pattern, timeout=10, since=0):
        """The first line (from `since` on) in which the regular expression is found."""
        deadline = Deadline(timeout)
        at = since
        with self.changed:
            while True:
                for line in self.lines[at:]:
                    if re.search(pattern, line):
                        return line
                at = len(self.lines)
                if self.ended or deadline.passed():
                    raise AssertionError(
                        f"{self.name}: no line with {pattern!r} "
                        f"{'before it ended' if self.ended else f'within {timeout} s'}; its log:\n{self.log()}"
                    )
                self.changed.wait(deadline.left())

    def running(self):
        return self.child.poll() is None

    def wait(self, timeout=10):
        """Its exit status; negative is the number of a signal."""
        try:
            code = self.child.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout} s; its log:\n{self.log()}") from None
        self.reader.join(5)
        return code

    def signal(self, number):
        self.child.send_signal(number)

    def freeze(self):
        """Stopped when it returns."""
        self.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """As a power cut does it: SIGKILL. Idempotent."""
        if self.running():
            self.child.kill()
        self.child.wait()
        self.reader.join(5)

    def stop(self, timeout=10):
        """SIGTERM; its exit status."""
        if self.running():
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
        return self.wait(timeout)


# ---- the broker ----


class Broker:
    """The real mosquitto on a port of its own. `users` is {name: password}, None lets anybody in; `acl` is the text of
    an ACL file; `extra` is added to the configuration; a `persistent` one remembers over a restart."""

    host = "127.0.0.1"

    def __init__(self, directory, users=None, acl=None, extra="", persistent=False):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.users = users
        self.process = None
        lines = ["allow_anonymous " + ("true" if users is None else "false")]
        if os.getuid() == 0:
            lines.insert(0, "user root")
        if users is not None:
            passwords = self.dir / "passwords"
            passwords.touch(0o600)
            for name, password in users.items():
                subprocess.run(["mosquitto_passwd", "-b", passwords, name, password], check=True, timeout=30)
            lines.append(f"password_file {passwords}")
        if acl is not None:
            (self.dir / "acl").write_text(acl)
            (self.dir / "acl").chmod(0o600)
            lines.append(f"acl_file {self.dir / 'acl'}")
        lines += [f"persistence {str(persistent).lower()}", f"persistence_location {self.dir}/", "log_dest stderr", "log_type error", "log_type warning", "log_type notice"]
        self.settings = "\n".join(lines + ["log_type information", extra]) + "\n"
        for attempt in range(10):  # somebody else may take the port first
            self.port = free_port()
            try:
                self.start()
                return
            except AssertionError:
                if attempt == 9:
                    raise

    def start(self):
        conf = self.dir / "mosquitto.conf"
        # The settings of the listener follow it.
        conf.write_text(f"per_listener_settings false\nlistener {self.port} {self.host}\n{self.settings}")
        env = {"PATH": "/usr/sbin:/usr/local/sbin:/usr/bin:/bin"}
        program = next(
            (p for d in env["PATH"].split(":") if (p := Path(d) / "mosquitto").exists()), Path("mosquitto")
        )
        self.process = Process([program, "-c", conf], env=env, name="mosquitto")
        try:
            self.process.wait_log(r"mosquitto version .* running")
        except AssertionError:
            self.process.kill()
            raise

    def kill(self):
        self.process.kill()

    def restart(self):
        """On the same port, with nothing remembered."""
        self.kill()
        self.start()

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def close(self):
        if self.process:
            self.process.kill()


# ---- a client of it ----


class Message:
    def __init__(self, topic, payload, retained, properties):
        self.topic = topic
        self.payload = payload  # bytes
        self.retained = retained
        self.correlation = getattr(properties, "CorrelationData", None)
        self.reply_to = getattr(properties, "ResponseTopic", None)

    @property
    def text(self):
        return self.payload.decode("utf-8")

    @property
    def data(self):
        """The payload as JSON; None when it is none."""
        try:
            return json.loads(self.payload)
        except ValueError:
            return None

    def __repr__(self):
        return f"<{self.topic}{' (retained)' if self.retained else ''}: {self.payload[:300]!r}>"


class Mqtt:
    """An MQTT 5 client that sees everything below the root (and what watch() adds). Topics are below the root; one that
    begins with a slash is absolute, without the slash."""

    def __init__(self, broker, site="test", user=None, password=None, watch=("#",)):
        self.root = f"thon/1/{site}/"
        self.messages = []
        self.changed = threading.Condition()
        self.acknowledged = set()
        self.refusal = None
        self.connected = False
        self.reply_topic = f"{self.root}reply/test-{uuid.uuid4().hex}"
        options = {"client_id": "test-" + uuid.uuid4().hex, "protocol": paho.MQTTv5}
        if hasattr(paho, "CallbackAPIVersion"):  # paho 2
            self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, **options)
        else:
            self.client = paho.Client(**options)
        if user is not None:
            self.client.username_pw_set(user, password)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_subscribe = self._on_subscribe
        self.client.reconnect_delay_set(1, 2)
        self.client.connect(broker.host, broker.port, keepalive=60, clean_start=True)
        self.client.loop_start()
        self.filters = []
        self._until(lambda: self.connected or self.refusal, 10, "a connection")
        if self.refusal:
            self.close()
            raise PermissionError(self.refusal)
        for topic in watch:
            self.watch(topic)

    def _on_connect(self, client, userdata, flags, reason, properties):
        with self.changed:
            if str(reason) in ("Success", "0"):
                for topic in getattr(self, "filters", []):  # after a restart of the broker
                    client.subscribe(topic, qos=1)
                self.connected = True
            else:
                self.refusal = str(reason)
            self.changed.notify_all()

    def _on_message(self, client, userdata, m):
        with self.changed:
            self.messages.append(Message(self._below(m.topic), m.payload, bool(m.retain), m.properties))
            self.changed.notify_all()

    def _on_subscribe(self, client, userdata, mid, reasons, properties):
        with self.changed:
            self.acknowledged.add(mid)
            self.changed.notify_all()

    def _below(self, topic):
        return topic[len(self.root) :] if topic.startswith(self.root) else "/" + topic

    def _whole(self, topic):
        return topic[1:] if topic.startswith("/") else self.root + topic

    def _until(self, condition, timeout, what):
        deadline = Deadline(timeout)
        with self.changed:
            while not (result := condition()):
                if deadline.passed():
                    seen = "\n".join(map(repr, self.messages[-40:]))
                    raise AssertionError(f"no {what} within {timeout} s; the last messages:\n{seen}")
                self.changed.wait(deadline.left())
            return result

    def watch(self, topic):
        """Subscribed when it returns."""
        whole = self._whole(topic)
        self.filters.append(whole)
        _, mid = self.client.subscribe(whole, qos=1)
        self._until(lambda: mid in self.acknowledged, 10, f"answer to the subscription of {whole}")

    def mark(self):
        """A place in the messages, for wait_for(since=)."""
        with self.changed:
            return len(self.messages)

    def seen(self, topic, since=0):
        """The messages on a topic so far."""
        with self.changed:
            return [m for m in self.messages[since:] if m.topic == topic]

    def last(self, topic):
        seen = self.seen(topic)
        return seen[-1] if seen else None

    def wait_for(self, topic, predicate=None, timeout=10, since=0):
        """The first message on that topic (from `since` on, by default of all that were seen) of which
        predicate(document) is true; the document is the payload's JSON, or its text when it is none."""

        def found():
            for m in self.messages[since:]:
                if m.topic == topic and (
                    predicate is None or predicate(m.data if m.data is not None else m.payload.decode("utf-8", "replace"))
                ):
                    return m
            return None

        return self._until(found, timeout, f"matching message on {topic}")

    def wait_state(self, topic, predicate, timeout=10):
        """As wait_for(), but the newest message on the topic must match: for retained states."""

        def found():
            for m in reversed(self.messages):
                if m.topic == topic:
                    return m if m.data is not None and predicate(m.data) else None
            return None

        return self._until(found, timeout, f"matching state on {topic}")

    def publish(self, topic, payload=b"", retain=False, qos=1, timeout=10, properties=None):
        """Returns when the broker has taken it."""
        if isinstance(payload, (dict, list)):
            payload = json.dumps(payload, ensure_ascii=False)
        info = self.client.publish(self._whole(topic), payload, qos=qos, retain=retain, properties=properties)
        info.wait_for_publish(timeout * SLOW)
        assert info.is_published(), f"the broker did not take {topic} within {timeout} s"

    def request(self, topic, payload=b"", timeout=10):
        """Sends a command with a response topic; the answer's document. The answer bears our correlation, or it is
        none. A daemon is ready before it has reached the broker, and nobody keeps a command for it: an order to the
        lights waits until one says that it is online, which it does after it has subscribed."""
        if topic.startswith("light/"):
            self._until(self._lightd_online, timeout, "lightd online")
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = self.reply_topic
        properties.CorrelationData = correlation = uuid.uuid4().bytes
        since = self.mark()
        self.publish(topic, payload, timeout=timeout, properties=properties)
        reply = self._below(self.reply_topic)

        def found():
            for m in self.messages[since:]:
                if m.topic == reply and m.correlation == correlation:
                    return m
            return None

        answer = self._until(found, timeout, f"answer to {topic}")
        assert isinstance(answer.data, dict), f"the answer to {topic} is no JSON object: {answer!r}"
        return answer.data

    def _lightd_online(self):
        said = {m.topic: m.data for m in self.messages if m.topic.startswith("status/lightd")}
        return any(isinstance(doc, dict) and doc.get("state") == "online" for doc in said.values())

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


# ---- simulated lines ----


class Gpio:
    """Lines of simulated chips as files; see include/thon/gpio.h. Levels are those of the pin."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)

    def line(self, chip, line):
        return self.dir / chip.removeprefix("sim:") / str(line)

    def value(self, chip, line):
        """0 or 1; None while nobody has driven the line."""
        try:
            text = (self.line(chip, line) / "value").read_text()
        except FileNotFoundError:
            return None
        return int(text) if text.strip() else None

    def pull(self, chip, line, up):
        directory = self.line(chip, line)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "pull").write_text("pull-up" if up else "pull-down")

    def pulses(self, chip, line, count, timeout=10):
        """So many pulses; counted when it returns."""
        directory = self.line(chip, line)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "pulses").write_text(f"{count}\n")
        self._until(lambda: not (directory / "pulses").exists(), directory, timeout, f"counting of {chip} {line}")

    def wait(self, chip, line, value, timeout=10):
        """Until the pin has that level."""
        self._until(
            lambda: self.value(chip, line) == value, self.line(chip, line), timeout, f"level {value} on {chip} {line}"
        )

    def _until(self, condition, directory, timeout, what):
        modify, create, delete, moved_to = 0x2, 0x100, 0x200, 0x80
        deadline = Deadline(timeout)
        fd = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        # A user has 128 of them on most systems, and other tests run beside this one: without one it looks now and then.
        none_left = fd < 0 and ctypes.get_errno() == errno.EMFILE
        if fd < 0 and not none_left:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        try:
            while True:
                # What does not exist yet is seen to appear in the directory above.
                for path in (self.dir, directory.parent, directory) if not none_left else ():
                    LIBC.inotify_add_watch(fd, os.fsencode(path), modify | create | delete | moved_to)
                if condition():
                    return
                if deadline.passed():
                    raise AssertionError(f"no {what} within {timeout} s; the lines are {self.dump()}")
                select.select([] if none_left else [fd], [], [], min(deadline.left(), 0.05 if none_left else 60))
                with contextlib.suppress(BlockingIOError):
                    while not none_left and os.read(fd, 65536):
                        pass
        finally:
            if fd >= 0:
                os.close(fd)

    def dump(self):
        return {str(p.parent.relative_to(self.dir)): p.read_text().strip() for p in self.dir.glob("*/*/value")}


# ---- daemons ----


class Daemon(Process):
    """A daemon of ours with its notifications to the service manager."""

    def __init__(self, site, name, *args, env=None):
        self.notifications = []  # dictionaries, one a datagram
        # Abstract: the path of a test's directory may be too long for a socket.
        address = "@thon-test-" + uuid.uuid4().hex
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.socket.bind("\0" + address[1:])
        self.was_killed = False
        argv = [BUILD / f"thon-{name}", "--config-dir", site.config, "--state-dir", site.state, *args]
        assert argv[0].exists(), f"{argv[0]} is not built"
        super().__init__(argv, env={**site.env(), "NOTIFY_SOCKET": address, **(env or {})}, name=f"thon-{name}")
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        while True:
            try:
                datagram = self.socket.recv(65536)
            except OSError:
                return
            if not datagram:  # close_notify()
                return
            fields = dict(line.split("=", 1) for line in datagram.decode("utf-8", "replace").splitlines() if "=" in line)
            with self.changed:
                self.notifications.append(fields)
                self.changed.notify_all()

    def wait_notify(self, predicate, timeout=10, since=0, what="notification"):
        deadline = Deadline(timeout)
        with self.changed:
            while True:
                for fields in self.notifications[since:]:
                    if predicate(fields):
                        return fields
                if self.ended or deadline.passed():
                    raise AssertionError(
                        f"{self.name}: no {what} {'before it ended' if self.ended else f'within {timeout} s'}; "
                        f"its notifications: {self.notifications}; its log:\n{self.log()}"
                    )
                self.changed.wait(deadline.left())

    def wait_ready(self, timeout=10):
        self.wait_notify(lambda n: n.get("READY") == "1", timeout, what="READY=1")
        return self

    def status(self):
        """The last STATUS= text."""
        with self.changed:
            return next((n["STATUS"] for n in reversed(self.notifications) if "STATUS" in n), None)

    def wait_status(self, pattern, timeout=10, since=0):
        return self.wait_notify(
            lambda n: re.search(pattern, n.get("STATUS", "")), timeout, since, f"STATUS with {pattern!r}"
        )["STATUS"]

    def reload(self, timeout=10):
        """SIGHUP; returns when the daemon is ready again, with the new configuration or with the old one."""
        since = len(self.notifications)
        self.signal(signal.SIGHUP)
        self.wait_notify(lambda n: n.get("RELOADING") == "1", timeout, since, "RELOADING=1")
        self.wait_notify(lambda n: n.get("READY") == "1", timeout, since, "READY=1 after the reload")

    def kill(self):
        self.was_killed = True
        super().kill()

    def close_notify(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.listener.join(5)
        self.socket.close()


# ---- a site ----


class Result:
    """What thonctl did: exit status, the document it printed (None: nothing), and its standard error."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err
        self.data = json.loads(out) if out.strip() else None

    def __repr__(self):
        return f"<exit {self.code}: {self.out[:2000]!r} {self.err[:2000]!r}>"


class Site:
    """Directories of a commune: configuration, state with a store, simulated lines."""

    def __init__(self, directory, broker_port, site_id="test", lat=19.8067, lon=105.7766, tz="Asia/Ho_Chi_Minh"):
        self.dir = Path(directory)
        self.id = site_id
        self.config = self.dir / "config"
        self.state = self.dir / "state"
        self.secrets = self.dir / "secrets"
        for d in (self.config, self.state, self.secrets):
            d.mkdir(parents=True)
        self.gpio = Gpio(self.dir / "gpio")
        self.broker_port = broker_port
        self.daemons = []
        self.write_conf(
            "thon.conf",
            site={"id": site_id, "name": "Thôn thử", "lat": lat, "lon": lon, "tz": tz},
            broker={"host": "127.0.0.1", "port": broker_port},
        )
        self.write_conf("lightd.conf", light={"gpio_sim_dir": self.gpio.dir})

    def write_conf(self, name, **sections):
        """Replaces the sections named in a configuration file, whole; the others stay. A value None leaves a key out."""
        path = self.config / name
        known = self._read_conf(path) if path.exists() else {}
        known.update(sections)
        text = ""
        for section, keys in known.items():
            text += f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items() if v is not None) + "\n"
        path.write_text(text, encoding="utf-8")

    @staticmethod
    def _read_conf(path):
        sections, now = {}, None
        for line in path.read_text(encoding="utf-8").splitlines():
            if m := re.fullmatch(r"\[(.*)\]", line.strip()):
                now = sections.setdefault(m[1], {})
            elif now is not None and "=" in line and not line.lstrip().startswith(("#", ";")):
                key, value = line.split("=", 1)
                now[key.strip()] = value.strip()
        return sections

    def env(self):
        keep = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH", "TZDIR")
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.dir),
            "THON_CONFIG_DIR": str(self.config),
            "THON_STATE_DIR": str(self.state),
            "CREDENTIALS_DIRECTORY": str(self.secrets),
            **{k: os.environ[k] for k in keep if k in os.environ},
        }

    def ctl(self, *args, stdin=None, timeout=60, env=None, json_output=True):
        """thonctl --json; with json_output False its text in .out."""
        argv = [BUILD / "thonctl", *(["--json"] if json_output else []), *map(str, args)]
        done = subprocess.run(
            argv,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.env(), **(env or {})},
            timeout=timeout * SLOW,
            encoding="utf-8",
            preexec_fn=_die_with_parent,
        )
        if not json_output:
            result = Result(done.returncode, "", done.stderr)
            result.out = done.stdout
            return result
        return Result(done.returncode, done.stdout, done.stderr)

    def ok(self, *args, **kwargs):
        """As ctl(), which must succeed; the document."""
        result = self.ctl(*args, **kwargs)
        assert result.code == 0, f"thonctl {' '.join(map(str, args))}: {result!r}"
        return result.data

    def refused(self, *args, code=1, **kwargs):
        """As ctl(), which must fail with that exit status; its words on standard error."""
        result = self.ctl(*args, **kwargs)
        assert result.code == code, f"thonctl {' '.join(map(str, args))}: {result!r}"
        assert result.err.strip(), f"thonctl {' '.join(map(str, args))} failed without a word"
        return result.err

    def start(self, name, *args, env=None, ready=True, timeout=15):
        """A daemon, ready unless `ready` is False."""
        daemon = Daemon(self, name, *args, env=env)
        self.daemons.append(daemon)
        return daemon.wait_ready(timeout) if ready else daemon

    def close(self):
        """Ends the daemons. Those that still run must end well when asked to."""
        bad = []
        for daemon in reversed(self.daemons):
            if daemon.running():
                try:
                    code = daemon.stop()
                    if code != 0:
                        bad.append(f"{daemon.name} ended with {code} on SIGTERM")
                except AssertionError as e:
                    bad.append(str(e))
                    daemon.kill()
            elif not daemon.was_killed and daemon.child.returncode < 0:
                bad.append(f"{daemon.name} died of signal {-daemon.child.returncode}")
            daemon.close_notify()
            if any("Sanitizer" in line for line in daemon.lines):
                bad.append(f"{daemon.name}: a sanitizer spoke up")
            print(f"---- log of {daemon.name} ----\n{daemon.log()}")
        self.daemons.clear()
        assert not bad, "; ".join(bad)
