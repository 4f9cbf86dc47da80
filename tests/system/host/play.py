"""Plays what a guest has to play, and does for it what only the host can."""

import json
import pathlib
import tempfile
import time

from .guest_files import IMAGES, pack
from .machine import Broken, KernelDied, NoHello, tail
from .providers import Providers
from .tally import detail, tell


def play_release(release, files, built, only, seconds, tally):
    """Plays all scenarios of a release. A kernel that dies takes with it all that would have been played after, and is
    not what is tried: then all is played once more, on a new disk. A kernel that dies again fails."""
    try:
        play(release, files, built, only, time.monotonic() + seconds, tally)
    except KernelDied as error:
        tally.play_again(error)
        play(release, files, built, only, time.monotonic() + seconds, tally)


def play(release, files, built, only, deadline, tally):
    """Boots and talks with the guest until it says that all is done."""
    tell(release, "booting")
    # What a guest wants to remember over a power cut is kept here, so that remembering writes nothing to its disk.
    image = IMAGES[release]
    memory = {"part": None, "only": only, "parts": image.parts}
    with tempfile.TemporaryDirectory(prefix="thon-rig-") as work, Providers() as providers:
        memory["ports"] = providers.ports
        payload = pathlib.Path(work) / "payload.tar"
        pack(built, payload)
        guest = image.machine(files, payload, work)
        if image.parts == "parts":
            guest.plug_in("THON-BACKUP")
        place = "the first boot"  # where the run is, should it break off
        again = True  # a boot that hangs may be tried once more
        failing = False
        try:
            guest.boot()
            while True:
                try:
                    word, _, rest = guest.line(deadline).partition(" ")
                except NoHello as error:
                    if not again:
                        raise
                    again = False
                    tell(release, f"BOOTED ONCE MORE, for {error}")
                    guest.cut()
                    guest.boot(**guest.supply, verbose=True)
                    continue
                if word == "#":
                    detail(release, rest)
                    if failing:
                        tally.more(rest)
                    continue
                failing = False
                if word == "booting":
                    pass
                elif word == "hello":
                    again = True
                    guest.say(memory)
                elif word in ("cut", "reboot"):
                    order = json.loads(rest)
                    memory = order.pop("memory")
                    place = f"the boot for {memory['part']!r}"
                    if word == "reboot":
                        guest.goes_down(deadline)
                    tell(release, "reboot" if word == "reboot" else "power cut")
                    guest.cut()
                    guest.boot(**order)
                elif word == "part":
                    place = rest
                    detail(release, f"-- {rest}")
                elif word == "ok":
                    tally.ok(rest)
                elif word == "not-ok":
                    tally.failed(rest)
                    failing = True
                elif word in guest.answers:
                    guest.say(guest.answers[word](rest))
                elif word == "broken":
                    raise Broken(f"the guest's runner broke off:\n{json.loads(rest)}\n{tail(guest.console)}")
                elif word == "done":
                    break
                else:
                    raise Broken(f"the guest said {word!r} {rest!r}")
        except KernelDied as error:
            raise KernelDied(f"in {place}, the rest was not played: {error}") from None
        except Broken as error:
            tally.failed(f"in {place}, the rest was not played: {error}")
        finally:
            guest.cut()
