"""Streams: what comes over HTTP is aired, is told when it is silent, and its loss is an error and no endless silence."""

import http.server
import os
import threading

import pytest
import thon
from player import RATE, Player, air, ffmpeg, read_wav, rms_db, sine, tone_db, write_wav


@pytest.fixture
def play():
    players = []

    def start(order, **options):
        players.append(Player(order, **options))
        return players[-1]

    yield start
    for one in players:
        one.close()


@pytest.fixture
def station(tmp_path):
    """station(path, *pieces): a stream of these bytes; an Event among them is waited for before the rest is sent. Its URL."""
    streams, events = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            pieces = streams.get(self.path)
            self.send_response(200 if pieces else 404)
            self.send_header("Content-Type", "audio/mpeg")
            self.end_headers()
            for piece in pieces or ():
                if isinstance(piece, threading.Event):
                    piece.wait(30 * thon.SLOW)
                    continue
                try:
                    self.wfile.write(piece)
                    self.wfile.flush()
                except OSError:
                    return

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def stream(path, *pieces):
        streams[path] = pieces
        events.extend(p for p in pieces if isinstance(p, threading.Event))
        return f"http://127.0.0.1:{server.server_port}{path}"

    yield stream
    for event in events:
        event.set()
    server.shutdown()
    server.server_close()


def coded(tmp_path, samples, *options, suffix="mp3"):
    file = tmp_path / f"coded.{suffix}"
    ffmpeg("-i", write_wav(tmp_path / "source.wav", samples), *options, file)
    return file.read_bytes()


def until_error(player, timeout=20):
    lines = []
    while not lines or lines[-1]["is"] != "error":
        lines.append(player.coming.get(timeout=timeout * thon.SLOW))
        assert lines[-1] is not None and lines[-1]["is"] not in ("done", "stopped"), lines
    return lines


@pytest.mark.parametrize(
    ("suffix", "options"),
    [("mp3", ("-b:a", "96k")), ("ogg", ("-c:a", "libvorbis")), ("opus", ("-c:a", "libopus"))],
)
def test_a_stream_is_aired(play, tmp_path, station, suffix, options):
    url = station("/live", coded(tmp_path, sine(1000, 6), *options, suffix=suffix), threading.Event())
    out = tmp_path / "out.wav"
    p = play(air([{"tone": "chime-in"}, {"live": url, "for_us": 900_000, "silent_us": 800_000}], f"file:{out}"))
    assert p.wait("done")["position_us"] == 2_900_000, "the chime and its own time, no more"
    heard = read_wav(out)
    assert len(heard) == 2.9 * RATE
    assert abs(tone_db(heard[2 * RATE + 480 :], 1000) + 21.07) < 1, "while it chimed the stream was got ready"
    assert "silent" not in [line["is"] for line in p.lines]


def test_silence_is_told_and_goes_on(play, tmp_path, station):
    stream = coded(tmp_path, sine(1000, 1) + sine(1000, 8, level=0), "-b:a", "64k")
    url = station("/live", stream, threading.Event())
    out = tmp_path / "out.wav"
    p = play(air([{"live": url, "for_us": 8_000_000, "silent_us": 1_000_000}], f"file:{out}"))
    p.wait("silent")
    p.say({"do": "stop", "fade_ms": 0})
    at = p.wait("stopped")["position_us"]
    assert 1_800_000 < at < 4_500_000
    assert [line["is"] for line in p.lines].count("silent") == 1


def test_a_station_that_says_nothing_is_silent(play, tmp_path, station):
    p = play(air([{"live": station("/live", threading.Event()), "for_us": 8_000_000, "silent_us": 500_000}], f"file:{tmp_path}/o.wav"))
    p.wait("silent", timeout=5)
    p.say({"do": "stop"})
    p.wait("stopped")


def test_a_connection_that_is_lost_is_told_when_all_was_heard(play, tmp_path, station):
    url = station("/live", coded(tmp_path, sine(1000, 1.5), "-b:a", "96k"))
    out = tmp_path / "out.wav"
    p = play(air([{"live": url, "for_us": 60_000_000, "silent_us": 10_000_000}], f"file:{out}"))
    assert until_error(p)[-1]["what"] == "input"
    assert p.end() == 1
    heard = read_wav(out)
    sounding = sum(1 for i in range(0, len(heard) - 480, 480) if rms_db(heard[i : i + 480]) > -30) * 480
    assert abs(sounding - 1.5 * RATE) < 0.1 * RATE


def test_no_station_at_all(play, tmp_path, station):
    for url in (station("/is", b"x").replace("/is", "/none"), "http://127.0.0.1:1/", "http://no-such-host.invalid/"):
        p = play(air([{"live": url, "for_us": 60_000_000}], f"file:{tmp_path}/o.wav"))
        assert until_error(p)[-1]["what"] == "input"
        assert p.end() == 1


def test_a_page_is_no_stream(play, tmp_path, station):
    url = station("/live", b"<html><body>Thong bao</body></html>" * 3000, threading.Event())
    p = play(air([{"live": url, "for_us": 60_000_000}], f"file:{tmp_path}/o.wav"))
    assert until_error(p)[-1]["what"] == "input"


def test_a_recording_as_live_input(play, tmp_path):
    """Nothing of it is lost, and its end is an end."""
    (tmp_path / "1.mp3").write_bytes(coded(tmp_path, sine(1000, 1.2), "-b:a", "96k"))
    out = tmp_path / "out.wav"
    inputs = [{"live": f"file:{tmp_path}/1.mp3", "for_us": 60_000_000}, {"tone": "chime-out"}]
    p = play(air(inputs, f"file:{out}", limit_us=2_000_000))
    p.wait("done")
    heard = read_wav(out)
    assert abs(tone_db(heard[4800:48000], 1000) + 21.07) < 0.5
    assert rms_db(heard[int(1.4 * RATE) : int(1.6 * RATE)]) > -30, "the chime follows at once"


def test_a_recording_that_is_none(play, tmp_path):
    (tmp_path / "1.mp3").write_bytes(b"Kinh thua ba con\n" * 500)
    os.mkfifo(tmp_path / "pipe")
    for name in ("1.mp3", "none.mp3", "pipe"):
        p = play(air([{"live": f"file:{tmp_path}/{name}", "for_us": 60_000_000}], f"file:{tmp_path}/o.wav"))
        assert until_error(p)[-1]["what"] == "input"
        assert p.end() == 1
