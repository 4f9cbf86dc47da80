"""Picture health: how often verdicts are right, and what one costs, beside ffmpeg's blackdetect and freezedetect, which are
given the very same pictures as a video of one a second. They know nothing of covered, sprayed, defocused or moved.

As a program: pictures.py BUILD-DIR [CAMERA-WEEKS], prints the figures."""

import json
import re
import resource
import subprocess
import sys
from pathlib import Path

WEEKS = 6
CLASSES = ("black", "frozen", "covered", "sprayed", "defocused", "moved")
# Three pictures in a row, as ours; all else is what these filters have by default.
FILTERS = "blackdetect=d=2,freezedetect=d=2"
SPANS = {
    "black": (re.compile(r"black_start:([\d.]+)"), re.compile(r"black_end:([\d.]+)")),
    "frozen": (re.compile(r"freeze_start: ([\d.]+)"), re.compile(r"freeze_end: ([\d.]+)")),
}
HOW = (
    "Pictures: {weeks} camera-weeks of generated scenes (tests/fakes/cameras/scene.h) with a fault every 3 to 14 hours and "
    "rain, fog, insects, headlights and lorries between, 352x288, one picture every five minutes. An episode is found when "
    "the right verdict comes while it lasts, an alarm is right when that is so at its time. ffmpeg: " + FILTERS + " over the "
    "same JPEGs as a video of one a second. Processor time a picture: decoding and judging, medians of 10 rounds; ffmpeg's is "
    "of the whole run, both filters, by pictures"
)


class Spans:
    """[from, till) in pictures, by class."""

    def __init__(self):
        self.by_class = {name: [] for name in CLASSES}

    def add(self, name, begin, end):
        self.by_class[name].append((begin, end))


def read_truth(path):
    """Episodes, our alarms (beginning and end), and the number of pictures."""
    episodes, alarms, since = Spans(), Spans(), {"is": ("ok", 0), "told": ("ok", 0)}
    for line in path.read_text().splitlines():
        doc = json.loads(line)
        if "pictures" in doc:
            return episodes, alarms, doc["pictures"]
        kind = "is" if "is" in doc else "told"
        name, begin = since[kind]
        if name != "ok":
            (episodes if kind == "is" else alarms).add(name, begin, doc["at"])
        since[kind] = (doc[kind], doc["at"])
    raise SystemExit("bench_pictures did not finish")


def read_ffmpeg(text, pictures):
    told = Spans()
    for name, (begin, end) in SPANS.items():
        begins = [round(float(x)) for x in begin.findall(text)]
        ends = [round(float(x)) for x in end.findall(text)]
        ends += [pictures] * (len(begins) - len(ends))
        for span in zip(begins, ends):
            told.add(name, *span)
    return told


def score(name, episodes, alarms, told_after=0):
    """Precision and recall. `told_after`: an alarm of ffmpeg bears the time of its first picture, ours of its third."""
    true, told = episodes.by_class[name], alarms.by_class[name]
    right = sum(any(begin <= at + told_after < end for begin, end in true) for at, _ in told)
    found = sum(any(at + told_after < end and till > begin for at, till in told) for begin, end in true)
    return (right / len(told) if told else 1.0), (found / len(true) if true else 1.0)


def run_set(build, work, weeks):
    truth = Path(work) / "pictures.truth"
    maker = subprocess.Popen([build / "bench/bench_pictures", "set", str(weeks), truth], stdout=subprocess.PIPE)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ffmpeg = subprocess.run(
        ["ffmpeg", "-hide_banner", "-nostats", "-f", "mjpeg", "-framerate", "1", "-i", "-", "-vf", FILTERS, "-an", "-f", "null", "-"],
        stdin=maker.stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=1800,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    maker.stdout.close()
    if maker.wait(timeout=60) != 0 or ffmpeg.returncode != 0:
        raise SystemExit(f"bench_pictures, ffmpeg: {ffmpeg.stderr[-2000:]}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return truth, ffmpeg.stderr, seconds


def measure(figures, build, work, weeks=WEEKS):
    truth, heard, seconds = run_set(build, work, weeks)
    episodes, ours, pictures = read_truth(truth)
    theirs = read_ffmpeg(heard, pictures)
    figures.method(HOW.format(weeks=weeks))
    for name in CLASSES:
        precision, recall = score(name, episodes, ours)
        peers = ({}, {})
        if name in SPANS:
            p, r = score(name, episodes, theirs, 2)
            peers = ({"ffmpeg": p}, {"ffmpeg": r})
        figures.add(f"camera.picture.{name}_precision", precision, "", peers[0])
        figures.add(f"camera.picture.{name}_recall", recall, "", peers[1])
    fine = [
        at
        for name in CLASSES
        for at, _ in ours.by_class[name]
        if not any(begin <= at < end for spans in episodes.by_class.values() for begin, end in spans)
    ]
    figures.add("camera.picture.false_alarms", len(fine) / weeks, "a camera-week")
    cost = subprocess.run([build / "bench/bench_pictures", "cost"], capture_output=True, text=True, timeout=300, check=False)
    if cost.returncode != 0:
        raise SystemExit(f"bench_pictures: {cost.stderr}")
    figures.take(cost.stdout)
    figures.add("camera.picture.ffmpeg_cpu_352x288", seconds * 1000 / pictures, "ms")


def main():
    import tempfile

    from figures import Figures

    build = Path(sys.argv[1]).resolve()
    figures = Figures()
    with tempfile.TemporaryDirectory() as work:
        measure(figures, build, work, int(sys.argv[2]) if len(sys.argv) > 2 else WEEKS)
    figures.print()


if __name__ == "__main__":
    main()
