"""What hangs on a zone, end to end: the amplifier goes first and off again, its return input proves the sound, a higher station is relayed."""

import math
import struct
import time
import wave


TEXT = "Thông báo họp thôn lúc 7h30 tại nhà văn hóa. "


def tone(path, seconds, level=0.3):
    """A recording: a tone, or silence."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"".join(struct.pack("<h", int(32767 * level * math.sin(i * 2 * math.pi * 440 / 16000)))
                                  for i in range(int(seconds * 16000))))


def media(air, name, *args):
    place = air.site.state / "announce" / "media"
    place.mkdir(parents=True, exist_ok=True)
    tone(place / name, *args)


def test_the_amplifier_is_on_before_the_sound_and_off_after_it(air, gpio):
    air.zones("thon-4", amplifier="gpio:sim:amp/1", warm_up="1s", hold="1s")
    air.start(env={"THON_GPIO_SIM_LOG": "1"})
    gpio.wait("sim:amp", 1, 0)
    bulletin = air.submit(text=TEXT)
    air.aired(bulletin, "thon-4")
    gpio.wait("sim:amp", 1, 0, 15)
    # By what was written when, and not by when we get to look at it: the machine has others to serve.
    told = [row.split() for row in (gpio.line("sim:amp", 1) / "log").read_text(encoding="ascii").splitlines()]
    assert [level for _, level in told] == ["0", "1", "0"]
    on, off = (int(at) / 1e6 + time.time() - time.monotonic() for at, _ in told[1:])
    (file,), (sound,) = air.played("thon-4"), air.sounds("thon-4")
    ended = file.stat().st_mtime
    assert ended - sound.seconds - on > 0.9
    assert off - ended > 0.9


def test_a_killed_station_leaves_no_amplifier_on(air, gpio):
    air.zones("thon-4", amplifier="gpio:sim:amp/1", warm_up="1s")
    daemon = air.start()
    bulletin = air.submit(text=TEXT * 5)
    air.airing(bulletin, "thon-4", "on-air")
    air.kept_on_air()
    daemon.kill()
    air.start()
    gpio.wait("sim:amp", 1, 0, 15)


def test_sound_that_does_not_come_back_and_sound_that_nobody_ordered_are_told(air, gpio):
    air.zones("thon-4", **{"return": "gpio:sim:amp/2"})
    gpio.pull("sim:amp", 2, False)
    air.start()
    bulletin = air.submit(text=TEXT * 4)
    air.airing(bulletin, "thon-4", "on-air")
    silent = air.event("announce-silent", timeout=15)
    assert silent["severity"] == "critical" and "không có tiếng" in silent["text"]
    gpio.pull("sim:amp", 2, True)
    assert air.event("announce-silent", "cleared")["id"] == silent["id"]
    air.aired(bulletin, "thon-4", timeout=60)
    air.event("announce-stuck", timeout=20)
    gpio.pull("sim:amp", 2, False)
    air.event("announce-stuck", "cleared")
    air.kept(bulletin)
    (row,) = air.log()
    assert row["proof"] == "silent"


def test_a_higher_station_is_relayed_for_as_long_as_it_was_asked(air):
    tone(air.site.dir / "vov.wav", 30)
    air.conf(**{"source vov": {"url": f"file:{air.site.dir}/vov.wav"}})
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(source="vov", **{"for": 10})
    air.aired(bulletin, "thon-4")
    (sound,) = air.sounds("thon-4")
    assert 8 < sound.seconds < 12 and sound.level(1, 8) > -30


def test_a_station_that_falls_silent_gives_way_to_the_fallback(air):
    tone(air.site.dir / "vov.wav", 60, 0.0)
    media(air, "nhac.wav", 30)
    air.conf(**{"source vov": {"url": f"file:{air.site.dir}/vov.wav", "silent": "3s", "fallback": "nhac.wav"}})
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(source="vov", **{"for": 15})
    air.aired(bulletin, "thon-4", timeout=60)
    first, second = air.sounds("thon-4")
    assert first.seconds < 8 and first.level() < -60
    assert second.level(1, 5) > -40 and first.seconds + second.seconds < 18


def test_a_recording_is_preferred_when_given_and_a_bad_one_is_told_before_it_airs(air):
    media(air, "nhac.wav", 5, 0.02)
    air.zones("thon-4")
    air.conf(announce={"approval": "yes"})
    air.start()
    (air.site.state / "announce" / "media" / "hong.mp3").write_bytes(b"no sound at all" * 100)
    good, bad = air.submit(media="nhac.wav"), air.submit(media="hong.mp3")
    assert air.state(bad, lambda d: d["problem"])["seconds"] is None
    assert air.state(good, lambda d: d["seconds"])["seconds"] == 5
    assert air.ask(f"{good}/approve", {"by": "anh Nam"})["ok"]
    air.aired(good, "thon-4")
    (sound,) = air.sounds("thon-4")
    assert abs(sound.seconds - 5) < 0.3 and sound.level(0.5, 4.5) > -22  # brought to the loudness of speech


