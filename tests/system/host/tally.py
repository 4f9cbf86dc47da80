"""What the runner says while it runs, and what it counts. Two releases are played at a time: every line bears its release's name."""

import threading
import time

BEGAN = time.monotonic()
_lock = threading.Lock()


def tell(release, text):
    with _lock:
        print(f"[{time.monotonic() - BEGAN:6.1f} s] {release}: {text}", flush=True)


def detail(release, text):
    with _lock:
        print(f"             {release}: {text}", flush=True)


class Tally:
    """What passed in one release, and what failed with its text: all of that is told once more at the end, where it is
    found."""

    def __init__(self, release):
        self.release, self.passed, self.failures, self.repeats, self.took = release, 0, [], [], {}

    def ok(self, text):
        self.passed += 1
        tell(self.release, f"ok     {text}")

    def failed(self, text):
        tell(self.release, f"not ok {text}")
        self.failures.append([f"{self.release}: {text}"])

    def more(self, text):
        """A line more on the last failure."""
        self.failures[-1].append(f"    {text}")

    def play_again(self, error):
        """Nothing that passed so far counts, for it will be played once more; what failed does."""
        self.passed = 0
        tell(self.release, f"PLAYED ONCE MORE, for {error}")
        self.repeats.append(f"{self.release} was PLAYED ONCE MORE, for {' '.join(str(error).splitlines()[:2])}")

    def took_since(self, what, began):
        self.took[what] = self.took.get(what, 0) + time.monotonic() - began


def report(tallies):
    """Whether all is well."""
    for text in (text for tally in tallies for text in tally.repeats):
        print(f"\n{text}")
    print()
    for tally in tallies:
        print(f"{tally.release}: {', '.join(f'{what} {took:.0f} s' for what, took in tally.took.items())}; {tally.passed} passed")
    print(f"all: {time.monotonic() - BEGAN:.0f} s")
    failures = [lines for tally in tallies for lines in tally.failures]
    if failures:
        print("\nFailures:")
    for lines in failures:
        print("\n".join(lines))
    passed = sum(tally.passed for tally in tallies)
    print(f"{passed} passed, {len(failures)} failed", flush=True)
    return passed > 0 and not failures
