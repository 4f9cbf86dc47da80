"""The rig proves itself first: what the other scenarios rest on is not taken for granted."""

import os
import pathlib
import re
import signal
import subprocess
import time

from gpiosim import PERSIST, TRACE, Chip, Watch
from rig import Part, eventually, expect, local, process, run, set_clock, slowness
from sound import LOUD, RATE, RAW, RETURN, SINK, TONE, TONE_DB, Amplifier, cables, levels

KEPT = pathlib.Path("/var/lib/rig-kept")
LOST = pathlib.Path("/var/lib/rig-lost")
VERSION = 1 if " v1." in run("gpioset", "--version") else 2

rig = Part("rig")
cut = Part("rig after a power cut", boot={"rtc": "2027-03-10T13:04:05"})  # behind what timesyncd may have written down it would not stay


def gpioset(line, level):
    """Holds a line as long as the program runs."""
    if VERSION == 1:
        return process("gpioset", "--mode=signal", line.chip.name, f"{line.offset}={level}")
    return process("gpioset", "--chip", line.chip.name, f"{line.offset}={level}")


@rig.scenario
def gpioset_reaches_the_line():
    """A level that a program sets is seen in the kernel, and by the trace, with who set it"""
    line = Chip("relays", 32)[29]
    expect(line.level() == 0, "the line is not low at first")
    began = time.monotonic()
    with gpioset(line, 1):
        eventually(lambda: line.level() == 1, 5, "the line did not rise")
    told = TRACE.told(line, since=began)
    expect([(t.level, t.program) for t in told] == [(1, "gpioset")], f"the trace has {told}")


@rig.scenario
def edges_reach_gpiomon():
    """A pull from outside is an edge inside"""
    line = Chip("inputs", 32)[29]
    line.pull(0)
    options = ["--num-events=3", line.chip.name, "29"] if VERSION == 1 else ["--num-events=3", "--chip", line.chip.name, "29"]
    with process("gpiomon", *options, stdout=subprocess.PIPE, text=True) as child:
        eventually(lambda: "gpiomon" in pathlib.Path("/proc/interrupts").read_text(encoding="ascii"), 10, "gpiomon does not wait for edges")
        for level in (1, 0, 1):
            line.pull(level)
            time.sleep(0.3)  # the simulation forgets an edge that comes while the one before is being served
        seen = child.communicate(timeout=20)[0]
    line.pull(0)
    expect([word.lower() for word in re.findall("rising|falling", seen, re.I)] == ["rising", "falling", "rising"], f"gpiomon saw {seen!r}")


@rig.scenario
def a_dead_holder_leaves_the_level():
    """A line keeps its level when its holder is killed, as on a Raspberry Pi's kernel, and falls without that setting"""
    line = Chip("relays", 32)[29]
    for persist, levels in ((1, [0, 1]), (0, [1, 0])):
        PERSIST.write_text(str(persist), encoding="ascii")
        began = time.monotonic()
        with gpioset(line, 1) as child, Watch(line) as watch:
            eventually(lambda: line.level() == 1, 5, "the line did not rise")
            eventually(lambda: line.holder() == "gpioset", 5, "gpioset does not hold the line")
            child.send_signal(signal.SIGKILL)
            child.wait()
            eventually(lambda: line.level() == levels[-1], 5, "the level is not as told")
        expect(watch.levels(line)[-1] == levels[-1], f"with persist_gpio_outputs={persist} the line went {watch.changes[line]}")
        lasted = time.monotonic() - began
        expect(watch.looks > 100 * lasted / slowness(), f"the line was looked at only {watch.looks} times in {lasted:.2f} s")
    PERSIST.write_text("1", encoding="ascii")
    with gpioset(line, 0):
        eventually(lambda: line.level() == 0, 5, "the line did not fall")


@rig.scenario
def an_amplifier_needs_its_relay():
    """What is played is heard from the horns while the amplifier has power and its wire is whole; as much comes back to the station"""
    line = Chip("relays", 32)[29]
    played, back = pathlib.Path("/run/rig-played.raw"), pathlib.Path("/run/rig-back.raw")
    played.write_bytes(2 * TONE)
    for power, wire in ((0, True), (1, False), (1, True)):
        back.unlink(missing_ok=True)
        with gpioset(line, power), Amplifier(line) as amplifier, process("arecord", *RAW, "-D", RETURN, back) as recorder:
            amplifier.wire = wire
            eventually(lambda: line.level() == power, 5, "the relay does not switch")
            eventually(lambda: back.exists() and back.stat().st_size > RATE, 10, lambda: f"nothing comes back, not even silence\n{cables()}")
            began = time.monotonic()
            run("aplay", *RAW, "-D", SINK, played)
            # Until the end of it has gone through the cables.
            eventually(lambda: len(amplifier.line_since(began)) >= 19 and amplifier.since(began)[-1].line < LOUD, 5,
                       lambda: f"it did not come in as it was played: {amplifier.since(began)}\n{cables()}")
            eventually(lambda: time.monotonic() - began > 4, 5, "the clock stands still")
            sounds = amplifier.sounds(began)
            recorder.send_signal(signal.SIGINT)
            recorder.wait()
        loud = [level for level in levels(back.read_bytes()) if level > LOUD]
        if power and wire:
            for name, heard in (("heard", [chunk.horn for chunk in sounds]), ("returned", loud)):
                expect(18 <= len(heard) <= 23, f"{name} is {len(heard) / 10} s of 2 s: {heard}")
                expect(abs(max(heard) - TONE_DB) < 0.5, f"{name} is {max(heard):.1f} dBFS, not {TONE_DB}")
        else:
            expect(not sounds and not loud, f"without power or wire, {sounds} is heard and {loud} comes back")


@rig.scenario
def the_clock_obeys():
    """The clock goes where it is set, and stays"""
    set_clock("2027-03-10 17:41:50")
    expect(abs(time.time() - local("2027-03-10 17:41:50")) < 2, f"the clock says {time.ctime()}")


@rig.scenario
def something_to_lose():
    """One file is on disk and one is not when the mains fail"""
    with open(KEPT, "w", encoding="ascii") as file:
        file.write("kept")
        file.flush()
        os.fsync(file.fileno())
    fd = os.open(KEPT.parent, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    LOST.write_text("lost", encoding="ascii")


@cut.scenario
def what_was_synced_is_there():
    """What was on disk is there, what was not is gone, and the clock is the battery's"""
    expect(KEPT.read_text(encoding="ascii") == "kept", "the synced file has changed")
    expect(not LOST.exists() or not LOST.read_text(encoding="ascii"), "the power cut was none: unsynced data survived")
    up = time.clock_gettime(time.CLOCK_BOOTTIME)
    began = time.time() - up - local("2027-03-10 20:04:05")
    expect(-5 < began < 60, f"the clock says {time.ctime()}")
