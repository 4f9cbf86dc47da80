"""What thon-player airs, sample by sample, into a file that behaves as a sound card."""

import json
import os
import signal
import time

import player
import pytest
import thon
from player import RATE, Player, air, decode, loudest, read_wav, rms_db, sine, tone_db, write_wav

US = 1_000_000


@pytest.fixture
def play(tmp_path):
    """play(order): a player. It is gone after the test."""
    players = []

    def start(order, **options):
        players.append(Player(order, **options))
        return players[-1]

    yield start
    for one in players:
        one.close()


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.wav"


def sink(out):
    return f"file:{out}"


def test_inputs_follow_each_other_sample_by_sample(play, tmp_path, out):
    whole = sine(997, 1.2)
    cut = 24001  # in the middle of a block, of a period, of everything
    first, second = write_wav(tmp_path / "1.wav", whole[:cut]), write_wav(tmp_path / "2.wav", whole[cut:])
    p = play(air([{"file": first}, {"file": second}, {"file": first}], sink(out)))
    assert p.wait("done") == {"is": "done", "position_us": round((len(whole) + cut) * US / RATE)}
    assert p.end() == 0
    assert read_wav(out) == whole + whole[:cut]
    assert [line["is"] for line in p.lines[:2]] == ["ready", "started"]


def test_it_takes_the_time_that_it_sounds(play, tmp_path, out):
    file = write_wav(tmp_path / "1.wav", sine(500, 1.5))
    p = play(air([{"file": file}], sink(out)))
    p.wait("started")
    begun = time.monotonic()
    p.wait("done")
    assert 1.4 < time.monotonic() - begun < 1.5 + 0.5 * thon.SLOW


def test_the_first_sample_comes_soon(play, tmp_path, out):
    file = write_wav(tmp_path / "1.wav", sine(500, 0.1))
    begun = time.monotonic()
    p = play(air([{"file": file}], sink(out)))
    p.wait("started")
    took = time.monotonic() - begun
    print(f"from exec to the first sample: {took * 1000:.1f} ms")
    assert took < 0.5 * thon.SLOW


def test_a_stop_fades_and_what_was_left_goes_on_from_there(play, tmp_path, out):
    whole = sine(997, 3)
    file = write_wav(tmp_path / "1.wav", whole)
    p = play(air([{"file": file}], sink(out)))
    p.wait("level")
    p.say({"do": "stop", "fade_ms": 80})
    at = p.wait("stopped")["position_us"]
    assert p.end() == 0
    heard = read_wav(out)
    assert len(heard) == round(at * RATE / US) < len(whole)

    fade = round(0.08 * RATE)
    assert heard[:-fade] == whole[: len(heard) - fade]
    tenths = [rms_db(heard[len(heard) - fade + i * fade // 8 :][: fade // 8]) for i in range(8)]
    assert tenths == sorted(tenths, reverse=True), "softer all the time"
    assert tenths[0] > -21.5 and tenths[-1] < -45
    assert abs(heard[-1]) <= 1

    rest = tmp_path / "rest.wav"
    play(air([{"file": file}], sink(rest), from_us=at)).wait("done")
    resumed = read_wav(rest)
    assert len(heard) + len(resumed) == len(whole)
    assert resumed[240:] == whole[len(heard) + 240 :], "all but 5 ms that fade in"
    assert abs(resumed[0]) <= 1


def test_the_position_counts_over_all_inputs(play, tmp_path, out):
    one = write_wav(tmp_path / "1.wav", sine(400, 0.5))
    two = write_wav(tmp_path / "2.wav", sine(1600, 0.5))
    p = play(air([{"file": one}, {"file": two}], sink(out), from_us=600_000))
    assert p.wait("done")["position_us"] == US
    heard = read_wav(out)
    assert len(heard) == round(0.4 * RATE)
    assert tone_db(heard, 1600) > -22 and tone_db(heard, 400) < -60
    p = play(air([{"file": one}], sink(out), from_us=5 * US))
    assert p.wait("done")["position_us"] == US // 2, "behind the end is the end"


def test_no_sound_is_longer_than_its_limit(play, tmp_path, out):
    p = play(air([{"tone": "alarm"}], sink(out), limit_us=700_000, from_us=100_000))
    assert p.wait("done") == {"is": "done", "position_us": 800_000, "limit": True}
    heard = read_wav(out)
    assert len(heard) == round(0.7 * RATE)
    assert rms_db(heard[-96:]) < -40 < rms_db(heard[-5000:-4500]), "it fades before"
    file = write_wav(tmp_path / "1.wav", sine(500, 0.5))
    p = play(air([{"file": file}], sink(out), limit_us=500_000))
    assert "limit" not in p.wait("done"), "the end is no limit"


def test_a_zone_far_away_comes_later(play, tmp_path, out):
    whole = sine(500, 0.3)
    file = write_wav(tmp_path / "1.wav", whole)
    p = play(air([{"file": file}], sink(out), delay_ms=250))
    assert p.wait("done")["position_us"] == 300_000
    heard = read_wav(out)
    assert not any(heard[:12000]) and heard[12000:] == whole


def test_gain_and_high_pass(play, tmp_path, out):
    mixed = [a + b for a, b in zip(sine(100, 1.2), sine(1000, 1.2))]
    file = write_wav(tmp_path / "1.wav", mixed)
    p = play(air([{"file": file}], sink(out), gain_db=-6, highpass_hz=300))
    p.wait("done")
    before, after = mixed[9600:], read_wav(out)[9600:]
    assert tone_db(after, 100) < tone_db(before, 100) - 6 - 20
    assert abs(tone_db(after, 1000) - (tone_db(before, 1000) - 6)) < 0.5


def test_gain_saturates_instead_of_wrapping(play, tmp_path, out):
    file = write_wav(tmp_path / "1.wav", sine(500, 0.2, level=0.9))
    play(air([{"file": file}], sink(out), gain_db=12)).wait("done")
    heard = read_wav(out)
    assert max(heard) == 32767 and min(heard) == -32768
    assert max(abs(a - b) for a, b in zip(heard, heard[1:])) < 20000, "no jump from one end to the other"


def test_the_level_is_told_each_half_second(play, tmp_path, out):
    file = write_wav(tmp_path / "1.wav", sine(1000, 1.0) + sine(1000, 0.5, level=0))
    p = play(air([{"file": file}], sink(out)))
    p.wait("done")
    told = [line for line in p.lines if line["is"] == "level"]
    levels = [line["db"] for line in told]
    assert all(line["to_us"] - line["from_us"] == 500_000 for line in told)
    assert all(a["to_us"] < b["to_us"] for a, b in zip(told, told[1:])) and told[-1]["to_us"] <= time.monotonic_ns() // 1000
    assert levels[:2] == pytest.approx([-21.07, -21.07], abs=0.05) and levels[2] == -120


def test_it_waits_for_go(play, tmp_path, out):
    whole = sine(500, 0.3)
    p = play(air([{"file": write_wav(tmp_path / "1.wav", whole)}], sink(out), start="go"))
    p.wait("ready")
    assert len(read_wav(out)) == 0
    p.say({"do": "go"})
    p.wait("started")
    p.wait("done")
    assert read_wav(out) == whole


def test_a_stop_before_go_is_a_stop(play, tmp_path, out):
    p = play(air([{"file": write_wav(tmp_path / "1.wav", sine(500, 0.3))}], sink(out), start="go", from_us=50_000))
    p.wait("ready")
    p.say({"do": "stop", "fade_ms": 80})
    assert p.wait("stopped")["position_us"] == 50_000
    assert p.end() == 0 and len(read_wav(out)) == 0


def test_orders_in_one_breath(play, out):
    order = json.dumps(air([{"tone": "chime-in"}], sink(out), start="go")).encode()
    p = play(order + b'\n{"do":"go"}\n{"do":"stop","fade_ms":0}')
    assert p.wait("stopped")["position_us"] < US


def test_what_is_not_understood_does_not_stop_the_sound(play, tmp_path, out):
    whole = sine(500, 0.6)
    p = play(air([{"file": write_wav(tmp_path / "1.wav", whole)}], sink(out)))
    p.wait("started")
    for nonsense in (b"x", b"{}", b'{"do":"dance"}', b'{"do":"stop","fade_ms":-1}', b'{"do":"go","at":1}', b'{"do":"go"}'):
        p.say(nonsense)
    p.wait("done")
    assert read_wav(out) == whole


def test_without_announced_there_is_no_sound(play, out):
    p = play(air([{"tone": "alarm"}], sink(out)))
    p.wait("level")
    p.child.stdin.close()
    begun = time.monotonic()
    assert p.end() == 1
    assert time.monotonic() - begun < 0.3 * thon.SLOW
    assert 0.4 * RATE < len(read_wav(out)) < 3 * RATE


def test_a_killed_player_leaves_a_file_that_plays_and_nothing_else(play, tmp_path, out):
    p = play(air([{"tone": "alarm"}], sink(out), archive=str(tmp_path / "aired.opus")))
    p.wait("level")
    p.wait("level")
    os.kill(p.pid, signal.SIGKILL)
    p.end()
    assert 0.9 * RATE < len(read_wav(out)) < 4 * RATE
    assert {f.name for f in tmp_path.iterdir()} == {"out.wav", "aired.opus"}
    assert len(decode(tmp_path / "aired.opus")) > 0


def test_what_is_aired_is_kept_as_opus(play, tmp_path, out):
    whole = sine(440, 1) + sine(1760, 1)
    archive = tmp_path / "aired.opus"
    p = play(air([{"file": write_wav(tmp_path / "1.wav", whole)}], sink(out), archive=str(archive)))
    p.wait("done")
    kept = decode(archive)
    assert abs(len(kept) - len(whole)) < 0.02 * RATE
    assert loudest(kept[4800:43200], (440, 1760)) == 440 and loudest(kept[52800:91200], (440, 1760)) == 1760
    assert abs(rms_db(kept[4800:43200]) + 21.07) < 1
    assert archive.stat().st_size < 2 * 24000 / 8 * 1.6
    assert read_wav(out) == whole


def test_without_an_archive_there_is_sound_all_the_same(play, tmp_path, out):
    whole = sine(500, 0.3)
    file = write_wav(tmp_path / "1.wav", whole)
    p = play(air([{"file": file}], sink(out), archive=str(tmp_path / "none" / "aired.opus")))
    p.wait("done")
    assert read_wav(out) == whole
    assert any("no archive" in line for line in p.errors)


def test_the_chimes_rise_and_fall_and_the_alarm_is_one(play, tmp_path):
    notes = (523.25, 659.26, 783.99)
    heard = {}
    for tone in ("chime-in", "chime-out", "alarm"):
        file = tmp_path / f"{tone}.wav"
        p = play(air([{"tone": tone}], sink(file), limit_us=2_500_000))
        p.wait("done", timeout=10)
        heard[tone] = read_wav(file)
    struck = [round(0.4 * RATE * i) for i in range(3)]
    assert [loudest(heard["chime-in"][at : at + 14400], notes) for at in struck] == list(notes)
    assert [loudest(heard["chime-out"][at : at + 14400], notes) for at in struck] == list(notes[::-1])
    for chime in ("chime-in", "chime-out"):
        assert len(heard[chime]) == 2 * RATE
        assert abs(heard[chime][0]) < 400 and abs(heard[chime][-1]) < 400
    sweep = [loudest(heard["alarm"][at : at + 2400], range(400, 1300, 50)) for at in range(2400, 45600, 4800)]
    assert sweep == sorted(sweep, reverse=True) and sweep[0] > 1050 and sweep[-1] < 650
    assert rms_db(heard["alarm"][:RATE]) > rms_db(heard["chime-in"][:RATE]), "nothing is louder than the alarm"


def test_a_directory_gets_a_file_of_each_airing(play, tmp_path):
    folder = tmp_path / "air"
    folder.mkdir()
    whole = sine(500, 0.1)
    file = write_wav(tmp_path / "1.wav", whole)
    for _ in range(2):
        play(air([{"file": file}], sink(folder))).wait("done")
    files = sorted(folder.iterdir())
    assert [read_wav(f) for f in files] == [whole, whole]
    assert all(f.name.endswith("Z.wav") for f in files)


def test_a_file_sink_may_be_opus(play, tmp_path):
    file = tmp_path / "out.opus"
    p = play(air([{"file": write_wav(tmp_path / "1.wav", sine(880, 1))}], sink(file)))
    p.wait("done")
    heard = decode(file)
    assert abs(len(heard) - RATE) < 0.02 * RATE and abs(tone_db(heard[9600:], 880) + 21.07) < 1


GOOD = air([{"tone": "chime-in"}], "file:/nonexistent/x.wav")
BAD_ORDERS = {
    "no JSON": b"play!",
    "nothing": b"",
    "no object": b"[]",
    "no mode": b"{}",
    "unknown mode": {"mode": "sing"},
    "unknown member": {**GOOD, "volume": 11},
    "no inputs": {**GOOD, "inputs": []},
    "inputs of no kind": {**GOOD, "inputs": [{}]},
    "two kinds in one": {**GOOD, "inputs": [{"tone": "alarm", "file": "/x.wav"}]},
    "too many inputs": {**GOOD, "inputs": [{"tone": "alarm"}] * 65},
    "unknown tone": {**GOOD, "inputs": [{"tone": "siren"}]},
    "relative path": {**GOOD, "inputs": [{"file": "x.wav"}]},
    "live without end": {**GOOD, "inputs": [{"live": "http://127.0.0.1/x"}]},
    "live from anywhere": {**GOOD, "inputs": [{"live": "gopher://127.0.0.1/x", "for_us": 1}]},
    "no sink": {k: v for k, v in GOOD.items() if k != "sink"},
    "unknown sink": {**GOOD, "sink": "pulse:x"},
    "no limit": {k: v for k, v in GOOD.items() if k != "limit_us"},
    "limit of nothing": {**GOOD, "limit_us": 0},
    "a fraction": {**GOOD, "from_us": 0.5},
    "before the beginning": {**GOOD, "from_us": -1},
    "endless delay": {**GOOD, "delay_ms": 10**9},
    "gain beyond": {**GOOD, "gain_db": 90},
    "high-pass beyond": {**GOOD, "highpass_hz": 30000},
    "an archive of no name": {**GOOD, "archive": 7},
    "relative archive": {**GOOD, "archive": "x.opus"},
    "unknown start": {**GOOD, "start": "later"},
    "a line without end": b" " * 70000,
    "too deep": b"[" * 100,
    "prepare without limit": {"mode": "prepare", "file": "/a", "out": "/b"},
    "prepare with more": {"mode": "prepare", "file": "/a", "out": "/b", "max_s": 1, "x": 1},
    "listen to nothing": {"mode": "listen", "source": "alsa:"},
    "listen to the world": {"mode": "listen", "source": "http://x"},
}


@pytest.mark.parametrize("what", BAD_ORDERS)
def test_an_order_that_is_not_understood_is_refused(play, what):
    p = play(BAD_ORDERS[what])
    answer = p.coming.get(timeout=10 * thon.SLOW)
    assert answer["is"] == "error" and answer["what"] == "order" and answer["detail"], answer
    assert p.end() == 1


def test_only_prepared_sound_is_aired(play, tmp_path, out):
    whole = sine(500, 0.1)
    good = open(write_wav(tmp_path / "good.wav", whole), "rb").read()
    files = {
        "rate": open(write_wav(tmp_path / "rate.wav", whole, rate=44100), "rb").read(),
        "stereo": open(write_wav(tmp_path / "stereo.wav", whole, channels=2), "rb").read(),
        "text": b"Kinh thua ba con\n" * 50,
        "empty": b"",
        "head": good[:30],
        "headless": good[12:],
        "chunks": good[:12] + b"junk\0\0\0\0" * 1000,
    }
    for name, content in files.items():
        (tmp_path / f"{name}.wav").write_bytes(content)
        p = play(air([{"file": str(tmp_path / f"{name}.wav")}], sink(out)))
        answer = p.coming.get(timeout=10 * thon.SLOW)
        assert (answer["is"], answer["what"]) == ("error", "format"), (name, answer)
        assert p.end() == 1
    for path in (tmp_path / "none.wav",):
        answer = play(air([{"file": str(path)}], sink(out))).coming.get(timeout=10 * thon.SLOW)
        assert (answer["is"], answer["what"]) == ("error", "input")
    assert not out.exists(), "no sink was touched"


def test_a_header_that_promises_more_than_there_is(play, tmp_path, out):
    whole = sine(500, 0.2)
    file = write_wav(tmp_path / "1.wav", whole)
    raw = bytearray(open(file, "rb").read())
    raw[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "2.wav").write_bytes(raw)
    play(air([{"file": str(tmp_path / "2.wav")}], sink(out))).wait("done")
    assert read_wav(out) == whole


def test_a_file_that_becomes_shorter_is_told(play, tmp_path, out):
    file = write_wav(tmp_path / "1.wav", sine(500, 3))
    p = play(air([{"file": file}], sink(out)))
    p.wait("level")
    os.truncate(file, 1000)
    while (line := p.coming.get(timeout=10 * thon.SLOW))["is"] == "level":
        pass
    assert (line["is"], line["what"]) == ("error", "input")


def test_the_registry_is_made_once(play, tmp_path):
    registry = tmp_path / "registry.bin"
    p = play({"mode": "warm"}, env={"GST_REGISTRY": str(registry)})
    assert p.end(timeout=60) == 0
    made = registry.stat()
    assert made.st_size > 1000
    whole = player.write_wav(tmp_path / "1.wav", sine(500, 0.2))
    p = play(air([{"file": whole}], sink(tmp_path / "out.opus")), env={"GST_REGISTRY": str(registry)})
    p.wait("done")
    now = registry.stat()
    assert (now.st_ino, now.st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
