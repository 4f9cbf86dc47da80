"""The fence around a player that is at work, as the kernel shows it."""

import pathlib

import pytest
import thon
from player import Player, air, ffmpeg


@pytest.fixture
def play():
    players = []

    def start(order, **options):
        players.append(Player(order, **options))
        return players[-1]

    yield start
    for one in players:
        one.close()


def fenced(pid):
    """Every thread of it: no new privileges, and a filter of calls."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", (task, status)
    return sum(1 for _ in pathlib.Path(f"/proc/{pid}/task").iterdir())


def limits(pid):
    rows = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {row[:26].strip(): row[26:].split()[0] for row in rows}


def test_a_player_on_air_is_fenced(play, tmp_path):
    p = play(air([{"tone": "alarm"}], f"file:{tmp_path}/o.wav", archive=f"{tmp_path}/o.opus"))
    p.wait("started")
    assert fenced(p.pid) >= 2
    now = limits(p.pid)
    assert now["Max core file size"] == "0" and int(now["Max open files"]) <= 256
    if "asan" not in str(thon.BUILD):
        assert int(now["Max data size"]) <= 512 << 20


def test_a_player_that_waits_for_go_is_fenced(play, tmp_path):
    p = play(air([{"tone": "alarm"}], "rtp:127.0.0.1:9", start="go"))
    p.wait("ready")
    fenced(p.pid)


def test_a_stream_is_decoded_behind_the_fence(play, tmp_path):
    p = play(air([{"live": "rtp://127.0.0.1:0", "for_us": 1}], f"file:{tmp_path}/o.wav"))
    assert p.coming.get(timeout=10 * thon.SLOW)["what"] == "input"
    p = play(air([{"live": "http://127.0.0.1:1/", "for_us": 9_000_000}], f"file:{tmp_path}/o.wav", start="go"))
    p.wait("ready")
    fenced(p.pid)


def test_a_file_is_decoded_behind_the_fence(play, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=900:a=0.1", "-ar", 8000, tmp_path / "1.wav")
    p = play({"mode": "prepare", "file": f"{tmp_path}/1.wav", "out": f"{tmp_path}/o.wav", "max_s": 2700})
    deadline = thon.Deadline(20)
    while len(list(pathlib.Path(f"/proc/{p.pid}/task").iterdir())) < 2:
        assert not deadline.passed() and p.child.poll() is None
    fenced(p.pid)
    now = limits(p.pid)
    assert now["Max cpu time"] == "2760" and int(now["Max file size"]) <= (2700 + 1) * 48000 * 4


def test_nothing_is_said_of_a_whole_fence(play, tmp_path):
    p = play(air([{"tone": "chime-in"}], f"file:{tmp_path}/o.wav", limit_us=100_000))
    p.wait("done")
    p.end()
    for line in p.errors:
        assert "no Landlock" in line, "only old kernels lack a part of it"
