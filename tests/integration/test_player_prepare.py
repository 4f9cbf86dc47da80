"""Recordings of all kinds become prepared sound at one loudness, and what is no recording is said to be none."""

import math
import os
import random
import signal
import struct
import zipfile

import pytest
import thon
from player import RATE, Player, ffmpeg, loudness, read_wav, rms_db, sine, tone_db, write_wav


@pytest.fixture
def prepare(tmp_path):
    """prepare(file, **): its last line. What lies beside the result afterwards is the result alone."""
    results = tmp_path / "results"
    results.mkdir()
    players = []

    def run(file, max_s=60, loudness=-16, out=results / "out.wav"):
        p = Player({"mode": "prepare", "file": str(file), "out": str(out), "loudness": loudness, "max_s": max_s})
        players.append(p)
        answer = p.coming.get(timeout=60 * thon.SLOW)
        assert answer is not None, p.errors
        assert p.end() == (0 if answer["is"] == "prepared" else 1)
        assert {f.name for f in results.iterdir()} <= {"out.wav"}
        return answer

    run.out = results / "out.wav"
    yield run
    for p in players:
        p.close()


def speech_like(seconds, level, seed=1):
    """Syllables of noise with pauses: a crest as speech has it."""
    noise = random.Random(seed)
    samples = []
    last = [0.0] * 5  # nothing near half the rate, where no voice is and meters of true peaks differ
    for i in range(round(seconds * RATE)):
        t = i / RATE
        loud = max(0.0, math.sin(2 * math.pi * 2.5 * t)) * (0.3 + 0.7 * (math.sin(2 * math.pi * 0.7 * t) > 0))
        last = [*last[1:], noise.gauss(0, 0.5)]
        samples.append(max(-32768, min(32767, round(32767 * level * loud * sum(last) / 5))))
    return samples


def good(prepare, answer, seconds, wanted=-16, slack=0.03):
    assert answer["is"] == "prepared", answer
    lufs, peak = loudness(prepare.out)
    assert abs(lufs - wanted) <= 1 and peak <= -1, (lufs, peak)
    assert abs(answer["lufs"] - lufs) < 0.2 and abs(answer["peak_db"] - peak) < 0.6
    samples = read_wav(prepare.out)
    assert abs(len(samples) - seconds * RATE) <= slack * RATE
    assert abs(answer["length_us"] - len(samples) * 1e6 / RATE) < 1
    return samples


CODINGS = {
    "wav-22050": ("wav", "-ar", 22050, "-ac", 1),
    "wav-stereo": ("wav", "-ar", 44100, "-ac", 2),
    "wav-8-bit": ("wav", "-c:a", "pcm_u8", "-ar", 8000, "-ac", 1),
    "wav-float": ("wav", "-c:a", "pcm_f32le", "-ar", 96000, "-ac", 2),
    "wav-alaw": ("wav", "-c:a", "pcm_alaw", "-ar", 8000, "-ac", 1),
    "mp3": ("mp3", "-b:a", "96k", "-ar", 44100),
    "mp3-tagged": ("mp3", "-b:a", "64k", "-ar", 22050, "-id3v2_version", 3, "-metadata", "title=Bản tin"),
    "vorbis": ("ogg", "-c:a", "libvorbis", "-ar", 44100),
    "opus": ("opus", "-c:a", "libopus", "-b:a", "32k"),
    "flac": ("flac", "-c:a", "flac", "-ar", 32000),
    "ogg-flac": ("oga", "-c:a", "flac", "-ar", 48000),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_recordings_of_every_kind(prepare, tmp_path, coding):
    suffix, *options = CODINGS[coding]
    source = write_wav(tmp_path / "source.wav", sine(1000, 2.5, level=0.3))
    file = tmp_path / f"file.{suffix}"
    ffmpeg("-i", source, *options, file)
    samples = good(prepare, prepare(file), 2.5, slack=0.08)
    assert tone_db(samples[24000:96000], 1000) > -19, "the same sound"


@pytest.mark.parametrize(("name", "level"), [("loud", 1.0), ("soft", 0.02), ("usual", 0.2)])
def test_loud_and_soft_come_out_alike(prepare, tmp_path, name, level):
    file = write_wav(tmp_path / "1.wav", speech_like(4, level))
    good(prepare, prepare(file), 4)


def test_clipped_sound_comes_out_no_worse(prepare, tmp_path):
    file = write_wav(tmp_path / "1.wav", [max(-32768, min(32767, 6 * s)) for s in speech_like(4, 1.0)])
    good(prepare, prepare(file), 4)


def test_another_loudness(prepare, tmp_path):
    file = write_wav(tmp_path / "1.wav", speech_like(3, 0.3))
    good(prepare, prepare(file, loudness=-23), 3, wanted=-23)


def test_a_bang_does_not_make_the_rest_soft(prepare, tmp_path):
    """A bang of 30 dB above soft speech: it is all that the gate of R128 lets through at first."""
    samples = speech_like(4, 0.03)
    samples[96000:96240] = sine(600, 0.005, level=1.0)
    answer = prepare(write_wav(tmp_path / "1.wav", samples))
    assert answer["is"] == "prepared" and abs(answer["lufs"] + 16) < 3 and loudness(prepare.out)[1] <= -1


def test_peaks_between_the_samples_count(prepare, tmp_path):
    """A quarter of the rate at 45 degrees: every sample is 3 dB below the true peak."""
    wave = [round(32767 * math.sin(math.pi / 2 * i + math.pi / 4) * (1 if i % 48000 < 4800 else 0.01)) for i in range(4 * RATE)]
    answer = prepare(write_wav(tmp_path / "1.wav", wave), loudness=-10)
    assert answer["is"] == "prepared" and answer["peak_db"] <= -1
    assert loudness(prepare.out)[1] <= -1


def test_a_word_is_enough(prepare, tmp_path):
    answer = prepare(write_wav(tmp_path / "1.wav", sine(500, 0.2, level=0.1)))
    assert answer["is"] == "prepared" and answer["peak_db"] <= -1 and answer["length_us"] == 200_000


def test_what_is_prepared_again_stays_as_it_is(prepare, tmp_path):
    first = good(prepare, prepare(write_wav(tmp_path / "1.wav", speech_like(3, 0.1))), 3)
    os.rename(prepare.out, tmp_path / "2.wav")
    again = good(prepare, prepare(tmp_path / "2.wav"), 3)
    assert len(first) == len(again) and abs(rms_db(first) - rms_db(again)) < 0.4


def test_the_old_result_stands_until_the_new_is_whole(prepare, tmp_path):
    prepare.out.write_bytes(b"old")
    (tmp_path / "bad").write_bytes(b"text " * 99)
    assert prepare(tmp_path / "bad")["is"] == "error"
    assert prepare.out.read_bytes() == b"old"
    good(prepare, prepare(write_wav(tmp_path / "1.wav", speech_like(2, 0.1))), 2)


def refused(answer, what="format"):
    assert (answer["is"], answer["what"]) == ("error", what), answer
    assert answer["detail"]


def test_what_is_no_sound(prepare, tmp_path):
    file = tmp_path / "file.mp3"
    packed = tmp_path / "packed"
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("a.mp3", b"abc" * 1000)
    picture = tmp_path / "1.png"
    ffmpeg("-f", "lavfi", "-i", "color=red:size=64x64:d=1", "-frames:v", 1, picture)
    noise = random.Random(5).randbytes(50_000)
    for content in (b"", b"K\xc3\xadnh th\xc6\xb0a b\xc3\xa0 con.\n" * 999, packed.read_bytes(), picture.read_bytes(), b"\0" * 9999, noise):
        file.write_bytes(content)
        refused(prepare(file))


def test_silence_is_told(prepare, tmp_path):
    refused(prepare(write_wav(tmp_path / "1.wav", [0] * RATE)))
    refused(prepare(write_wav(tmp_path / "1.wav", sine(500, 2, level=0.0003))))
    refused(prepare(write_wav(tmp_path / "1.wav", [])))


def test_what_is_not_there(prepare, tmp_path):
    refused(prepare(tmp_path / "none.wav"), "input")
    refused(prepare(tmp_path), "input")
    os.mkfifo(tmp_path / "pipe")
    refused(prepare(tmp_path / "pipe"), "input")
    refused(prepare(write_wav(tmp_path / "1.wav", sine(500, 1)), out=tmp_path / "no" / "out.wav"), "sink")


def test_half_a_file(prepare, tmp_path):
    source = write_wav(tmp_path / "source.wav", speech_like(4, 0.2))
    for name, *options in (("1.mp3", "-b:a", "64k"), ("1.ogg", "-c:a", "libvorbis"), ("1.opus", "-c:a", "libopus")):
        file = tmp_path / name
        ffmpeg("-i", source, *options, file)
        os.truncate(file, file.stat().st_size // 2)
        answer = prepare(file)
        assert answer["is"] == "prepared" and 900_000 < answer["length_us"] < 3_500_000, (name, answer)
    whole = (tmp_path / "1.mp3").read_bytes()
    (tmp_path / "2.mp3").write_bytes(whole[:100])
    refused(prepare(tmp_path / "2.mp3"))


def test_headers_that_promise_the_world(prepare, tmp_path):
    raw = bytearray(open(write_wav(tmp_path / "1.wav", speech_like(2, 0.2)), "rb").read())
    raw[4:8] = raw[40:44] = struct.pack("<I", 0xFFFFFFF0)
    (tmp_path / "2.wav").write_bytes(raw)
    good(prepare, prepare(tmp_path / "2.wav"), 2)
    raw[22:24] = struct.pack("<H", 65535)  # channels
    (tmp_path / "2.wav").write_bytes(raw)
    refused(prepare(tmp_path / "2.wav"))
    tag = b"ID3\x03\0\0" + bytes([0x7F, 0x7F, 0x7F, 0x7F])  # 256 MiB of it
    (tmp_path / "3.mp3").write_bytes(tag + b"\0" * 4000)
    refused(prepare(tmp_path / "3.mp3"))
    flac = b"fLaC" + b"\x84\xff\xff\xff" + b"\0" * 4000  # comments of 16 MiB, the last block
    (tmp_path / "4.flac").write_bytes(flac)
    refused(prepare(tmp_path / "4.flac"))


def test_it_does_not_take_for_ever(prepare, tmp_path):
    refused(prepare(write_wav(tmp_path / "1.wav", sine(500, 3.1)), max_s=3), "too-long")
    good(prepare, prepare(write_wav(tmp_path / "1.wav", speech_like(3, 0.2)), max_s=3), 3)


def test_an_ogg_without_end(prepare, tmp_path):
    """Chained streams, one behind the other: ten hours in a small file."""
    ffmpeg("-f", "lavfi", "-i", "sine=440:duration=10", "-c:a", "libopus", "-b:a", "6k", tmp_path / "1.opus")
    chain = tmp_path / "chain.ogg"
    chain.write_bytes((tmp_path / "1.opus").read_bytes() * 3600)
    refused(prepare(chain, max_s=60), "too-long")


def test_killed_it_leaves_nothing(prepare, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=900:a=0.1", "-ar", 8000, tmp_path / "1.wav")
    p = Player({"mode": "prepare", "file": str(tmp_path / "1.wav"), "out": str(prepare.out), "loudness": -16, "max_s": 2700})
    deadline = thon.Deadline(20)
    while not busy(p.pid):
        assert not deadline.passed() and p.child.poll() is None
    os.kill(p.pid, signal.SIGKILL)
    p.close()
    assert list(prepare.out.parent.iterdir()) == []


def test_nobody_waits_for_it_any_more(prepare, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=900:a=0.1", "-ar", 8000, tmp_path / "1.wav")
    p = Player({"mode": "prepare", "file": str(tmp_path / "1.wav"), "out": str(prepare.out), "loudness": -16, "max_s": 2700})
    deadline = thon.Deadline(20)
    while not busy(p.pid):
        assert not deadline.passed() and p.child.poll() is None
    p.child.stdin.close()
    assert p.end(timeout=3) == 1
    p.close()
    assert list(prepare.out.parent.iterdir()) == []


def busy(pid):
    """It decodes: its file without a name grows."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if " (deleted)" in os.readlink(f"/proc/{pid}/fd/{fd}") and os.stat(f"/proc/{pid}/fd/{fd}").st_size > 100_000:
                return True
        except FileNotFoundError:
            pass
    return False
