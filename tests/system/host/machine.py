"""A virtual machine, its mains and its wire."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from . import children

SILENCE = 600  # seconds without a line from the guest after that: it hangs
# What a kernel's last words begin with. It says them at once, and whole, however little else it may say on the console.
KERNEL_DIES = re.compile(r"BUG: |Oops: |kernel BUG at|general protection|double fault|invalid opcode|int3: |Kernel panic|Internal error: ")


class Broken(Exception):
    """The rig itself failed: no guest, no answer, too late."""


class NoHello(Broken):
    """The machine hung or died while it booted: that is the emulator, or the kernel in it. What of ours does not start
    is told by the guest."""


class KernelDied(Broken):
    """The guest's kernel said why it dies, and died. No program of ours can make it do so: that is the kernel, or the
    emulator under it."""


def tail(path, lines=25):
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Guest:
    """One machine with one disk that outlives power cuts; `cut()` and `boot()` are the mains.

    `files` is where vmlinuz, initrd.img and root.img are, `payload` the tar archive that the guest unpacks as it boots, `work` a
    directory that is this machine's own. `disks` are drives in QEMU's words ("file=...,format=raw,cache=unsafe"): the first one
    is the root, which is a copy of root.img otherwise; the second one of the guest is the payload, the others follow.
    `console` is the log of all boots. `providers` is a port of the host that the guest reaches as PROVIDERS, whatever its number
    is: so a card tells machines with providers of their own one address."""

    PROVIDERS = "10.0.2.4:80"

    BOOT = 240  # seconds from power on to the guest's first word, of which an idle host takes ten

    def __init__(self, files, payload, work, disks=None, console=None, providers=None):
        self.files, self.payload, self.work = pathlib.Path(files), payload, pathlib.Path(work)
        self.console = pathlib.Path(console or self.files / "console.log")
        self.console.unlink(missing_ok=True)
        self.process = self.wire = None
        self.providers = providers
        self.answers = {}  # what a guest may ask on the wire beside the runner's own words: word -> function of the rest of the line
        self.disks = disks or [self.own_disk()]

    def own_disk(self):
        disk = self.work / "disk.img"
        subprocess.run(["cp", "--sparse=always", self.files / "root.img", disk], check=True)
        return f"file={disk},format=raw,cache=unsafe,discard=unmap"

    def plug_in(self, label):
        """A stick, from the next boot on: ext4, because the guests' kernels have no vfat."""
        stick = self.work / f"{label}.img"
        with open(stick, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", label, stick], check=True)
        self.disks.append(f"file={stick},format=raw,cache=unsafe")

    def qemu(self, rtc, battery, verbose):
        """The emulator's command line, but for what every machine has: a chardev `console` and a chardev `wire`."""
        kvm = os.environ.get("THON_RIG_KVM") == "1"
        # The kernel's check of its timer gives the timer some milliseconds, which an emulated one may miss, and panics.
        # A kernel that has lost a thread may well go on without a word from the guest: it must not, and QEMU ends with it.
        command = "root=/dev/vda console=ttyS0,115200 quiet oops=panic panic=-1 loglevel=4 net.ifnames=0 rw no_timer_check"
        if not battery:
            command += " initcall_blacklist=cmos_init"
        if verbose:
            command = command.replace(" quiet", "").replace("loglevel=4", "loglevel=7")
        # The host is 10.0.2.2 to the guest, which has no route further and no server of names.
        network = "user,id=net,ipv6=off"
        if self.providers:  # socat for each connection: QEMU's own forwarding knows but one
            network += f",guestfwd=tcp:{self.PROVIDERS}-cmd:socat - TCP:127.0.0.1:{self.providers}"
        root, *others = self.disks
        payload = f"file={self.payload},format=raw,read-only=on"
        drives = [word for drive in [root, payload, *others] for word in ("-drive", f"{drive},if=virtio")]
        return (["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
                + (["-accel", "kvm", "-cpu", "host"] if kvm else ["-accel", "tcg,thread=multi", "-cpu", "max"])
                # One processor: the kernel patches its code as it runs, and of two emulated ones the other may still run the
                # old code; it dies of that ("int3" in the middle of a function) once in many boots on a busy host.
                + ["-smp", "1", "-m", "1G", "-kernel", self.files / "vmlinuz", "-initrd", self.files / "initrd.img"]
                + ["-append", command, "-rtc", f"base={rtc}"] + drives
                + ["-netdev", network, "-device", "virtio-net-pci,netdev=net,romfile="]
                + ["-serial", "chardev:console", "-serial", "chardev:wire"])

    def boot(self, rtc="2027-03-10T12:00:00", battery=True, verbose=False):
        """`rtc` in UTC. Without `battery` the guest has no clock of its own, like a bare Raspberry Pi. `verbose`: the
        console has all that the kernel and systemd say, which takes its time."""
        path = self.work / "wire"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(1)
        self.supply = {"rtc": rtc, "battery": battery}
        self.heard = self.up = False
        with open(self.console, "ab") as console:
            console.write(f"==== power on, {rtc}{'' if battery else ', no clock'}\n".encode())
            console.flush()
            self.process = children.start(
                self.qemu(rtc, battery, verbose)
                + ["-chardev", "stdio,id=console", "-chardev", f"socket,id=wire,path={path}"], stdout=console, stderr=console)
        listener.settimeout(60)
        try:
            self.wire = listener.accept()[0]
        except socket.timeout:
            raise Broken(f"QEMU did not start:\n{tail(self.console)}") from None
        finally:
            listener.close()
        self.unread = b""

    def line(self, deadline):
        """The next line that the guest says, or Broken; NoHello as long as it has not said "hello"."""
        patience = SILENCE if self.heard else self.BOOT
        silent_at = time.monotonic() + patience
        while b"\n" not in self.unread:
            now = time.monotonic()
            if now >= deadline:
                raise Broken(f"the deadline of the whole run has passed:\n{tail(self.console)}")
            if now >= silent_at:
                self.give_up(f"has been silent for {patience} s")
            self.wire.settimeout(min(silent_at, deadline) - now)
            try:
                got = self.wire.recv(65536)
            except socket.timeout:
                continue
            except ConnectionResetError:
                got = b""
            if not got:
                self.give_up("ended by itself")
            self.unread += got
        line, self.unread = self.unread.split(b"\n", 1)
        self.heard = True
        self.up = self.up or line.startswith(b"hello")
        return line.decode("utf-8", "replace").strip("\r")

    def give_up(self, why):
        report = self.last_words()
        error, when = (KernelDied if report else Broken, "") if self.up else (NoHello, " while it booted")
        raise error(f"the guest {why}{when}:\n{report or tail(self.console)}")

    def last_words(self, lines=60):
        """What the kernel said of its end since the last power on, from the first line: what comes last is the least of
        it. "" if it said nothing of the kind."""
        try:
            self.process.wait(timeout=5)  # with the last of the console
        except subprocess.TimeoutExpired:
            pass
        said = self.said().splitlines()
        first = next((n for n, line in enumerate(said) if KERNEL_DIES.search(line)), len(said))
        return "\n".join(said[first:first + lines])

    def goes_down(self, deadline):
        """The system has been told to reboot: until its kernel says that it does, or the machine ends with it."""
        until = min(deadline, time.monotonic() + SILENCE)
        while self.process.poll() is None and "reboot: " not in self.said():
            if time.monotonic() > until:
                raise Broken(f"the guest does not go down:\n{tail(self.console)}")
            time.sleep(0.2)

    def said(self):
        """The console's text since the last power on."""
        return self.console.read_text(encoding="utf-8", errors="replace").rpartition("==== power on")[2]

    def say(self, document):
        self.wire.sendall(json.dumps(document).encode() + b"\n")

    def cut(self):
        """No warning, no flush: what the guest had not written is lost."""
        if self.process:
            children.end(self.process, signal.SIGKILL)
        if self.wire:
            self.wire.close()
        self.process = self.wire = None
