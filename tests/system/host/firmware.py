"""What the firmware of a Raspberry Pi does to pins before the kernel starts: a `gpio=23=op,dh` of config.txt. The emulator has no
firmware, so the registers are written in its place, through the stub for debuggers, while the machine stands still."""

REGISTERS = 0x3F200000  # BCM2835 ARM Peripherals, 6.1: GPFSEL0 to 5, GPSET0 at 0x1c, GPCLR0 at 0x28


def _ask(stub, text):
    data = text.encode()
    stub.sendall(b"$%b#%02x" % (data, sum(data) & 255))
    got = b""
    while b"#" not in got[:-2]:
        more = stub.recv(4096)
        if not more:
            raise ConnectionError("the emulator has ended")
        got += more
    stub.sendall(b"+")
    return got.lstrip(b"+")[1:-3].decode()


def _write(stub, register, word):
    if _ask(stub, f"M{REGISTERS + register:x},4:{word.to_bytes(4, 'little').hex()}") != "OK":
        raise ConnectionError("the emulator does not write the register")


def drive(stub, pins):
    """Makes each pin of `pins` (number -> level) an output with that level, and lets the machine go on."""
    with stub:
        if _ask(stub, "Qqemu.PhyMemMode:1") != "OK":
            raise ConnectionError("the emulator does not write physical memory")
        select = {}
        for pin in pins:
            select[pin // 10] = select.get(pin // 10, 0) | 1 << 3 * (pin % 10)
        for level, register in ((1, 0x1C), (0, 0x28)):
            _write(stub, register, sum(1 << pin for pin, wanted in pins.items() if wanted == level))
        for n, word in select.items():
            _write(stub, 4 * n, word)
        _ask(stub, "D")
