"""The watchdog beside real servers: gst-rtsp-server with x264, and ffmpeg as the recorder that must not be disturbed."""

import json
import subprocess

import pytest

import cameras as of
import thon


@pytest.fixture
def watched(site, mqtt):
    """watched(server, 16): the streams of a server as cameras 1 to 16 of a daemon that is ready, and looks only when it is asked
    to; check(camera) asks for the whole ladder and gives what was found."""
    site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")

    class Watch:
        def __init__(self):
            self.daemon = None

        def start(self, server, streams=1, password=of.PASSWORD, path=None, **sections):
            of.quick(site, password, **{"camera": {"interval": "1h", "play": "0s", "retry": "1h"}, **sections})
            for n in range(1, streams + 1):
                config = {"url": server.url(n) if path is None else f"rtsp://127.0.0.1:{server.port}{path}"}
                site.ok(*f"device add cam-{n} --kind camera --area xa --name".split(), f"Cam {n}", "--config", json.dumps(config))
            self.daemon = site.start("camerad")
            for n in range(1, streams + 1):
                mqtt.wait_for(f"camera/cam-{n}/state", timeout=20)
            return self

        @staticmethod
        def check(n=1):
            answer = mqtt.request(f"camera/cam-{n}/check", {}, timeout=30)
            assert answer["ok"], answer
            return answer

    return Watch().start


def test_a_real_camera_is_well_and_no_session_is_left(make_real, watched):
    server = make_real()
    camera = watched(server)
    found = camera.check()
    assert (found["found"], found["reached"]) == ("ok", "RTP")
    assert "H264" in found["detail"] and not found["login_basic"]
    assert server.did("setup") == ["setup /1/stream=0"]
    assert server.did("play") == ["play /1"] and server.did("teardown") == ["teardown /1"]
    server.wait_left(0, 0)


@pytest.mark.parametrize("login, codec, basic", [("basic", "h264", True), ("none", "h264", False), ("digest", "jpeg", False)])
def test_other_logins_and_codecs(make_real, watched, login, codec, basic):
    server = make_real(login=login, codec=codec)
    found = watched(server).check()
    assert (found["found"], found["reached"], found["login_basic"]) == ("ok", "RTP", basic)
    server.wait_left(0, 0)


def test_a_wrong_password_is_tried_twice_at_most(make_real, watched):
    server = make_real()
    camera = watched(server, password="sai")
    found = [camera.check() for _ in range(2)][-1]
    assert found["found"] == "password" and found["login_stopped"]
    assert server.did("setup") == []
    server.wait_left(0, 0)


def test_sixteen_streams(make_real, watched):
    server = make_real(streams=16)
    camera = watched(server, 16, camera={"interval": "1h", "play": "0s", "retry": "1h", "rtp_ms": 10000, "answer_ms": 10000})
    found = [camera.check(n) for n in range(1, 17)]
    assert {(f["found"], f["reached"]) for f in found} == {("ok", "RTP")}
    assert sorted(server.did("teardown")) == sorted(f"teardown /{n}" for n in range(1, 17))
    server.wait_left(0, 0)


def test_no_such_stream(make_real, watched):
    server = make_real()
    found = watched(server, path="/none").check()
    assert found["found"] == "no-stream"
    server.wait_left(0, 0)


def test_a_server_that_hangs_and_one_that_is_gone(make_real, watched):
    server = make_real()
    camera = watched(server)
    server.freeze()
    assert camera.check()["found"] == "hung"
    server.thaw()
    assert camera.check()["found"] == "ok"
    server.wait_left(0, 0)
    server.kill()
    assert camera.check()["found"] == "port-closed"


def test_a_recorder_is_not_disturbed(make_real, watched, tmp_path):
    """ffmpeg records six seconds; meanwhile we look thrice. Not a frame is missing."""
    server = make_real()
    camera = watched(server)
    url = server.url().replace("rtsp://", f"rtsp://{of.USER}:{of.PASSWORD}@")
    argv = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-t", "6", "-c", "copy", tmp_path / "record.mp4"]
    recorder = thon.Process(argv, name="ffmpeg")
    server.wait_log(r"^play /1$")
    assert [camera.check()["found"] for _ in range(3)] == ["ok"] * 3
    assert recorder.wait(60) == 0 and recorder.lines == []
    probe = ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", tmp_path / "record.mp4"]
    told = subprocess.run(probe, capture_output=True, text=True, timeout=60, check=True).stdout
    at = sorted(float(line.strip(",")) for line in told.split())
    assert at[-1] - at[0] > 5
    assert max(b - a for a, b in zip(at, at[1:])) < 0.3, "fifteen a second, without a gap"
    assert len(server.did("teardown")) == 4
    server.wait_left(0, 0)
