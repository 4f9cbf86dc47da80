"""gpio-probe: the GPIO module alone against the kernel."""

import pathlib
import re

from gpiosim import PERSIST
from rig import Part, eventually, expect, run
from thon import RELAYS

PROBE = pathlib.Path("/run/rig/gpio-probe")

probe = Part("gpio")


@probe.scenario
def every_check():
    """Every check of gpio-probe holds"""
    done = run(PROBE, check=False, within=500)
    checks = re.findall(r"^(ok|not ok) \d+ - (.*)$", done.stdout, re.M)
    plan = re.search(r"^1\.\.(\d+)$", done.stdout, re.M)
    expect(plan and int(plan.group(1)) == len(checks) > 0, f"it ended early: {done.stdout[-300:]} {done.stderr[-300:]}")
    failed = [name for result, name in checks if result != "ok"]
    expect(not failed and done.returncode == 0, "\n".join(failed) or f"exit {done.returncode}")


@probe.scenario
def outlives_its_holder():
    """A service that is killed gets its line back from systemd: the level stands though the kernel would let go"""
    line, unit = RELAYS[28], "gpio-probe-hold.service"
    PERSIST.write_text("0", encoding="ascii")
    try:
        run("systemd-run", "--quiet", f"--unit={unit}", "-p", "Type=notify", "-p", "FileDescriptorStoreMax=4",
            "-p", "Restart=always", "-p", "RestartSec=200ms", PROBE, "hold", "relays", "28")
        expect(line.level() == 1, "the line is not active")
        pid = run("systemctl", "show", "--value", "-p", "MainPID", unit)
        run("systemctl", "kill", "-s", "KILL", unit)
        eventually(lambda: run("systemctl", "show", "--value", "-p", "MainPID", unit) not in (pid, "0\n"), 10, "it was not started again")
        expect(line.level() == 1, "the level fell")
        run("systemctl", "stop", unit)
        eventually(lambda: line.level() == 0, 5, "the line is still held after the service was stopped")
    finally:
        run("systemctl", "stop", unit, check=False)
        PERSIST.write_text("1", encoding="ascii")
