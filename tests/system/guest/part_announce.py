"""The loudspeakers, from the package: the station plays into the kernel's loopback, an amplifier hangs on a relay of this board and on
the loopback's other end, and what comes out of its horns comes back to the station."""

import os
import pathlib
import re
import signal
import time

from gpiosim import TRACE
from rig import Part, eventually, expect, local, run, set_clock, slowness
from sound import HELD, RETURN, SINK, Amplifier
from thon import RELAYS, Mqtt, running, thonctl, unit

announce = Part("loudspeakers")

UNIT = "thon-announced.service"
CONF = pathlib.Path("/etc/thon/announced.conf")
RELAY = RELAYS[25]
ZONE = "rig-loa"
WRITER, CHAIRMAN = "van-thu", "chu-tich"
WARM_UP, HOLD = 2, 4
AFTERNOON = "2027-03-12 15:00:00"
BULLETIN = ("Thông báo của Ủy ban nhân dân: 7h30 sáng thứ bảy, ngày 13/3, tiêm chủng cho trẻ tại trạm y tế. "
            "Bà con nhớ đưa trẻ đi đúng giờ, mang theo sổ tiêm chủng. Kinh phí đã chi là 8.500.000 đồng.")


def announced(pid_before=None):
    return running(pid_before, UNIT)


def journal():
    return run("journalctl", "--no-pager", "-b", "-u", UNIT, "-n", "40")


def switched(since):
    """What the kernel was told to put on the amplifier's relay."""
    return TRACE.told(RELAY, since=since)


@announce.scenario
def runs_from_the_package():
    """The package's daemon runs since its installation, for itself, without a capability"""
    pid = announced()
    expect(pid and unit("UnitFileState", UNIT) == "enabled", f"it is {unit('ActiveState', UNIT)}\n{journal()}")
    expect(unit("NRestarts", UNIT) == "0", "it was started again and again")
    text = (pathlib.Path("/proc") / pid / "status").read_text(encoding="ascii")
    expect(run("id", "-u", "thon").strip() in re.search(r"Uid:(.*)", text).group(1).split(), "it runs as another user")
    expect(set(re.findall(r"Cap(?:Prm|Eff|Bnd|Amb):\s*(\w+)", text)) == {"0000000000000000"}, f"it may do more: {text}")


CONFIGURATION = f"""[announce]
audio_keep = 2d

[zone {ZONE}]
name = Loa thôn thử
sink = alsa:{SINK}
quiet = 21:30-05:30
amplifier = gpio:relays/RELAYS25
warm_up = {WARM_UP}s
hold = {HOLD}s
return = alsa:{RETURN}
"""


def zone():
    """What the station says of its zone."""
    with Mqtt("thon/1/+/zone/#") as mqtt:
        return mqtt.wait(f"zone/{ZONE}/state", within=10)[1]


def speak(*words, by=WRITER):
    return thonctl("--by", by, "announce", *words)


def submit(*words):
    return speak("submit", "--zone", ZONE, *words)["id"]


def given(text, *words):
    """The id of a bulletin that one person has written and another approved."""
    bulletin = submit("--text", text, *words)
    speak("approve", bulletin, by=CHAIRMAN)
    return bulletin


def airings(bulletin):
    return thonctl("announce", "show", bulletin)["airings"]


def ended(bulletin, within=60):
    """How its only airing ended."""
    return eventually(lambda: [row for row in airings(bulletin) if row["state"] not in ("waiting", "on-air")], within,
                      lambda: f"it has not ended: {airings(bulletin)}\n{journal()}", every=0.3)[0]


def on_air(amplifier, since, seconds=1.5, within=30):
    """Waits until so much of it has been heard."""
    eventually(lambda: len(amplifier.sounds(since)) >= 10 * seconds, within,
               lambda: f"nothing is heard: {amplifier.since(since)[-5:]}, the relay was switched {switched(since)}\n{journal()}")


def amplifier_off(within=HOLD + 5):
    eventually(lambda: RELAY.level() == 0, within, lambda: f"the amplifier stays on\n{journal()}")


@announce.scenario
def takes_its_zone():
    """A zone with an amplifier and a return: a wrong line is refused with file and line, the right one taken without a sound"""
    set_clock(AFTERNOON)
    began = time.monotonic()
    wrong = CONFIGURATION.replace(f"warm_up = {WARM_UP}s", "warm_up = lâu")
    line = 1 + wrong[:wrong.index("warm_up")].count("\n")
    CONF.write_text(wrong, encoding="utf-8")
    done = run("/usr/sbin/thon-announced", "--check-config", check=False)
    expect(done.returncode == 1 and f"announced.conf:{line}" in done.stderr, f"it said {done.returncode}, {done.stderr!r}")
    CONF.write_text(CONFIGURATION, encoding="utf-8")
    run("/usr/sbin/thon-announced", "--check-config")
    with Amplifier(RELAY) as amplifier:
        run("systemctl", "restart", UNIT)  # not reload: the site was given its name since it started
        eventually(lambda: RELAY.holder().startswith("thon-announced"), 10, lambda: f"it does not hold the amplifier's relay\n{journal()}")
        eventually(lambda: zone()["proof"] == "idle", 20, lambda: f"the zone is {zone()}\n{journal()}", every=1)
        expect(not amplifier.sounds(began) and not [told for told in switched(began) if told.level], f"it was switched {switched(began)}")


@announce.scenario
def a_bulletin_is_heard():
    """A bulletin in one person's words and with another's approval is heard: the amplifier is warm before, and off after"""
    with Amplifier(RELAY) as amplifier:
        began = time.monotonic()
        bulletin = submit("--text", BULLETIN)
        eventually(lambda: time.monotonic() - began > 3, 5, "the clock stands still")
        expect(not amplifier.sounds(began), "it was heard before anybody approved it")
        approved = time.monotonic()
        speak("approve", bulletin, by=CHAIRMAN)
        on_air(amplifier, approved)
        row = ended(bulletin)
        amplifier_off()
        sounds, told, still = amplifier.sounds(began), switched(began), amplifier.stood_still(approved)
    expect(row["state"] == "aired" and row["returned_db"] > -25, f"it ended as {row}\n{journal()}")
    # However slow the guest is: nothing is called silent that came back. Unless nothing did: the amplifier is a program of this guest too.
    expect(row["proof"] == "heard" or still > 2, f"it ended as {row}, the amplifier stood still for {still:.1f} s\n{journal()}")
    expect([t.level for t in told] == [1, 0], f"the amplifier's relay was switched {told}")
    first, last = sounds[0].at, sounds[-1].at
    lasted = last - first
    # What is heard is known a tenth of a second and more after it sounded.
    expect(first - told[0].at > WARM_UP - 0.3, f"it sounded {first - told[0].at:.1f} s after the amplifier was switched on")
    expect(HOLD - 1 < told[1].at - last < HOLD + 2 + slowness(), f"the amplifier went off {told[1].at - last:.1f} s after the end")
    # A guest that stands still for a moment makes a gap in the sound, and it lasts longer.
    expect(row["seconds"] > 8 and -1 < lasted - row["seconds"] < 1 + slowness(), f"it was heard for {lasted:.1f} s; the log says {row}")
    loudest = sorted(sound.horn for sound in sounds)[-len(sounds) // 10:]
    expect(-22 < min(loudest) and max(loudest) < -3, f"its loudest tenth is {min(loudest):.0f} to {max(loudest):.0f} dBFS")
    return f"{lasted:.1f} s, {first - approved:.1f} s after its approval, relay {first - told[0].at:.1f} s before, off {told[1].at - last:.1f} s after"


@announce.scenario
def a_cut_wire_is_told():
    """The wire to the horns is cut while a bulletin airs: "aired but silent" within 5 s; it is mended: the event clears"""
    with Amplifier(RELAY) as amplifier, Mqtt() as mqtt:
        began = time.monotonic()
        bulletin = given(BULLETIN + " " + BULLETIN)
        on_air(amplifier, began)
        amplifier.wire = False
        cut = time.monotonic()
        slow = slowness()
        at, event = mqtt.wait("event/announce-silent", lambda event: event["subject"] == ZONE and event["state"] == "raised", since=cut, within=10)
        expect(at - cut < 5 + HELD + slow / 2, f"it was told {at - cut:.1f} s after the cut")
        amplifier.wire = True
        mqtt.wait("event/announce-silent", lambda end: end["id"] == event["id"] and end["state"] == "cleared", since=at, within=10)
        row = ended(bulletin)
        expect(row["state"] == "aired" and row["proof"] == "silent", f"the log has {row}")
        amplifier_off()
    return f"told after {at - cut:.1f} s, {slow:.1f} times slower than a Pi"


@announce.scenario
def a_stranger_is_told():
    """Somebody else's sound comes from the horns while nothing is on air: told within 5 s, and cleared when it ends"""
    with Amplifier(RELAY) as amplifier, Mqtt() as mqtt:
        eventually(lambda: zone()["proof"] == "idle", 20, lambda: f"the zone is {zone()}", every=1)
        amplifier.stranger = True
        began = time.monotonic()
        at, event = mqtt.wait("event/announce-stuck", lambda event: event["subject"] == ZONE and event["state"] == "raised", since=began, within=10)
        slow = slowness()
        expect(at - began < 5 + HELD + slow / 2, f"it was told {at - began:.1f} s after it began")
        amplifier.stranger = False
        mqtt.wait("event/announce-stuck", lambda end: end["id"] == event["id"] and end["state"] == "cleared", since=at, within=10)
        expect(RELAY.level() == 0, "the amplifier was switched on for it")
    return f"told after {at - began:.1f} s"


@announce.scenario
def at_0315_it_is_silent():
    """The morning's bulletin, set to 03:15 by a slip: the village sleeps on, and the list says why"""
    with Amplifier(RELAY) as amplifier:
        bulletin = given(BULLETIN, "--at", "2027-03-13 03:15")
        began = time.monotonic()
        set_clock("2027-03-13 03:14:55")
        eventually(lambda: time.time() > local("2027-03-13 03:15:05"), 30, "the clock does not get there", every=0.5)
        eventually(lambda: zone()["held"] == "quiet", 20, lambda: f"the zone is {zone()}", every=1)
        expect(airings(bulletin)[0]["state"] == "waiting", f"it has {airings(bulletin)}")
        set_clock("2027-03-13 03:50:00")  # later than its latest start
        row = ended(bulletin)
        expect(row["state"] == "dropped" and row["reason"] == "quiet" and row["why"], f"the list has {row}")
        expect(not amplifier.line_since(began) and not switched(began), f"it was heard, or switched {switched(began)}")
    return row["why"]


@announce.scenario
def an_emergency_wakes_the_village():
    """At ten to four the dam is opened: without the PIN of who answers for it nothing is heard, with it all of it, at once"""
    person = thonctl("person", "list")[0]["id"]
    pin = pathlib.Path("/run/rig-pin")
    pin.write_text("730214\n", encoding="ascii")
    run("thonctl", "person", "pin", person, "--pin-file", pin)
    words = ["submit", "--zone", ZONE, "--class", "emergency", "--reason", "hồ xả lũ", "--text",
             "Khẩn cấp. Hồ Yên Mỹ xả lũ lúc 4 giờ. Bà con ở ven sông rời lên chỗ cao ngay."]
    with Amplifier(RELAY) as amplifier:
        began = time.monotonic()
        refused = run("thonctl", "--json", "--by", person, "announce", *words, check=False)
        expect(refused.returncode == 1 and "PIN" in refused.stderr + refused.stdout, f"without a PIN it said {refused}")
        eventually(lambda: time.monotonic() - began > 3, 5, "the clock stands still")
        expect(not amplifier.line_since(began) and not switched(began), "it was heard without a PIN")
        given_at = time.monotonic()
        bulletin = speak(*words, "--pin-file", str(pin), by=person)["id"]
        on_air(amplifier, given_at)
        first, slow = amplifier.sounds(given_at)[0].at, slowness()
        row = ended(bulletin)
        amplifier_off()
    pin.unlink()
    expect(row["state"] == "aired" and row["by"] == person, f"the log has {row}")
    relay = switched(given_at)[0].at
    # The amplifier's own time is no processor's; the rest is thonctl, the voice, the player.
    expect(first - given_at < WARM_UP + 1 + 2 * slow, f"it was heard {first - given_at:.1f} s after it was given")
    return f"heard {first - given_at:.1f} s after the command, {first - relay:.1f} s of them for the amplifier; {slow:.1f} times slower than a Pi"


@announce.scenario
def the_daemon_is_killed_on_air():
    """kill -9 of the daemon while a bulletin airs: no sound and no amplifier is left on, and what was heard of it is not claimed"""
    set_clock(AFTERNOON)
    with Amplifier(RELAY) as amplifier:
        began, pid = time.monotonic(), announced()
        bulletin = given(BULLETIN + " " + BULLETIN)
        on_air(amplifier, began)
        eventually(lambda: airings(bulletin)[0]["state"] == "on-air", 10, lambda: f"the store does not know of it: {airings(bulletin)}", every=0.2)
        os.kill(int(pid), signal.SIGKILL)
        killed = time.monotonic()
        eventually(lambda: announced(pid), 20, "systemd did not start it again", every=0.3)
        row = ended(bulletin)
        amplifier_off()
        late = [sound for sound in amplifier.sounds(killed) if sound.at > killed + 2]
    expect(row["state"] == "dropped" and row["reason"] == "unknown", f"the log has {row}")
    expect(not late, f"it sounded on: {late}")
    thonctl("store", "check")
    thonctl("audit", "verify")


def player_of(pid):
    """The daemon's child that has the card open to play."""
    return next(int(child) for child in run("pgrep", "-P", pid).split()
                if any(os.readlink(fd) == "/dev/snd/pcmC0D0p" for fd in pathlib.Path(f"/proc/{child}/fd").iterdir()))


@announce.scenario
def the_player_is_killed_on_air():
    """kill -9 of the player: another one goes on where it was, and that it died is told"""
    with Amplifier(RELAY) as amplifier, Mqtt() as mqtt:
        began, pid = time.monotonic(), announced()
        bulletin = given(BULLETIN + " " + BULLETIN)
        on_air(amplifier, began)
        os.kill(player_of(pid), signal.SIGKILL)
        killed = time.monotonic()
        mqtt.wait("event/announce-player", lambda event: event["subject"] == ZONE and event["state"] == "raised", since=killed, within=10)
        on_air(amplifier, killed + 1)
        row = ended(bulletin)
        amplifier_off()
        expect(announced() == pid, "the daemon died with it")
    expect(row["state"] == "aired", f"the log has {row}")


@announce.scenario
def the_zone_is_taken_away():
    """The zone is taken out of the configuration again: its relay is let go, off"""
    CONF.write_text("[announce]\n", encoding="utf-8")
    run("systemctl", "reload", UNIT)
    eventually(lambda: not RELAY.holder(), 10, "its relay is still held")
    expect(RELAY.level() == 0, "the amplifier is on")
