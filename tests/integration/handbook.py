"""The handbook (docs/vi) as a test reads it: its chapters, the blocks of commands with what they are said to print, and a commune in
which they can be run. The notation:

* a fenced block of `sh` is run, whole lines, in the order of the book, by one shell command each; a backslash at the end and a here
  document make lines one command. It must succeed.
* a block of `text` that follows at once is what the commands before it print, all of them together. Runs of blanks are one; … stands
  for anything, alone on a line also for any lines. Commands that only look are asked again until it is so.
* `<!-- chạy: lỗi -->` before a block of sh: its last command is refused. `<!-- chạy: nhập WORDS | WORDS -->`: that is
  typed, each when its last command asks.
  `<!-- chạy: tệp NAME -->` before a block of any other kind: it is written to that file; `<!-- chạy: thử relayd.conf -->`: its daemon
  finds it valid as that file. The chip of a Raspberry Pi is a simulated one; /etc/thon, /var/lib/thon and
  /usr/share/doc/thon are those of the commune.
* what belongs to the machine (systemctl, apt, journalctl ...) goes to handbook_tools.py, which checks units, verbs and options. What
  systemctl is told about our daemons is done."""

import csv
import io
import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import uuid
from pathlib import Path

import handbook_tools
import relay as relay_of
import thon

BOOK = thon.ROOT / "docs/vi"
COMMUNE = thon.ROOT / "demo/commune"
BOARD, PI = "pinctrl-bcm2711", "sim:pi"
MONDAY = "2026-11-23T09:00:00+07:00"
DAEMONS = ("lightd", "relayd", "camerad", "announced")
NOT_YET = "there is no circuit|no device .* is watched|the store is away"  # away: locked for longer than a daemon waits
LOOKS = {"status", "list", "show", "coverage", "visits", "log", "history", "incidents", "plan", "verify"}


def chapters():
    return sorted(BOOK.glob("[0-9]*.md"))


class Block:
    def __init__(self, path, line, kind, text, order):
        self.where, self.kind, self.text, self.order, self.printed = f"{path.name}:{line}", kind, text, order, None

    def commands(self):
        """Single commands of a block of sh."""
        lines, held, end = [], [], None
        for line in self.text.splitlines():
            if end is not None:
                held.append(line)
                if line == end:
                    lines.append("\n".join(held))
                    held, end = [], None
                continue
            if not held and (not line.strip() or line.startswith("#")):
                continue
            held.append(line)
            if here := re.search(r"<<'?([A-Z]+)'?", line):
                end = here[1]
            elif not line.endswith("\\"):
                lines.append("\n".join(held))
                held = []
        assert not held, f"{self.where}: a command without its end"
        return lines


def blocks(path):
    found, lines, order, after = [], path.read_text(encoding="utf-8").splitlines(), None, None
    at = iter(enumerate(lines, 1))
    for number, line in at:
        if told := re.fullmatch(r"<!-- chạy: (.*) -->", line):
            order = told[1]
        elif fence := re.fullmatch(r"```(\w*)", line):
            body = []
            for _, inner in at:
                if inner == "```":
                    break
                body.append(inner)
            else:
                raise AssertionError(f"{path.name}:{number}: the block has no end")
            assert fence[1], f"{path.name}:{number}: a block without its kind"
            block = Block(path, number, fence[1], "\n".join(body), order)
            if block.kind == "text" and order is None:
                assert after == number - 1, f"{block.where}: what prints this?"
                found[-1].printed = block.text
            else:
                found.append(block)
            order, after = None, number + len(body) + 1 if block.kind == "sh" else None
        elif line.strip():
            assert order is None, f"{path.name}:{number}: “{order}” stands before no block"
    return found


def flat(text):
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines()]
    return "\n".join(lines).strip()


def pattern(printed):
    """What … leaves open."""
    lines = ("(?:[^\n]*\n)*" if line == "…" else re.escape(line).replace("…", "[^\n]*") + "\n" for line in flat(printed).split("\n"))
    return re.compile("".join(lines))


class Shell:
    """A machine with the programs of Thôn at which one types; `site` is its configuration and state."""

    def __init__(self, site):
        self.site = site
        self.home = site.dir / "home"
        self.bin, self.share = self.home / "bin", self.home / "share"
        there = {"/etc/thon": site.config, "/var/lib/thon": site.state, "/usr/share/doc/thon": self.share, "/mnt": self.home / "stick", BOARD: PI}
        self.places = [(theirs, str(ours)) for theirs, ours in there.items()]
        self.bin.mkdir(parents=True)
        self._tools()
        self.orders = "thon-handbook-" + uuid.uuid4().hex
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.manager.bind("\0" + self.orders)
        self.manager.listen()

    def _tools(self):
        self._tool("sudo", 'exec "$@"')
        self._tool("thonctl", f'exec {thon.BUILD}/thonctl "$@"')
        for name in DAEMONS:
            self._tool(f"thon-{name}", f'exec {thon.BUILD}/thon-{name} "$@"')
        for name in handbook_tools.TOOLS:
            (self.bin / name).symlink_to(handbook_tools.__file__)
        self.share.mkdir()
        (self.share / "examples").symlink_to(thon.ROOT / "demo")
        shutil.copy(thon.ROOT / "tests/data/cap/lu.xml", self.home / "canh-bao.xml")

    def _tool(self, name, line):
        (self.bin / name).write_text(f"#!/bin/sh\n{line}\n")
        (self.bin / name).chmod(0o755)

    def env(self):
        return {**self.site.env(), "PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.home), "USER": "nga", "PYTHONDONTWRITEBYTECODE": "1",
                "HANDBOOK_ORDERS": self.orders}  # fmt: skip

    def here(self, text):
        for there, ours in self.places:
            text = text.replace(there, ours)
        return text

    def back(self, text):
        for there, ours in self.places:
            text = text.replace(ours, there)
        return text

    def type(self, command, answers=()):
        """Exit status and what came on the screen. Answers are typed at a terminal, each when a question stands there."""
        argv, env = ["/bin/bash", "-c", self.here(command)], self.env()
        if answers:
            pid, screen = pty.fork()
            if pid == 0:
                os.chdir(self.home)
                os.execve(argv[0], argv, env)
        else:
            child = subprocess.Popen(argv, cwd=self.home, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            screen = child.stdout.fileno()
        out, waiting, deadline = b"", list(answers), thon.Deadline(60)
        while (ready := select.select([screen, self.manager], [], [], deadline.left())[0]):
            if self.manager in ready:
                self._manage()
            if screen in ready:
                try:
                    more = os.read(screen, 65536)
                except OSError:  # the terminal is gone
                    more = b""
                if not more:
                    break
                out += more
                if waiting and re.search(rb"[:?\]>] ?$", out):
                    os.write(screen, waiting.pop(0).encode() + b"\n")
        else:
            raise AssertionError(f"{command} does not end:\n{out.decode()}")
        if answers:
            os.close(screen)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        else:
            code = child.wait()
            child.stdout.close()
        assert not waiting, f"{command} did not ask for {waiting}:\n{out.decode()}"
        return code, self.back(out.decode().replace("\r", ""))

    def follow(self, block):
        """One block of the book; an AssertionError names the place."""
        if block.kind != "sh":
            kind, _, name = (block.order or "").partition(" ")
            text = block.text.replace(BOARD, PI) + "\n"
            if kind == "tệp":
                (self.home / name).write_text(text, encoding="utf-8")
            elif kind == "thử":
                self._try(block.where, name, text)
            else:
                assert not kind, f"{block.where}: “{block.order}” is no order"
            return
        kind, _, words = (block.order or "").partition(" ")
        assert kind in ("", "lỗi", "nhập"), f"{block.where}: “{block.order}” is no order"
        commands, deadline = block.commands(), thon.Deadline(20)
        answers = words.replace(BOARD, PI).split(" | ") if kind == "nhập" else ()
        while True:
            screen, refused = "", None
            for last, command in ((c is commands[-1], c) for c in commands):
                code, out = self.type(command, answers if last else ())
                # A daemon hears of what was just declared a moment later.
                while code != 0 and re.search(NOT_YET, out) and not deadline.passed():
                    self.wait()
                    code, out = self.type(command)
                screen += out
                if (code == 0) == (kind == "lỗi" and last):
                    refused = f"{command}\nended with {code}:\n{out}"
                    break
            if not refused and (block.printed is None or pattern(block.printed).fullmatch(flat(screen) + "\n")):
                return
            if not self._looks(commands) or code == 2 or deadline.passed():  # 2: usage
                raise AssertionError(f"{block.where}: " + (refused or f"the book says\n{block.printed}\nand this came:\n{screen}"))
            self.wait()

    def _manage(self):
        """Does what systemctl is told, which waits for it."""
        client, _ = self.manager.accept()
        with client, client.makefile("rw") as words:
            words.write(f"{self.carry_out(*json.loads(words.readline()))}\n")

    def carry_out(self, verb, units):
        """What systemctl was told; its exit status."""
        return 0

    def close(self):
        self.manager.close()

    def wait(self):
        """A moment, in which something may happen."""

    def _try(self, where, name, text):
        """A configuration beside the commune's own, whose daemon must find it valid."""
        trial = self.home / "trial"
        shutil.copytree(self.site.config, trial)
        (trial / name).write_text(text, encoding="utf-8")
        program = thon.BUILD / f"thon-{name.removesuffix('.conf')}"
        done = subprocess.run([program, "--config-dir", trial, "--check-config"], env=self.env(), capture_output=True, text=True, timeout=30)
        shutil.rmtree(trial)
        # What it does not know it passes over with a warning.
        assert done.returncode == 0 and f"{name}:" not in done.stderr, f"{where}: {done.stderr}{done.stdout}"

    @staticmethod
    def _looks(commands):
        """Whether they may be asked again."""
        return all((words := c.replace("sudo ", "").split())[0] == "thonctl" and LOOKS & set(words[1:4]) for c in commands)


class Commune(Shell):
    """The sample commune with its daemons at nine on a Monday."""

    def __init__(self, site, broker, fakes, make_mqtt):
        super().__init__(site)
        self.fakes, self.daemons = fakes, {}
        self.mqtt = make_mqtt(broker, site=site.id)
        self.relay = relay_of.Relay.__new__(relay_of.Relay)
        self.relay.site, self.relay.fakes = site, fakes
        for directory in ("templates", "credentials/relay"):
            (site.config / directory).mkdir(parents=True)
        for pin in range(4, 28):
            site.gpio.line(PI, f"GPIO{pin}").mkdir(parents=True)
        self._settings()
        self._people()

    # ---- what is there ----

    def _settings(self):
        for template in (thon.ROOT / "etc/templates").glob("*.txt"):
            shutil.copy(template, self.site.config / "templates")
        shutil.copy(thon.ROOT / "etc/speech.dict", self.site.config)
        self.site.write_conf("relayd.conf", relay={"ladder": "oa bot visit", "sender": "UBND xã Sao Mai"})
        self.relay.channel("oa", "zalo-oa")
        self.relay.channel("bot", "zalo-bot", receive="yes")
        quick = {"interval": "10s", "retry": "5s", "connect_ms": 200, "answer_ms": 200, "rtp_ms": 200, "picture": 0, "ping": "no"}
        self.site.write_conf("camerad.conf", camera=quick, heal={"enabled": "no"}, discover={"follow": "no"})
        zones = {
            f"zone {zone}": {"name": name, "sink": f"file:{self._place(zone)}", "areas": "chi-phuc", "quiet": "21:30-05:30"}
            for zone, name in (("chi-phuc", "Loa thôn Chí Phúc"), ("dinh-lang", "Loa đình làng"))
        }
        self.site.write_conf("announced.conf", announce={"chime": "no"}, **zones)

    def citizen(self):
        """Somebody has written to the commune's bot: report 1."""
        self.fakes.push("zalo-bot", "910900", name="Trịnh Văn Ba", text="Ngõ Đông có hai bóng đèn hỏng, nhờ xã thay giúp.")
        self.mqtt.wait_for("event/relay-report", timeout=20)

    def _place(self, zone):
        place = self.site.dir / "sinks" / zone
        place.mkdir(parents=True)
        return place

    def _people(self):
        ok = self.site.ok
        ok("store", "init")
        for noun, file in (("area", "areas"), ("household", "households"), ("person", "people"), ("group", "groups")):
            ok(noun, "import", COMMUNE / f"{file}.csv")
        for kind in ("program", "calendar"):
            for form in sorted((COMMUNE / f"{kind}s").glob("*.json")):
                ok("light", kind, "set", form)
        ok("device", "import", COMMUNE / "devices.csv")
        for row in ok("device", "list", "--kind", "circuit"):
            relay, feedback = row["config"]["relay"]["gpio"], row["config"]["feedback"]["gpio"]
            drives = self.site.gpio.line(relay["chip"], relay["line"])
            drives.mkdir(parents=True, exist_ok=True)
            (drives / "drives").write_text(f"{feedback['chip'].removeprefix('sim:')}/{feedback['line']}\n")
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(("id", "kind", "area", "name", "config"))
        for n, (camera, name) in enumerate((("cong-chua", "Camera cổng chùa"), ("cho-tay", "Camera chợ cổng tây")), 1):
            table.writerow((camera, "camera", "chi-phuc", name, json.dumps({"url": f"rtsp://127.44.9.{n}:18599/live"})))
        ok("device", "import", "-", stdin=out.getvalue())
        stick = self.home / "stick/thon-backup"
        stick.mkdir(parents=True)
        ok("store", "backup", stick / "thon-20261122T193000Z.db")
        (stick / "thon-20261122T193000Z.station.tar").touch()

    # ---- the daemons ----

    def start(self, name):
        env = {"THON_PLAYER": str(thon.BUILD / "thon-player")}
        since = self.mqtt.mark()
        self.daemons[name] = self.site.start(name, "--sim-clock", MONDAY, env=env, timeout=30)
        self.mqtt.wait_for(f"status/{name}", lambda d: d["state"] == "online", timeout=20, since=since)

    def stop(self, name):
        daemon = self.daemons.pop(name, None)
        if daemon:
            assert daemon.stop() == 0, daemon.log()

    def carry_out(self, verb, units):
        if verb == "is-active":
            return 0 if all(unit.removeprefix("thon-").removesuffix(".service") in self.daemons for unit in units) else 3
        for unit in units:
            if unit == "thon-backup.service" and verb == "start":
                self.site.ok("store", "backup", "--nightly")
            unit = unit.removesuffix(".service").removesuffix(".target")
            names = DAEMONS if unit == "thon" else [n for n in DAEMONS if unit == f"thon-{n}"]
            for name in names:
                if verb == "reload" and name in self.daemons:
                    self.daemons[name].reload()
                if verb in ("stop", "restart"):
                    self.stop(name)
                if verb in ("start", "restart") and name not in self.daemons:
                    self.start(name)
        return 0

    def wait(self):
        with self.mqtt.changed:
            self.mqtt.changed.wait(0.2)
