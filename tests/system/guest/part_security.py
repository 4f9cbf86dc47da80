"""What an intruder finds: the units as systemd rates them, files, the daemons' sandboxes from inside, open sockets, and secrets
wherever programs write."""

import contextlib
import ctypes
import json
import os
import pathlib
import pwd
import re
import signal
import stat
import subprocess

from rig import Part, eventually, expect, process, run
from thon import CAMERA_UNIT, Mqtt, RELAY_UNIT, UNIT, running, thonctl, unit

security = Part("security")

DAEMONS = (UNIT, RELAY_UNIT, CAMERA_UNIT, "thon-announced.service")
CREDENTIALS = pathlib.Path("/etc/thon/credentials")
STATE = pathlib.Path("/var/lib/thon")
PASSWD = pathlib.Path("/etc/mosquitto/thon.passwd")
MARK = "bi-mat-danh-dau"
OWN = {RELAY_UNIT: ("relay", "reports"), CAMERA_UNIT: ("pictures",), "thon-announced.service": ("announce", "cap")}
LIBC = ctypes.CDLL(None, use_errno=True)
LISTENERS = {("tcp", "127.0.0.1", 1883)}  # the broker's; README lists it


def units():
    return sorted(pathlib.Path(name).name for name in run("dpkg", "-L", "thon").splitlines() if name.endswith(".service"))


def up():
    """The daemons' process ids."""
    return {name: int(eventually(lambda name=name: running(name=name), 30, lambda name=name: f"{name} is {unit('ActiveState', name)}"))
            for name in DAEMONS}


@security.scenario
def units_are_confined():
    """Each unit of the package is below 2.0 for systemd and no daemon runs as root or has any right of root's"""
    rated = {}
    for name in units():
        said = run("systemd-analyze", "security", "--no-pager", name, check=False).stdout
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
        expect(found, f"{name}: {said[-300:]}")
        rated[name] = float(found[1])
    for name, pid in up().items():
        status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines() if ":\t" in line)
        expect(set(status["Uid"].split()) == {str(pwd.getpwnam("thon").pw_uid)}, f"{name} runs as {status['Uid']}")
        rights = {status[key] for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        expect(rights == {"0" * 16}, f"{name} has {rights}")
        expect((status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), f"{name}: {status['NoNewPrivs']}, {status['Seccomp']}")
    roots = [name for name in units() if unit("User", name) in ("", "root")]
    expect(not roots, f"these run as root: {roots}")
    expect(all(value < 2.0 for value in rated.values()), f"they are rated {rated}")
    return ", ".join(f"{name.removesuffix('.service')} {value}" for name, value in rated.items())


def tree(*roots):
    for root in roots:
        for directory, names, files in os.walk(root):
            for name in (*names, *files):
                with contextlib.suppress(FileNotFoundError):
                    path = pathlib.Path(directory, name)
                    yield path, path.lstat()


@security.scenario
def files_are_closed():
    """Secrets are root's alone, the state is the daemons' alone, and nobody else writes anything of the package"""
    bad = []
    shipped = [pathlib.Path(name) for name in run("dpkg", "-L", "thon").splitlines()]
    ours = list(tree("/etc/thon", STATE)) + [(path, path.lstat()) for path in (*shipped, PASSWD, STATE) if path.exists()]
    for path, what in ours:
        if stat.S_ISLNK(what.st_mode):
            continue
        state = path == STATE or STATE in path.parents
        if what.st_mode & 0o002 or (what.st_mode & 0o020 and what.st_gid not in (0, pwd.getpwnam("thon").pw_gid)):
            bad.append(f"{path} may be written: {what.st_mode:o}")
        if not state and what.st_uid != 0:
            bad.append(f"{path} belongs to {what.st_uid}")
    for path, what in [*tree(CREDENTIALS), (CREDENTIALS, CREDENTIALS.lstat())]:
        if what.st_uid or what.st_mode & 0o077 and not CREDENTIALS.stat().st_mode & 0o777 == 0o700:
            bad.append(f"{path} is {what.st_uid} {what.st_mode:o}")
    expect(stat.S_IMODE(CREDENTIALS.stat().st_mode) == 0o700, "the directory of credentials is open")
    expect(stat.S_IMODE(PASSWD.stat().st_mode) == 0o640, f"the broker's passwords are {PASSWD.stat().st_mode:o}")
    expect(not STATE.stat().st_mode & 0o007, "the state directory is open to all")
    expect(not bad, "; ".join(bad[:8]))
    # And by trying, who has no business there.
    for user, roots in (("nobody", (CREDENTIALS, STATE, PASSWD)), ("thon", (CREDENTIALS, PASSWD))):
        got = run("runuser", "-u", user, "--", "find", *roots, "-type", "f", "-readable", check=False).stdout
        expect(not got.strip(), f"{user} reads {got.split()[:5]}")


def setns(path):
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if LIBC.setns(fd, 0) < 0:
        raise OSError(ctypes.get_errno(), f"setns {path}")
    os.close(fd)


def as_daemon(pid, attempts):
    """Which of the attempts succeed for a program that was taken over inside of that daemon: its user, mounts and namespace. Its filter
    of system calls, which takes away more, is left out."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        result = {"broken": "it did not begin"}
        try:
            user = pwd.getpwnam("thon")
            mounts, people = (f"/proc/{pid}/ns/{kind}" for kind in ("mnt", "user"))
            fd = os.open(people, os.O_RDONLY)
            os.setgroups([])
            os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
            setns(mounts)
            if os.readlink("/proc/self/ns/user") != os.readlink(people) and LIBC.setns(fd, 0) < 0:
                raise OSError(ctypes.get_errno(), "setns user")
            os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
            result = {}
            for name, attempt in attempts.items():
                try:
                    attempt()
                    result[name] = None
                except OSError as error:
                    result[name] = error.strerror
        except BaseException as error:  # pylint: disable=broad-except
            result = {"broken": repr(error)}
        finally:
            os.write(into, json.dumps(result).encode())
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        result = json.loads(pipe.read())
    os.waitpid(child, 0)
    expect("broken" not in result, f"{result}")
    return result


def read(path):
    def attempt():
        with open(path, "rb") as file:
            file.read(1)
    return attempt


def write(path):
    def attempt():
        with open(path, "wb"):
            pass
    return attempt


def mount():
    if LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) < 0:
        raise OSError(ctypes.get_errno(), "mount")


def look(path):
    return lambda: os.listdir(path)


@security.scenario
def daemons_are_kept_apart():
    """From within a daemon no other's credentials, memory, environment, files or directory can be read, though they are one user"""
    CREDENTIALS.joinpath("relay", "khac").write_text(MARK, encoding="ascii")
    run("systemctl", "restart", *DAEMONS)
    pids = up()
    tried = 0
    for name, pid in pids.items():
        allowed = {"own credential": read(f"/run/credentials/{name}/mqtt"), "the store": read(STATE / "thon.db")}
        denied = {"credentials at rest": read(CREDENTIALS / name.removesuffix(".service")), "the broker's": read(PASSWD),
                  "writing /etc": write("/etc/thon/x"), "writing /usr": write("/usr/x"), "a mount": mount}
        for other, victim in pids.items():
            if other == name:
                continue
            denied[f"{other} credential"] = read(f"/run/credentials/{other}/mqtt")
            for part in ("environ", "mem", "maps"):
                denied[f"{other} {part}"] = read(f"/proc/{victim}/{part}")
            denied[f"{other} root"] = look(f"/proc/{victim}/root/run")
            denied[f"{other} descriptors"] = look(f"/proc/{victim}/fd")
            for directory in OWN.get(other, ()):
                if (name, directory) != (RELAY_UNIT, "pictures"):  # it sends them
                    denied[f"{other} {directory}"] = look(STATE / directory)
        got = as_daemon(pid, {**allowed, **denied})
        expect(all(got[what] is None for what in allowed), f"{name}: {({what: got[what] for what in allowed})}")
        open_doors = [what for what in denied if got[what] is None]
        expect(not open_doors, f"from within {name}: {open_doors}")
        tried += len(denied)
    return f"{tried} attempts"


def addresses(inodes):
    """(protocol, local address, port) of the sockets that take what comes."""
    found = set()
    for protocol in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "udplite", "udplite6"):
        with contextlib.suppress(FileNotFoundError):
            for line in pathlib.Path(f"/proc/net/{protocol}").read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                address, port = words[1].rsplit(":", 1)
                listens = words[3] == "0A" if protocol.startswith("tcp") else words[2].endswith(":0000")
                if listens and words[9] in inodes:
                    text = ".".join(str(int(address[i:i + 2], 16)) for i in (6, 4, 2, 0)) if len(address) == 8 else address
                    found.add((protocol, text, int(port, 16)))
    return found


def sockets_of(names):
    inodes = set()
    for name in names:
        group = pathlib.Path("/sys/fs/cgroup" + unit("ControlGroup", name)) / "cgroup.procs"
        for pid in group.read_text(encoding="ascii").split():
            with contextlib.suppress(FileNotFoundError):
                for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                    with contextlib.suppress(OSError):
                        if match := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(fd)):
                            inodes.add(match[1])
    return inodes


@security.scenario
def nothing_listens_but_the_broker():
    """No daemon of ours listens on any port, but for cameras' answers while it looks for them; the broker does on this machine only"""
    up()
    expect(addresses(sockets_of(DAEMONS)) == set(), f"the daemons listen on {addresses(sockets_of(DAEMONS))}")
    low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    with process("thonctl", "camera", "discover", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        # Without a network it cannot look, and says so at once.
        seen = eventually(lambda: addresses(sockets_of(DAEMONS)) or child.poll() is not None, 20, "no socket waits for cameras' answers")
        child.wait(60)
    expect(seen is True or all(protocol.startswith("udp") and port >= low for protocol, _, port in seen), f"discovery listens on {seen}")
    eventually(lambda: not addresses(sockets_of(DAEMONS)), 20, lambda: f"after it there is {addresses(sockets_of(DAEMONS))}")
    broker = addresses(sockets_of(["mosquitto.service"]))
    expect(broker == LISTENERS, f"the broker listens on {broker}")


@security.scenario
def secrets_stay_where_they_are():
    """No password or key of the machine is in the journal, an argument, an environment, a topic, an answer or a file that others read"""
    thonctl("area", "add", "an-ninh", "--name", "An ninh")
    thonctl("device", "add", "cam-mat", "--kind", "camera", "--area", "an-ninh", "--name", "Camera mật",
            "--config", json.dumps({"url": "rtsp://127.0.0.1:9/x", "user": "xem"}))
    run("thonctl", "device", "secret", "cam-mat", stdin=None, input=f"{MARK}-camera\n")
    secrets = {f"{MARK}-camera"}
    for path, what in tree(CREDENTIALS):
        if stat.S_ISREG(what.st_mode):
            text = path.read_text(encoding="utf-8").strip()
            with contextlib.suppress(ValueError):
                document = json.loads(text)
                text = [str(value) for key, value in document.items() if key not in ("app_id", "oa_id")] if isinstance(document, dict) else text
            secrets.update(text if isinstance(text, list) else [text])
    secrets = {secret.encode() for secret in secrets if len(secret) >= 8}
    expect(len(secrets) >= len(DAEMONS) + 2, "there is too little to look for")
    with Mqtt("#") as mqtt:
        mqtt.wait("status/camerad", within=20)
        topics = repr(mqtt.said()).encode()
    emitted = {"the journal": run("journalctl", "--no-pager", "-b", "-o", "export").encode(), "a topic": topics,
               "an answer": "".join(run("thonctl", "--json", *words) for words in (
                   ("device", "list"), ("device", "show", "cam-mat"), ("camera", "list"), ("person", "list"))).encode(),
               "the status": run("thonctl", "--json", "status", check=False).stdout.encode()}  # in this night something is amiss
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        for part in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                emitted[f"{part} of {path.name}"] = (path / part).read_bytes()
    looked = 0
    for path, what in tree("/etc", "/run", "/tmp", "/var/log", "/var/tmp", STATE, "/var/lib/mosquitto"):
        if stat.S_ISREG(what.st_mode) and what.st_mode & 0o004 and what.st_size < 1 << 22 and not str(path).startswith(("/run/rig", "/var/lib/rig", "/run/credentials")):
            if all(parent.stat().st_mode & 0o001 for parent in path.parents):
                with contextlib.suppress(OSError):
                    emitted[str(path)] = path.read_bytes()
                    looked += 1
    found = [where for where, data in emitted.items() if any(secret in data for secret in secrets)]
    expect(not found, f"a secret is in {found[:6]}")
    thonctl("device", "remove", "cam-mat")
    thonctl("area", "remove", "an-ninh")
    return f"{len(secrets)} secrets, {looked} files"


@security.scenario
def leaves_no_memory_behind():
    """A daemon that dies of a fault leaves no core file, and comes back"""
    pid = int(running(name=RELAY_UNIT))
    limit = re.search(r"Max core file size\s+(\d+)\s+(\d+)", pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="ascii"))
    expect(limit and limit.groups() == ("0", "0"), "it may write a core file")
    os.kill(pid, signal.SIGSEGV)
    eventually(lambda: running(str(pid), RELAY_UNIT), 30, "it does not come back")
    cores = [str(path) for path, _ in tree("/var/lib/thon", "/var/lib/systemd/coredump", "/tmp") if path.name.startswith("core")]
    expect(not cores, f"left: {cores}")
    with contextlib.suppress(FileNotFoundError):
        CREDENTIALS.joinpath("relay", "khac").unlink()

