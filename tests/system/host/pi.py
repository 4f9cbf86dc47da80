"""An emulated Raspberry Pi 3B."""

import socket
import time

from .firmware import drive
from .machine import Broken, Guest, tail
from .pins import Pins


class Pi(Guest):
    """Its root is on the SD card; like the bare board it has no clock of its own, so `rtc` is of no account."""

    BOOT = 600  # of which an idle host takes forty
    pins = None  # of the present boot

    def own_disk(self):
        # A card's size is a power of two: root.img is made so.
        return super().own_disk().removesuffix(",discard=unmap")

    def qemu(self, rtc, battery, verbose):
        initrd, monitor, stub = (self.work / name for name in ("initrd.img", "monitor", "stub"))
        # The board has no second disk: what the guest unpacks is put behind its initrd, as the kernel allows.
        first = (self.files / "initrd.img").read_bytes()
        initrd.write_bytes(first + bytes(-len(first) % 4) + cpio("payload.tar", self.payload.read_bytes()))
        monitor.unlink(missing_ok=True)
        stub.unlink(missing_ok=True)
        # One processor of the four, for the reason that machine.py gives; the others have no power, for waiting to be started
        # they would turn in a loop.
        command = "console=ttyS1,115200 quiet oops=panic panic=-1 loglevel=4 maxcpus=1 rdinit=/init"
        if verbose:
            command = command.replace(" quiet", "").replace("loglevel=4", "loglevel=7")
        return (["qemu-system-aarch64", "-M", "raspi3b", "-m", "1G", "-smp", "4", "-global", "bcm2837.enabled-cpus=1", "-accel", "tcg,thread=multi",
                 "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-kernel", self.files / "vmlinuz", "-dtb", self.files / "board.dtb",
                 "-initrd", initrd, "-append", command, "-drive", f"{self.disks[0]},if=sd",
                 "-qmp", f"unix:{monitor},server=on,wait=off", "-serial", "chardev:wire", "-serial", "chardev:console"]
                + (["-S", "-gdb", f"unix:{stub},server=on,wait=off"] if self.firmware else []))

    def boot(self, rtc="", battery=False, verbose=False, firmware=None):
        """`firmware`: what config.txt has it do to pins, number -> level."""
        before = self.pins.changes if self.pins else []
        self.firmware = {int(pin): level for pin, level in (firmware or {}).items()}
        super().boot(rtc, battery, verbose)
        self.supply = {"firmware": firmware}
        self.pins = Pins(self.connect("monitor"))
        if self.firmware:
            drive(self.connect("stub"), self.firmware)
            self.pins.ask("cont")
        self.pins.start()
        self.answers = {"pins": self.pins.now, "pins-history": self.pins.history, "pins-watch": self.pins.watch,
                        "pins-seen": self.pins.seen, "pins-before": lambda _: before}

    def connect(self, name):
        """To a socket of the emulator, which makes them one by one as it starts."""
        deadline = time.monotonic() + 60
        while True:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(60)
            try:
                connection.connect(str(self.work / name))
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise Broken(f"QEMU has no {name}:\n{tail(self.console)}") from None
                time.sleep(0.02)


def cpio(name, data):
    """An archive of one file in the format that the kernel unpacks ("newc")."""
    def entry(name, data, mode):
        header = b"070701" + b"".join(b"%08x" % field for field in (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
        head = header + name.encode() + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

    return entry(name, data, 0o100644) + entry("TRAILER!!!", b"", 0)
