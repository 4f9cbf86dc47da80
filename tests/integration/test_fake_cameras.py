"""The fake cameras speak what real ones speak, well enough for ffmpeg, and break as they are told to. Without that no other
test of the watchdog would prove anything."""

import base64
import contextlib
import datetime
import hashlib
import http.client
import os
import re
import socket
import struct
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

import cameras as of
import thon

# ---- a client of RTSP, as small as can be ----


class Answer:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ", 2)[1])
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
        self.body = body.decode("latin-1")

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def get(self, name):
        return (self.all(name) or [None])[0]


def digest(challenge, method, uri, user=of.USER, password=of.PASSWORD, count=1):
    """The header that answers a challenge."""
    told = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.split(" ", 1)[1]))
    algorithm = hashlib.sha256 if told.get("algorithm") == "SHA-256" else hashlib.md5
    h = lambda *parts: algorithm(":".join(parts).encode()).hexdigest()  # noqa: E731
    ha1, ha2 = h(user, told["realm"], password), h(method, uri)
    more = ""
    if "qop" in told:
        nc, cnonce = f"{count:08x}", "0a4f113b"
        response = h(ha1, told["nonce"], nc, cnonce, "auth", ha2)
        more = f', qop=auth, nc={nc}, cnonce="{cnonce}"'
    else:
        response = h(ha1, told["nonce"], ha2)
    if "algorithm" in told:
        more += f", algorithm={told['algorithm']}"
    return f'Digest username="{user}", realm="{told["realm"]}", nonce="{told["nonce"]}", uri="{uri}", response="{response}"{more}'


class Client:
    def __init__(self, farm, camera="c1", timeout=10):
        self.farm, self.camera = farm, camera
        self.url = farm.url(camera)
        self.socket = socket.create_connection((farm.addresses[camera], farm.rtsp_port), timeout * thon.SLOW)
        self.socket.settimeout(timeout * thon.SLOW)
        self.data, self.cseq, self.packets = b"", 0, []
        self.challenge, self.session = None, None

    def send(self, method, url=None, **headers):
        self.cseq += 1
        if self.session:
            headers.setdefault("Session", self.session)
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self.cseq}"]
        lines += [f"{k}: {v}" for k, v in headers.items() if v is not None]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.data += data

    def packet(self):
        """The next RTP packet: (sequence, timestamp, payload)."""
        while not self.packets:
            self.more()
            self._take_packets()
        return self.packets.pop(0)

    def _take_packets(self):
        while self.data[:1] == b"$":
            size = int.from_bytes(self.data[2:4], "big") if len(self.data) >= 4 else 1 << 20
            if len(self.data) < 4 + size:
                return
            rtp = self.data[4 : 4 + size]
            self.packets.append((*struct.unpack(">xxHI", rtp[:8]), rtp[12:]))
            self.data = self.data[4 + size :]

    def read(self):
        while True:
            self._take_packets()
            if self.data[:1] != b"$" and b"\r\n\r\n" in self.data:
                break
            self.more()
        head, rest = self.data.split(b"\r\n\r\n", 1)
        size = int((re.search(rb"(?i)\r\ncontent-length: *(\d+)", head) or [0, 0])[1])
        while len(rest) < size:
            self.more()
            rest = self.data.split(b"\r\n\r\n", 1)[1]
        self.data = rest[size:]
        return Answer(head, rest[:size])

    def ask(self, method, url=None, **headers):
        self.send(method, url, **headers)
        return self.read()

    def do(self, method, url=None, password=of.PASSWORD, **headers):
        """Asked with a login as soon as one is wanted; never twice."""
        if self.challenge:
            headers["Authorization"] = digest(self.challenge, method, url or self.url, password=password)
        answer = self.ask(method, url, **headers)
        if answer.status == 401 and not self.challenge:
            self.challenge = answer.get("WWW-Authenticate")
            return self.do(method, url, password, **headers)
        return answer

    def setup(self, track="trackID=1"):
        answer = self.do("SETUP", f"{self.url}/{track}", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        if answer.status == 200:
            self.session = answer.get("Session").split(";")[0]
        return answer

    def play(self):
        assert self.setup().status == 200
        answer = self.do("PLAY")
        assert answer.status == 200
        return answer

    def teardown(self):
        answer = self.do("TEARDOWN")
        self.session = None
        return answer

    def ended(self):
        """True: it was hung up; "reset" with an RST."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionResetError:
            return "reset"

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def snapshot(farm, camera="c1", path=None, password=of.PASSWORD, timeout=10):
    """Status, bytes and headers."""
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    url = farm.snapshot_url(camera, path) if path else farm.snapshot_url(camera)
    passwords.add_password(None, url, of.USER, password)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPDigestAuthHandler(passwords))
    try:
        with opener.open(url, timeout=timeout * thon.SLOW) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as e:
        return e.code, e.read(), e.headers


def grey(jpeg, w=64, h=48):
    """The picture as so many grey levels, by ffmpeg."""
    argv = ["ffmpeg", "-v", "error", "-f", "mjpeg", "-i", "-", "-vf", f"scale={w}:{h}:flags=area", "-pix_fmt", "gray"]
    done = subprocess.run([*argv, "-f", "rawvideo", "-"], input=jpeg, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and len(done.stdout) == w * h, done.stderr
    return done.stdout


# ---- RTSP ----


def test_a_whole_ladder_up_and_down(farm):
    with Client(farm) as client:
        answer = client.ask("OPTIONS")
        assert answer.status == 200 and "DESCRIBE" in answer.get("Public"), "without a login"
        assert client.ask("DESCRIBE").status == 401
        sdp = client.do("DESCRIBE")
        assert sdp.status == 200 and "m=video 0 RTP/AVP 96" in sdp.body and "H264/90000" in sdp.body
        assert sdp.get("Content-Base") == client.url + "/"
        client.play()
        packets = [client.packet() for _ in range(8)]
        sequences = [p[0] for p in packets]
        assert sequences == [(sequences[0] + i) % 65536 for i in range(8)]
        assert [p[2][0] & 0x1F for p in packets[:3]] == [7, 8, 5], "it begins with a key frame"
        assert (packets[4][1] - packets[2][1]) % (1 << 32) == 7200, "25 frames a second"
        assert client.teardown().status == 200
    farm.wait("idle", name="c1")
    counts = farm.counts("c1")
    want = {"connections": 1, "options": 1, "describe": 3, "setup": 1, "play": 1, "teardown": 1, "lost": 0}
    assert {k: counts[k] for k in want} == want
    assert counts["wrong_logins"] == 0 and counts["rtp"] >= 8
    assert farm.counts("c2")["connections"] == 0 and farm.counts()["connections"] == 1


@pytest.mark.parametrize("login", ["md5", "sha256", "both", "any"])
@pytest.mark.parametrize("qop", [False, True])
def test_digest(farm, login, qop):
    farm.set("c1", login=login, qop=qop)
    with Client(farm) as client:
        offers = client.ask("DESCRIBE").all("WWW-Authenticate")
        assert len(offers) == (2 if login in ("both", "any") else 1)
        for offer in (o for o in offers if o.startswith("Digest")):
            good = digest(offer, "DESCRIBE", client.url)
            assert client.ask("DESCRIBE", Authorization=good).status == 200
            assert client.ask("DESCRIBE", Authorization=digest(offer, "SETUP", client.url)).status == 401
            assert client.ask("DESCRIBE", Authorization=digest(offer, "DESCRIBE", client.url + "x")).status == 401
            wrong = digest(offer, "DESCRIBE", client.url, password="x")
            assert client.ask("DESCRIBE", Authorization=wrong).status == 401
    digests = 2 if login == "both" else 1
    counts = farm.counts("c1")
    assert (counts["logins"], counts["wrong_logins"]) == (digests, 3 * digests)


def test_basic(farm):
    farm.set("c1", login="basic")
    with Client(farm) as client:
        assert client.ask("DESCRIBE").get("WWW-Authenticate") == 'Basic realm="IP Camera"'
        for password, status in ((of.PASSWORD, 200), ("x", 401)):
            header = "Basic " + base64.b64encode(f"{of.USER}:{password}".encode()).decode()
            assert client.ask("DESCRIBE", Authorization=header).status == status
        farm.set("c1", login="md5")
        assert client.ask("DESCRIBE", Authorization=header).status == 401
    assert farm.counts("c1")["basic"] == 3, "the password went over the wire"
    farm.set("c1", login="none")
    with Client(farm) as client:
        assert client.ask("DESCRIBE").status == 200


def test_a_login_is_wanted_of_options_where_told(farm):
    farm.set("c1", login_options=True)
    with Client(farm) as client:
        assert client.ask("OPTIONS").status == 401
        assert client.do("OPTIONS").status == 200


def test_too_many_wrong_logins_lock_it_until_it_is_restarted(farm):
    farm.set("c1", lock_after=3, boot_s=0)
    with Client(farm) as client:
        client.challenge = client.ask("DESCRIBE").get("WWW-Authenticate")
        assert [client.do("DESCRIBE", password="x").status for _ in range(2)] == [401, 401]
        assert client.do("DESCRIBE").status == 200, "two were not too many"
        assert [client.do("DESCRIBE", password="x").status for _ in range(3)] == [401] * 3
        assert client.do("DESCRIBE").status == 401 and farm.host("c1")["locked"]
    farm.reboot("c1")
    with Client(farm) as client:
        assert client.do("DESCRIBE").status == 200


def test_a_nonce_is_good_for_one_request(farm):
    farm.set("c1", mode="wrong-nonce")
    with Client(farm) as client:
        assert client.do("DESCRIBE").status == 200
        answer = client.setup()
        assert answer.status == 401 and "stale=" in answer.get("WWW-Authenticate")
        client.challenge = answer.get("WWW-Authenticate")
        assert client.setup().status == 200
        used = client.challenge
    with Client(farm) as client:
        client.challenge = used
        assert client.do("DESCRIBE").status == 401, "nor is it good on another connection"
    counts = farm.counts("c1")
    assert counts["stale"] == 2 and counts["wrong_logins"] == 0


def test_other_paths_methods_and_transports(farm):
    with Client(farm) as client:
        assert client.do("DESCRIBE", farm.url("c1", "/none")).status == 404
        assert client.do("SETUP", f"{client.url}/trackID=9").status == 404
        udp = client.do("SETUP", f"{client.url}/trackID=1", Transport="RTP/AVP;unicast;client_port=5000-5001")
        assert udp.status == 461
        assert client.do("PLAY").status == 454
        assert client.do("TEARDOWN", Session="12345678").status == 454
        assert client.ask("ANNOUNCE").status == 501


def test_sound_may_stand_first(farm):
    farm.set("c1", audio=True)
    with Client(farm) as client:
        media = re.findall(r"m=(\w+)", client.do("DESCRIBE").body)
    assert media == ["audio", "video"]
    farm.set("c1", mode="no-video")
    with Client(farm) as client:
        assert re.findall(r"m=(\w+)", client.do("DESCRIBE").body) == ["audio"]


def test_one_session_until_it_is_torn_down(farm):
    farm.set("c1", sessions=1)
    with Client(farm) as first, Client(farm) as second:
        first.play()
        assert second.setup().status == 453
        assert first.teardown().status == 200
        assert second.setup().status == 200
        assert second.teardown().status == 200
    assert farm.host("c1")["most_sessions"] == 1 and farm.counts("c1")["no_session"] == 1


def test_a_session_that_nobody_ends_runs_out(farm):
    farm.set("c1", sessions=1, session_s=1)
    with Client(farm) as client:
        client.play()
    farm.wait("lost", name="c1")
    with Client(farm) as client:
        assert client.setup().status == 453, "the connection is gone, the session is not"
        farm.wait("connections", 2, name="c1")
    farm.wait("idle", name="c1")
    with Client(farm) as client:
        assert client.setup().status == 200
        client.teardown()


def test_ffmpeg_takes_the_stream_for_a_camera(farm):
    url = farm.url("c1").replace("rtsp://", f"rtsp://{of.USER}:{of.PASSWORD}@")
    probe = ["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name,width,height"]
    done = subprocess.run([*probe, "-of", "csv=p=0", url], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "h264,320,240", "")
    decode = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-frames:v", "30", "-vf", "scale=1:1"]
    done = subprocess.run(
        [*decode, "-pix_fmt", "gray", "-f", "rawvideo", "-"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    greys = list(done.stdout)
    assert len(greys) == 30 and abs(greys[0] - greys[10]) <= 2 and abs(greys[29] - greys[0]) > 20, greys
    farm.wait("idle", name="c1")
    assert farm.counts("c1")["teardown"] == 2 and farm.counts("c1")["lost"] == 0


# ---- misbehaviour ----


def connect_fails(farm, camera="c1", timeout=0.7):
    with pytest.raises((TimeoutError, ConnectionRefusedError)) as e:
        socket.create_connection((farm.addresses[camera], farm.rtsp_port), timeout).close()
    return e.type


def test_a_silent_camera_answers_nothing(farm):
    with Client(farm, timeout=0.7) as client:
        client.ask("OPTIONS")
        farm.set("c1", mode="silent")
        assert connect_fails(farm) is TimeoutError
        assert connect_fails(farm) is TimeoutError, "for the second one, too"
        client.send("OPTIONS")
        with pytest.raises(TimeoutError):
            client.read()
        with Client(farm, "c2") as other:
            assert other.ask("OPTIONS").status == 200
        farm.set("c1", mode="ok")
        client.socket.settimeout(10)
        assert client.read().status == 200, "what stood goes on"
    with Client(farm) as client:
        assert client.do("DESCRIBE").status == 200


def test_silence_may_be_of_one_service(farm):
    farm.set("c1", mode="silent", scope="http")
    with Client(farm) as client:
        assert client.ask("OPTIONS").status == 200
    with pytest.raises((TimeoutError, urllib.error.URLError)):
        snapshot(farm, timeout=0.7 / thon.SLOW)


def test_a_closed_port_refuses(farm):
    farm.set("c1", mode="refused")
    assert connect_fails(farm) is ConnectionRefusedError
    farm.set("c1", scope="http")
    with Client(farm) as client:
        assert client.ask("OPTIONS").status == 200
    farm.set("c1", mode="ok", scope="both")
    assert snapshot(farm)[0] == 200


def test_a_hung_camera_accepts_and_says_nothing(farm):
    farm.set("c1", mode="hung")
    with Client(farm, timeout=0.7) as client:
        with pytest.raises(TimeoutError):
            client.ask("OPTIONS")
    farm.wait("idle", name="c1")


@pytest.mark.parametrize("mode, end", [("hang-up", True), ("reset", "reset")])
def test_connections_are_ended(farm, mode, end):
    farm.set("c1", mode=mode)
    with Client(farm) as client:
        with contextlib.suppress(OSError):
            client.send("OPTIONS")
        assert client.ended() in (end, "reset")


def test_no_password_is_right(farm):
    farm.set("c1", mode="401")
    with Client(farm) as client:
        assert client.do("DESCRIBE").status == 401
        farm.set("c1", mode="close-401")
        assert client.do("DESCRIBE").status == 401
        assert client.ended() is True
    assert farm.counts("c1")["wrong_logins"] == 2


def test_a_slow_camera_delays_nobody_else(farm):
    farm.set("c1", mode="slow", delay_ms=700)
    with Client(farm) as slow, Client(farm, "c2") as quick:
        began = time.monotonic()
        slow.send("OPTIONS")
        assert quick.ask("OPTIONS").status == 200
        assert time.monotonic() - began < 0.6 * thon.SLOW
        assert slow.read().status == 200
        assert time.monotonic() - began >= 0.69


def test_a_dripping_camera_says_a_byte_at_a_time(farm):
    farm.set("c1", mode="drip", drip_ms=20)
    with Client(farm) as client:
        client.send("OPTIONS")
        pieces = [client.socket.recv(4096) for _ in range(10)]
        assert b"".join(pieces) == b"RTSP/1.0 2" and [len(p) for p in pieces] == [1] * 10
        client.data = b"".join(pieces)
        assert client.read().status == 200, "it is all there in the end"


def test_a_head_without_an_end(farm):
    farm.set("c1", mode="endless")
    with Client(farm) as client:
        client.send("OPTIONS")
        data = b""
        while len(data) < 1_000_000:
            data += client.socket.recv(65536)
        assert data.startswith(b"RTSP/1.0 200 OK\r\n") and b"\r\n\r\n" not in data
    farm.wait("idle", name="c1")


def test_a_body_without_an_end(farm):
    farm.set("c1", mode="huge-length")
    with Client(farm) as client:
        client.send("OPTIONS")
        while b"\r\n\r\n" not in client.data:
            client.more()
        assert b"Content-Length: 99999999999\r\n" in client.data


def test_garbage_is_the_same_for_the_same_seed(farm):
    def spoilt(seed):
        farm.set("c1", mode="ok")
        farm.set("c1", mode="garbage", seed=seed)
        answers = []
        for _ in range(6):
            with Client(farm, timeout=0.3) as client:
                client.send("DESCRIBE")
                with contextlib.suppress(TimeoutError, EOFError, ConnectionResetError):
                    while True:
                        client.more()
                answers.append(re.sub(rb'nonce="[^"]*"?|\w{32}', b"", client.data))
        return answers

    first, other = spoilt(7), spoilt(8)
    assert len(set(first)) > 1 and first != other
    assert [len(a) for a in spoilt(7)] == [len(a) for a in first]


def test_no_stream_and_no_session(farm):
    farm.set("c1", mode="404")
    with Client(farm) as client:
        assert client.do("DESCRIBE").status == 404
        farm.set("c1", mode="503")
        assert client.do("DESCRIBE").status == 200 and client.setup().status == 503


def test_play_is_answered_and_nothing_comes(farm):
    farm.set("c1", mode="no-rtp")
    with Client(farm) as client:
        client.play()
        client.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.packet()
        farm.set("c1", mode="ok")
        client.socket.settimeout(10)
        assert client.packet()
        client.teardown()


def test_a_stalled_stream_sends_the_same_for_ever(farm):
    farm.set("c1", mode="stalled")
    with Client(farm) as client:
        client.play()
        packets = [client.packet() for _ in range(6)]
        assert len({p[:2] for p in packets}) == 1
        client.teardown()


def test_what_is_no_request_is_hung_up_on(farm):
    for nonsense in (b"\x16\x03\x01" + b"\0" * 200 + b"\r\n\r\n", b"GET\r\n\r\n", b"x" * 100_000):
        with Client(farm) as client:
            with contextlib.suppress(OSError):
                client.socket.sendall(nonsense)
            assert client.ended()
    with Client(farm) as client:
        assert client.ask("OPTIONS").status == 200
    assert farm.counts("c1")["bad"] == 3


# ---- pictures ----


def test_a_snapshot_wants_a_login_and_is_a_jpeg(farm):
    status, data, headers = snapshot(farm)
    assert status == 200 and headers["Content-Type"] == "image/jpeg"
    assert data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9" and len(data) > 5000
    counts = farm.counts("c1")
    assert counts["snapshots"] == 1 and counts["logins"] == 1
    status, data, _ = snapshot(farm, password="x")
    assert status == 401 and not data
    assert snapshot(farm, path="/none.jpg")[0] == 404
    assert snapshot(farm, path="/snapshot.jpg?channel=1")[0] == 200


def spread(levels):
    mean = sum(levels) / len(levels)
    return (sum((v - mean) ** 2 for v in levels) / len(levels)) ** 0.5


def test_pictures_show_what_they_are_told_to(farm):
    usual = grey(snapshot(farm)[1])
    assert spread(usual) > 15

    def shown(picture, **more):
        farm.set("c1", picture=picture, **more)
        return grey(snapshot(farm)[1])

    def unlike(a, b):
        return sum(abs(x - y) for x, y in zip(a, b)) / len(a)

    black = shown("black")
    assert sum(v < 40 for v in black) > 0.9 * len(black)
    assert unlike(shown("covered", strength=100), usual) > 15
    assert unlike(shown("sprayed", strength=90), usual) > 15
    assert unlike(shown("moved", strength=100), usual) > 8
    sharp = sum(abs(a - b) for a, b in zip(usual, usual[1:]))
    blurred = shown("blurred", strength=600)
    assert sum(abs(a - b) for a, b in zip(blurred, blurred[1:])) < 0.8 * sharp
    assert unlike(shown("ok"), usual) < 12


def test_a_stuck_encoder_gives_the_same_bytes_for_ever(make_farm):
    farm = make_farm(cameras=2, clock=of.NOON, picture="320x240")
    live = snapshot(farm, "c2")[1]
    farm.set("c1", picture="stuck")
    first = snapshot(farm)[1]
    farm.control("POST", "clock", {"sim_clock": "2026-11-21T12:30:00+07:00"})
    assert snapshot(farm)[1] == first
    assert snapshot(farm, "c2")[1] != live, "a living one does not"
    farm.set("c1", picture="frozen")
    frozen = snapshot(farm)[1]
    farm.control("POST", "clock", {"sim_clock": "2026-11-21T12:40:00+07:00"})
    assert snapshot(farm)[1] != frozen, "its overlay's clock goes on"


@pytest.mark.parametrize("picture, status, first, size", [
    ("page", 200, b"<!DOCTYPE", (100, 1000)),
    ("404", 404, b"<!DOCTYPE", (100, 1000)),
    ("empty", 200, b"", (0, 0)),
    ("truncated", 200, b"\xff\xd8", (2000, 100_000)),
    ("giant", 200, b"\xff\xd8", (1024, 10_000)),
    ("scans", 200, b"\xff\xd8", (20_000, 60_000)),
])  # fmt: skip
def test_pictures_that_are_none(farm, picture, status, first, size):
    farm.set("c1", picture=picture)
    got, data, headers = snapshot(farm)
    assert got == status and data.startswith(first) and size[0] <= len(data) <= size[1]
    assert headers["Content-Type"] == ("text/html" if picture == "404" else "image/jpeg")


def test_a_giant_says_so_in_its_head(farm):
    farm.set("c1", picture="giant")
    data = snapshot(farm)[1]
    frame = data.index(b"\xff\xc0")
    assert struct.unpack(">HH", data[frame + 5 : frame + 9]) == (65000, 65000)
    farm.set("c1", picture="scans")
    data = snapshot(farm)[1]
    assert data.count(b"\xff\xda") == 883 and b"\xff\xc2" in data, "progressive"


def test_a_picture_that_never_ends(farm):
    farm.set("c1", picture="flood", login="none")
    connection = http.client.HTTPConnection(farm.addresses["c1"], farm.http_port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/snapshot.jpg")
        answer = connection.getresponse()
        data = answer.read(3_000_000)
        answer.close()
    assert answer.status == 200 and len(data) == 3_000_000 and data.startswith(b"\xff\xd8")
    farm.wait("idle", name="c1")


# ---- ONVIF ----

DEVICE, MEDIA, SEARCH = "device", "media", "search"


def envelope(call, login="", inner=""):
    name, service = call
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        f' xmlns:n="http://www.onvif.org/ver10/{service}/wsdl"><s:Header>{login}</s:Header>'
        f"<s:Body><n:{name}>{inner}</n:{name}></s:Body></s:Envelope>"
    ).encode()


def token(password=of.PASSWORD, off=0, user=of.USER):
    nonce = os.urandom(16)
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=off)
    created = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest_ = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    return (
        '<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"'
        ' xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"><w:UsernameToken>'
        f"<w:Username>{user}</w:Username><w:Password>{digest_}</w:Password>"
        f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created>{created}</u:Created>"
        "</w:UsernameToken></w:Security>"
    )


def onvif(farm, call, login=None, inner="", camera="c1"):
    """Status and text. Signed with the right password unless told otherwise."""
    body = envelope(call, token() if login is None else login, inner)
    url = urllib.parse.urlsplit(farm.onvif_url(camera).replace("device_service", f"{call[1]}_service"))
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10 * thon.SLOW)
    with contextlib.closing(connection):
        connection.request("POST", url.path, body, {"Content-Type": "application/soap+xml"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def inner_text(answer, name):
    return (re.search(rf"<\w+:{name}[^>]*>([^<]*)<", answer[1]) or [None, None])[1]


TIME = ("GetSystemDateAndTime", DEVICE)
SNAPSHOT = ("GetSnapshotUri", MEDIA)
PROFILE = "<n:ProfileToken>sub</n:ProfileToken>"


def test_the_time_is_told_without_a_login(farm):
    status, text = onvif(farm, TIME, login="")
    assert status == 200 and "UTCDateTime" in text
    farm.set("c1", local_clock=True)
    text = onvif(farm, TIME, login="")[1]
    assert "UTCDateTime" not in text and "LocalDateTime" in text and "ICT-7" in text


@pytest.mark.parametrize("call, inner, says", [
    (("GetCapabilities", DEVICE), "", "media_service"),
    (("GetServices", DEVICE), "", "<tds:Namespace>http://www.onvif.org/ver10/media/wsdl"),
    (("GetDeviceInformation", DEVICE), "", "<tds:Manufacturer>Thon</tds:Manufacturer>"),
    (("GetNetworkInterfaces", DEVICE), "", "02:54:"),
    (("GetProfiles", MEDIA), "", 'token="sub"'),
    (SNAPSHOT, PROFILE, "/snapshot.jpg"),
    (("GetStreamUri", MEDIA), PROFILE, ":8554/live"),
    (("GetRecordingSummary", SEARCH), "", "DataUntil"),
])  # fmt: skip
def test_all_else_wants_a_signed_login(farm, call, inner, says):
    farm.set("c1", recorder="recording")
    status, text = onvif(farm, call, inner=inner)
    assert status == 200 and says in text
    for wrong in ("", token("x"), token(user="y"), token(off=20), token(off=-20)):
        status, text = onvif(farm, call, login=wrong, inner=inner)
        assert status == 400 and "ter:NotAuthorized" in text and says not in text
    assert farm.counts("c1")["onvif_wrong"] == 4, "none at all is not a wrong one"


def test_a_login_is_signed_with_the_time_of_the_camera(farm):
    farm.set("c1", skew_s=36000)
    assert onvif(farm, ("GetProfiles", MEDIA))[0] == 400
    assert onvif(farm, ("GetProfiles", MEDIA), login=token(off=36000))[0] == 200
    _, _, headers = snapshot(farm)
    date = datetime.datetime.strptime(headers["Date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=datetime.timezone.utc)
    assert abs((date - datetime.datetime.now(datetime.timezone.utc)).total_seconds() - 36000) < 10


@pytest.mark.parametrize("uri, said", [
    ("rtsp", r"rtsp://"), ("null", r"\(null\)"), ("foreign", r"http://192\.0\.2\.7/"), ("gone", r"/no/such/picture"),
])  # fmt: skip
def test_the_address_of_the_snapshot_may_be_a_lie(farm, uri, said):
    farm.set("c1", snapshot_uri=uri)
    assert re.search(said, inner_text(onvif(farm, SNAPSHOT, inner=PROFILE), "Uri"))


def test_what_there_is_not(farm):
    assert "ActionNotSupported" in onvif(farm, ("GetRecordingSummary", SEARCH))[1], "it is no recorder"
    assert "search_service" not in onvif(farm, ("GetServices", DEVICE))[1]
    assert "InvalidArgVal" in onvif(farm, SNAPSHOT, inner="<n:ProfileToken>x</n:ProfileToken>")[1]
    farm.set("c1", onvif=False)
    assert onvif(farm, TIME, login="")[0] == 404


def test_a_recorder_that_stopped(farm):
    farm.set("c1", recorder="stopped", stopped_s=40_000)
    until = inner_text(onvif(farm, ("GetRecordingSummary", SEARCH)), "DataUntil")
    at = datetime.datetime.strptime(until, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    ago = datetime.datetime.now(datetime.timezone.utc) - at
    assert 39_990 < ago.total_seconds() < 40_060


def test_a_reboot_makes_it_silent_for_a_while(farm):
    farm.set("c1", boot_s=1, mode="no-rtp", healed_by="reboot")
    with Client(farm) as client:
        client.ask("OPTIONS")
        assert onvif(farm, ("SystemReboot", DEVICE))[0] == 200
        assert farm.host("c1")["booting"] and connect_fails(farm, timeout=0.3) is TimeoutError
        assert client.ended() == "reset", "it knows nothing of what was before"
    with Client(farm) as client:
        client.play()
        assert client.packet(), "it is healed"
        client.teardown()
    assert farm.counts("c1")["reboots"] == 1


# ---- discovery ----

PROBE = (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
    "<e:Header><w:MessageID>{id}</w:MessageID></e:Header><e:Body><d:Probe/></e:Body></e:Envelope>"
)


def discover(farm, to, count):
    """Until so many have answered: {address: answer}."""
    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(10 if count else 0.5)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        s.bind(("127.0.0.1", 0))
        s.sendto(PROBE.format(id="urn:uuid:one").encode(), (to, farm.discovery_port))
        with contextlib.suppress(TimeoutError):
            while not count or len(found) < count:
                data, (address, _) = s.recvfrom(65536)
                found[address] = data.decode()
    return found


def test_cameras_are_found_each_at_its_own_address(farm):
    alone = discover(farm, farm.addresses["c2"], 1)
    assert list(alone) == [farm.addresses["c2"]]
    answer = alone[farm.addresses["c2"]]
    assert "RelatesTo>urn:uuid:one<" in answer and farm.onvif_url("c2") in answer
    assert farm.host("c2")["settings"]["endpoint"] in answer and "onvif://www.onvif.org/name/c2" in answer
    everyone = {farm.addresses[c] for c in farm.cameras}
    assert set(discover(farm, "127.0.0.1", 3)) == everyone
    assert set(discover(farm, "239.255.255.250", 3)) == everyone
    farm.set("c1", mode="silent")
    farm.set("c2", discoverable=False)
    assert set(discover(farm, "127.0.0.1", 1)) == {farm.addresses["c3"]}
    assert discover(farm, farm.addresses["c1"], 0) == {}


# ---- switches and power ----


def test_a_switch_takes_down_what_hangs_on_it(make_farm):
    farm = make_farm(cameras=1, switches={"tu-1": 2, "tu-2": 1})
    at = (farm.addresses["tu-1"], 80)
    socket.create_connection(at, 5).close()
    farm.cut("tu-1")
    silent = {name for name, host in farm.hosts().items() if host["silent"]}
    assert silent == {"tu-1", "tu-1-1", "tu-1-2"}
    with pytest.raises(TimeoutError):
        socket.create_connection(at, 0.5).close()
    assert connect_fails(farm, "tu-1-2") is TimeoutError
    farm.mend("tu-1")
    farm.starve("tu-1")
    socket.create_connection(at, 5).close()
    assert connect_fails(farm, "tu-1-1") is TimeoutError
    farm.mend("tu-1")
    with Client(farm, "tu-1-1") as client:
        assert client.ask("OPTIONS").status == 200
    farm.behind("tu-2", mode="hung")
    assert [n for n, h in farm.hosts().items() if h["settings"]["mode"] == "hung"] == ["tu-2-1"]


def test_cuts_within_cuts_end_in_any_order(farm):
    scene = {
        "discovery_port": 0,
        "switches": [
            {"id": "xa", "address": f"{farm.network}.9.1", "ports": [80]},
            {"id": "thon", "address": f"{farm.network}.9.2", "parent": "xa", "ports": [80]},
        ],
        "cameras": [{"id": "xa-a", "address": f"{farm.network}.9.3", "switch": "thon", "mode": "hung"}],
    }
    farm.control("POST", "add", scene)
    silent = lambda: {n for n, h in farm.hosts().items() if h["silent"]}  # noqa: E731
    farm.cut("thon")
    farm.cut("xa")
    farm.mend("thon")
    assert silent() == {"xa", "thon", "xa-a"}
    farm.mend("xa")
    assert silent() == set()
    with pytest.raises(ValueError, match="there is one"):
        farm.control("POST", "add", scene)


def test_power_off_and_on(farm):
    farm.set("c1", boot_s=1, mode="hung", picture="black", healed_by="power")
    farm.power("c1", False)
    assert connect_fails(farm, timeout=0.4) is TimeoutError
    farm.power("c1", True)
    assert farm.host("c1")["booting"]
    with Client(farm) as client:  # its SYN is repeated until the camera has booted
        assert client.do("DESCRIBE").status == 200
    host = farm.host("c1")
    assert host["counts"]["power_cycles"] == 1
    assert (host["settings"]["mode"], host["settings"]["picture"]) == ("ok", "ok")


def test_a_wrong_order_is_refused_loudly(farm):
    for order in ({"mode": "nonsense"}, {"nonsense": 1}, {"delay_ms": -1}, {"mode": 3}):
        with pytest.raises(ValueError):
            farm.set("c1", **order)
    for who in ({"id": "c9"}, {}, {"switch": "none"}):
        with pytest.raises(ValueError):
            farm.control("POST", "set", {**who, "mode": "ok"})
    with pytest.raises(ValueError):
        farm.control("POST", "nonsense", {})
    assert farm.host("c1")["settings"]["mode"] == "ok"


def test_a_reset_forgets_everything(farm):
    farm.set("c1", mode="hung", skew_s=5)
    farm.power("c2", False)
    with Client(farm) as client:
        client.send("OPTIONS")
    farm.wait("connections", name="c1")
    farm.reset()
    assert farm.counts()["connections"] == 0
    for camera in ("c1", "c2"):
        with Client(farm, camera) as client:
            assert client.do("DESCRIBE").status == 200


# ---- at scale, and for real ----


def test_thousands_cost_little(make_farm):
    farm = make_farm(cameras=2700)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(farm, c)) for c in farm.cameras[::3]]
        for client in clients:
            client.send("OPTIONS")
        assert all(client.read().status == 200 for client in clients)
        kib = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{farm.process.pid}/status").read())[1])
    assert kib < 60_000 or "asan" in str(thon.BUILD)
    assert farm.counts()["options"] == 900


def echo(address, timeout):
    """True when it answers a ping."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
        s.connect((address, 0))
        body = struct.pack(">BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, 1)
        total = sum(struct.unpack(">4H", body))
        total = (total & 0xFFFF) + (total >> 16)
        s.send(body[:2] + struct.pack(">H", ~total & 0xFFFF) + body[4:])
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                packet = s.recv(1500)
            except TimeoutError:
                return False
            if packet[20] == 0 and packet[24:26] == body[4:6]:
                return True
    return False


def test_in_a_namespace_silence_is_for_pings_too(own_network, make_farm):
    farm = make_farm(switches={"tu-1": 2}, namespace=True)
    address = farm.addresses["tu-1-1"]
    assert echo(address, 5)
    with Client(farm, "tu-1-1") as client:
        assert client.do("DESCRIBE").status == 200
    farm.cut("tu-1")
    assert not echo(address, 0.5) and not echo(farm.addresses["tu-1"], 0.5)
    assert connect_fails(farm, "tu-1-1") is TimeoutError
    farm.mend("tu-1")
    assert echo(address, 5)
    with Client(farm, "tu-1-1") as client:
        assert client.do("DESCRIBE").status == 200
