"""What is true of the station after something died in the midst of it: the daemon, its player, the broker, the store."""

import os
import shutil
import signal
import subprocess

import pytest

TEXT = "Thông báo họp thôn lúc 7h30 tại nhà văn hóa. "


def players(daemon):
    done = subprocess.run(["pgrep", "-f", "thon-player", "-P", str(daemon.pid)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in done.stdout.split()]


def test_a_killed_daemon_takes_its_sound_along_and_says_that_it_does_not_know(air):
    air.zones("thon-4")
    daemon = air.start()
    bulletin = air.submit(text=TEXT * 6)
    air.airing(bulletin, "thon-4", "on-air")
    air.mqtt.wait_state("zone/thon-4/state", lambda d: d["sounding"], 20)
    children = players(daemon)
    assert children
    air.kept_on_air()
    daemon.kill()
    for pid in children:
        gone(pid)
    air.start()
    air.event("announce-dropped", predicate=lambda d: d["values"]["reason"] == "unknown")
    air.kept(bulletin)
    (row,) = air.log()
    assert row["state"] == "dropped" and row["reason"] == "unknown"


def test_an_emergency_that_was_cut_off_airs_again_from_its_beginning(air):
    air.zones("thon-4")
    daemon = air.start()
    warning = air.submit(text=TEXT * 3, **{"class": "emergency"}, reason="bão")
    air.airing(warning, "thon-4", "on-air")
    air.kept_on_air()
    daemon.kill()
    since = air.mqtt.mark()
    air.start()
    air.airing(warning, "thon-4", "aired", since=since, timeout=60)


def test_a_player_that_dies_is_replaced_and_goes_on_where_it_was(air):
    air.zones("thon-4")
    daemon = air.start()
    bulletin = air.submit(text=TEXT * 6)
    air.airing(bulletin, "thon-4", "on-air")
    for pid in players(daemon):
        os.kill(pid, signal.SIGKILL)
    done = air.aired(bulletin, "thon-4", timeout=60)
    assert done["seconds"] > 5
    assert len(air.played("thon-4")) == 2


def test_without_a_broker_what_is_approved_airs(air, broker):
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(text=TEXT, at=air.at(4))
    broker.kill()
    air.daemon.wait_log(rf"On air in thon-4: {bulletin}", timeout=30)


def test_without_a_store_what_was_approved_airs_from_the_plan(air):
    air.zones("thon-4")
    daemon = air.start()
    bulletin = air.submit(text=TEXT, at=air.at(12))
    daemon.stop()
    for path in air.site.state.glob("thon.db*"):
        path.unlink()
    (air.site.state / "thon.db").mkdir()
    air.start()
    air.aired(bulletin, "thon-4")
    shutil.rmtree(air.site.state / "thon.db")


@pytest.fixture
def small_disk(air):
    """A disk of its own below the state directory, of 100 MB."""
    state = air.site.state
    kept = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(state)], capture_output=True, check=False)
    if mount.returncode != 0:
        pytest.skip("only root mounts a small disk")
    for name, content in kept.items():
        (state / name).write_bytes(content)
    yield state
    if air.daemon.running():
        air.daemon.stop(20)
    subprocess.run(["umount", "-l", str(state)], check=True)


def test_on_a_full_disk_a_warning_is_still_made_and_heard(air, small_disk):
    air.zones("thon-4")
    air.start()
    with (small_disk / "fill").open("wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 65536)
    assert air.refused(text=TEXT)["error"] == "store"
    warning = air.submit(text="Xả lũ khẩn cấp.", **{"class": "emergency"}, reason="xả lũ")
    air.aired(warning, "thon-4")
    (sound,) = air.sounds("thon-4")
    assert sound.level() > -30


def gone(pid, timeout=10):
    fd = None
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    import select

    poll = select.poll()
    poll.register(fd, select.POLLIN)
    assert poll.poll(timeout * 1000), f"player {pid} plays on"
    os.close(fd)


def test_a_damaged_configuration_does_not_silence_the_station(air):
    air.zones("thon-4")
    air.start().stop()
    (air.site.config / "announced.conf").write_text("[zone thon-4]\nsink = nonsense\n", encoding="utf-8")
    air.start()
    air.daemon.wait_log("last one that was")
    bulletin = air.submit(text=TEXT)
    air.aired(bulletin, "thon-4")
