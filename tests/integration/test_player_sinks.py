"""Sinks that are no file: RTP as another program receives it, Snapcast's pipe, ALSA; and each of them when it is gone or hangs."""

import array
import fcntl
import os
import select
import socket
import struct
import time

import pytest
import thon
from player import RATE, Player, air, read_wav, rtp, rms_db, sine, tone_db, write_wav

F_SETPIPE_SZ = 1031


@pytest.fixture
def play():
    players = []

    def start(order, **options):
        players.append(Player(order, **options))
        return players[-1]

    yield start
    for one in players:
        one.close()


def ends_with(player, what, within):
    """Its error, and that it came in time."""
    begun = time.monotonic()
    while (line := player.coming.get(timeout=20 * thon.SLOW))["is"] != "error":
        pass
    assert line["what"] == what, line
    assert time.monotonic() - begun < within * thon.SLOW, line
    assert player.end() == 1
    return line


# ---- RTP ---------------------------------------------------------------------------------------------------------------


def receiver(group=None, family=socket.AF_INET):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1" if not group else group, 0))
    if group:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("0.0.0.0"))
    s.setblocking(False)
    return s


def packets(s, player):
    """All that comes until the player is done, with the time of each."""
    got = []
    ended = False
    while True:
        ready, _, _ = select.select([s], [], [], 0.1)
        if ready:
            got.append((time.monotonic(), s.recv(4096)))
        elif ended:
            return got
        else:
            ended = player.child.poll() is not None


def received_l16(got):
    numbers = [rtp(packet) for _, packet in got]
    assert {n[0] for n in numbers} == {11} and len({n[3] for n in numbers}) == 1, "one source of type 11"
    sound = array.array("h")
    for before, (_, sequence, stamp, _, payload) in zip([None, *numbers], numbers):
        if before:
            assert sequence == (before[1] + 1) % 65536
            assert stamp == (before[2] + len(before[4]) // 2) % 2**32
        sound.frombytes(payload)
    sound.byteswap()
    return sound


def test_rtp_is_heard_as_it_was_sent(play, tmp_path):
    s = receiver()
    file = write_wav(tmp_path / "1.wav", sine(1000, 1.5))
    p = play(air([{"file": file}], f"rtp:127.0.0.1:{s.getsockname()[1]}"))
    got = packets(s, p)
    assert p.end() == 0
    sound = received_l16(got)
    assert abs(len(sound) - 1.5 * 44100) < 0.02 * 44100
    assert abs(tone_db(sound[4410:57330], 1000, 44100) + 21.07) < 0.2
    assert abs(rms_db(sound[4410:57330]) + 21.07) < 0.2, "and nothing else"
    assert max(len(packet) for _, packet in got) <= 12 + 882
    assert 1.2 < got[-1][0] - got[0][0] < 1.5 + 0.3 * thon.SLOW, "as fast as it sounds"


def test_two_airings_are_two_sources(play, tmp_path):
    s = receiver()
    file = write_wav(tmp_path / "1.wav", sine(1000, 0.2))
    sources = set()
    for _ in range(2):
        got = packets(s, play(air([{"file": file}], f"rtp:127.0.0.1:{s.getsockname()[1]}")))
        sources |= {rtp(packet)[3] for _, packet in got}
    assert len(sources) == 2


def test_rtp_to_a_group(play, tmp_path):
    try:
        s = receiver("239.255.77.3")
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("239.255.77.3", 9))
    except OSError as e:
        pytest.skip(f"no multicast here: {e}")
    s.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTTL if hasattr(socket, "IP_RECVTTL") else 12, 1)
    file = write_wav(tmp_path / "1.wav", sine(1000, 0.5))
    p = play(air([{"file": file}], f"rtp:239.255.77.3:{s.getsockname()[1]}", start="go"))
    p.wait("ready")
    p.say({"do": "go"})
    ready, _, _ = select.select([s], [], [], 10 * thon.SLOW)
    assert ready, "nothing came"
    packet, extra, _, _ = s.recvmsg(4096, 64)
    hops = [struct.unpack("i", data)[0] for _, kind, data in extra if kind == 2]
    assert rtp(packet)[0] == 11 and hops == [8], "beyond the next switch, not beyond the commune"


def test_rtp_over_ipv6(play, tmp_path):
    try:
        s = receiver(family=socket.AF_INET6)
    except OSError as e:
        pytest.skip(f"no IPv6 here: {e}")
    file = write_wav(tmp_path / "1.wav", sine(1000, 0.3))
    got = packets(s, play(air([{"file": file}], f"rtp:[::1]:{s.getsockname()[1]}")))
    assert abs(len(received_l16(got)) - 0.3 * 44100) < 0.02 * 44100


def test_opus_over_rtp(play, tmp_path):
    s = receiver()
    file = write_wav(tmp_path / "1.wav", sine(1000, 1))
    got = packets(s, play(air([{"file": file}], f"rtp:127.0.0.1:{s.getsockname()[1]}/opus")))
    numbers = [rtp(packet) for _, packet in got]
    assert {n[0] for n in numbers} == {96} and 49 <= len(numbers) <= 53
    pairs = list(zip(numbers, numbers[1:]))
    assert all((b[1] - a[1]) % 65536 == 1 for a, b in pairs)
    assert all((b[2] - a[2]) % 2**32 == 960 for a, b in pairs[1:]), "but for the first, which has the coder's delay before it"


@pytest.mark.parametrize("form", ["", "/opus"])
def test_one_player_hears_another(play, tmp_path, form):
    """From sink to live input, decoded again."""
    s = receiver()
    port = s.getsockname()[1]
    s.close()
    out = tmp_path / "heard.wav"
    order = air([{"live": f"rtp://127.0.0.1:{port}{form}", "for_us": 3_000_000}], f"file:{out}")
    hears = play(order)
    hears.wait("started")
    file = write_wav(tmp_path / "1.wav", sine(1000, 2.5))
    play(air([{"file": file}], f"rtp:127.0.0.1:{port}{form}")).wait("done")
    hears.wait("done")
    heard = read_wav(out)
    first = next(i for i, v in enumerate(heard) if abs(v) > 500)
    assert first < 2 * RATE, "within two seconds"
    sound = heard[first + 4800 : first + 4800 + 19200]
    assert abs(tone_db(sound, 1000) + 21.07) < 1 and abs(rms_db(sound) + 21.07) < 1


def test_nobody_there_is_no_trouble_for_rtp(play, tmp_path):
    """A speaker that is off answers "port unreachable"; it may be on the next moment."""
    s = receiver()
    port = s.getsockname()[1]
    s.close()
    file = write_wav(tmp_path / "1.wav", sine(1000, 0.5))
    play(air([{"file": file}], f"rtp:127.0.0.1:{port}")).wait("done")


# ---- Snapcast ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "snapfifo"
    os.mkfifo(path)
    return path


def test_a_pipe_gets_both_channels_in_time(play, tmp_path, fifo):
    whole = sine(1000, 1)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    p = play(air([{"file": write_wav(tmp_path / "1.wav", whole)}], f"snapcast:{fifo}"))
    got, times = b"", []
    while not times or got and (p.child.poll() is None):
        select.select([reader], [], [], 0.05)
        try:
            piece = os.read(reader, 1 << 16)
        except BlockingIOError:
            piece = b""
        if piece:
            got += piece
            times.append(time.monotonic())
    os.close(reader)
    assert p.end() == 0
    frames = array.array("h", got)
    assert frames[0::2] == whole and frames[1::2] == whole
    assert 0.8 < times[-1] - times[0] < 1 + 0.5 * thon.SLOW


def test_a_pipe_that_nobody_reads(play, fifo):
    p = play(air([{"tone": "alarm"}], f"snapcast:{fifo}"))
    assert "nobody" in ends_with(p, "sink", 1)["detail"]


def test_what_is_no_pipe(play, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    ends_with(play(air([{"tone": "alarm"}], f"snapcast:{tmp_path}/file")), "sink", 1)
    ends_with(play(air([{"tone": "alarm"}], f"snapcast:{tmp_path}/none")), "sink", 1)
    assert (tmp_path / "file").read_bytes() == b"" and not (tmp_path / "none").exists()


def test_a_reader_that_hangs_is_told(play, fifo):
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, F_SETPIPE_SZ, 4096)
    p = play(air([{"tone": "alarm"}], f"snapcast:{fifo}"))
    p.wait("started")
    ends_with(p, "sink", 2.5)
    os.close(reader)


def test_a_reader_that_goes_is_told(play, fifo):
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    p = play(air([{"tone": "alarm"}], f"snapcast:{fifo}"))
    p.wait("started")
    os.close(reader)
    ends_with(p, "sink", 1)


# ---- ALSA --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def card(tmp_path):
    """The environment of a player with cards that are files: PCM "card" writes heard.raw and hears said.raw, "null" swallows."""
    said = sine(1000, 3)
    (tmp_path / "said.raw").write_bytes(said.tobytes())
    conf = tmp_path / "asound.conf"
    conf.write_text(
        "</usr/share/alsa/alsa.conf>\n"
        f'pcm.card {{ type file slave.pcm "null" file "{tmp_path}/heard.raw" infile "{tmp_path}/said.raw" format "raw" }}\n'
    )
    return {"ALSA_CONFIG_PATH": str(conf)}


def test_a_card_hears_every_sample(play, tmp_path, card):
    whole = sine(997, 1)
    p = play(air([{"file": write_wav(tmp_path / "1.wav", whole)}], "alsa:card"), env=card)
    p.wait("started")
    begun = time.monotonic()
    p.wait("done")
    assert 0.6 < time.monotonic() - begun < 1 + 0.5 * thon.SLOW, "no faster than it sounds, though this card would"
    heard = array.array("h", (tmp_path / "heard.raw").read_bytes())
    assert heard[: len(whole)] == whole
    assert len(heard) - len(whole) < 0.1 * RATE and not any(heard[len(whole) :]), "its last period is filled with silence"


def test_a_stop_reaches_the_card(play, tmp_path, card):
    whole = sine(997, 3)
    p = play(air([{"file": write_wav(tmp_path / "1.wav", whole)}], "alsa:card"), env=card)
    p.wait("level")
    p.say({"do": "stop", "fade_ms": 80})
    at = p.wait("stopped")["position_us"]
    heard = array.array("h", (tmp_path / "heard.raw").read_bytes())
    end = round(at * RATE / 1e6)
    assert heard[: end - 3840] == whole[: end - 3840] and not any(heard[end:])


def test_a_card_that_is_not_there(play, card):
    p = play(air([{"tone": "alarm"}], "alsa:none"), env=card)
    ends_with(p, "sink", 2)
    p = play({"mode": "listen", "source": "alsa:none"}, env=card)
    ends_with(p, "input", 2)


def test_the_return_input_is_listened_to(play, card):
    p = play({"mode": "listen", "source": "alsa:card"}, env=card)
    p.wait("started")
    levels = [p.wait("level") for _ in range(3)]
    assert [level["db"] for level in levels] == pytest.approx([-21.07] * 3, abs=0.1)
    assert levels[-1]["to_us"] <= time.monotonic_ns() // 1000
    assert all(level["to_us"] - level["from_us"] == 500_000 for level in levels)
    p.child.stdin.close()
    assert p.end(timeout=2) == 0


def test_a_card_as_live_input(play, tmp_path, card):
    out = tmp_path / "out.wav"
    p = play(air([{"live": "alsa:card", "for_us": 1_500_000}], f"file:{out}"), env=card)
    p.wait("done")
    heard = read_wav(out)
    assert len(heard) == 1.5 * RATE and abs(tone_db(heard[-24000:], 1000) + 21.07) < 0.5
