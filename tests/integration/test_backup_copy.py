"""The copy of the backup elsewhere: to a stick, and to another machine by sftp."""

import os
import subprocess
import tarfile

import pytest
import thon

COPY = thon.ROOT / "systemd" / "thon-backup-copy"

# Enough of sftp for what the script says to it; the "host" is a directory, and its disk may be full.
SFTP = """#!/usr/bin/python3
import os, shutil, sys
root = os.environ["FAKE_HOST"]
for line in sys.stdin:
    word, *rest = line.split()
    may_fail, word = word.startswith("-"), word.lstrip("-")
    paths = [os.path.join(root, p) for p in rest if not p.startswith("-")]
    try:
        if word == "put":
            shutil.copyfile(rest[0], paths[1])
            if os.environ.get("FAKE_FULL"):
                os.truncate(paths[1], 100)
        elif word == "rename":
            assert not os.path.exists(paths[1])
            os.rename(*paths)
        elif word == "rm":
            os.remove(paths[0])
        elif word == "ls" and rest[0] == "-1":
            print(*(f"{rest[1]}/{n}" for n in os.listdir(paths[0])), sep="\\n")
        elif word == "ls":
            print("-rw------- 1 0 0", os.path.getsize(paths[0]), "Jan 1 00:00", rest[1])
        else:
            sys.exit(f"unknown {word}")
    except OSError as e:
        if not may_fail:
            sys.exit(str(e))
"""


@pytest.fixture
def station(site):
    """A station with a backup, credentials and a recording."""
    site.ok("area", "add", "xa", "--name", "Xã")
    site.name = site.ok("store", "backup", "--nightly")["file"]
    site.etc = site.dir / "etc"
    (site.etc / "thon" / "credentials" / "relay").mkdir(parents=True)
    (site.etc / "thon" / "thon.conf").write_text("[site]\nid = xa\n")
    (site.etc / "thon" / "credentials" / "relay" / "oa").write_text("khoa")
    (site.etc / "mosquitto").mkdir()
    (site.etc / "mosquitto" / "thon.passwd").write_text("thonctl:x")
    (site.state / "announce" / "media").mkdir(parents=True)
    (site.state / "announce" / "media" / "chao.wav").write_bytes(b"RIFF")
    return site


def copy(site, *args, **env):
    return subprocess.run(
        [COPY, *args],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "STATE": site.state, "ETC": site.etc, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_stick_has_all_that_a_new_station_needs(station, tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    done = copy(station, "usb", stick)
    assert done.returncode == 0, done.stderr
    there = stick / "thon-backup"
    archive = station.name.replace(".db", ".station.tar")
    assert {p.name for p in there.iterdir()} == {station.name, archive}
    assert (station.state / "backups" / "copied-usb").read_text() == f"{station.name}\n"
    assert (there / station.name).read_bytes() == (station.state / "backups" / station.name).read_bytes()
    assert (there / archive).stat().st_mode & 0o777 == 0o600
    with tarfile.open(there / archive) as tar:
        assert {
            "etc/thon/thon.conf",
            "etc/thon/credentials/relay/oa",
            "etc/mosquitto/thon.passwd",
            "var/lib/thon/announce/media/chao.wav",
        } <= set(tar.getnames())
    assert copy(station, "usb", stick).returncode == 0  # the same night again
    # A new machine: the store and the configuration from the stick.
    station.ok("area", "remove", "xa")
    station.ok("store", "restore", there / station.name)
    assert [a["id"] for a in station.ok("area", "list")] == ["xa"]
    new = tmp_path / "new"
    new.mkdir()
    subprocess.run(["tar", "-C", new, "-xpf", there / archive], check=True, timeout=30)
    assert (new / "etc/thon/credentials/relay/oa").read_text() == "khoa"


def test_old_copies_on_the_stick_give_way_and_foreign_files_do_not(station, tmp_path):
    there = tmp_path / "stick" / "thon-backup"
    there.mkdir(parents=True)
    for year in range(2001, 2020):
        (there / f"thon-{year}0101T000000Z.db").write_bytes(b"x")
        (there / f"thon-{year}0101T000000Z.station.tar").write_bytes(b"x")
    (there / "anh-cuoi.jpg").write_bytes(b"x")
    (there / "thon-20200101T000000Z.db.part").write_bytes(b"half")
    assert copy(station, "usb", tmp_path / "stick", KEEP="5").returncode == 0
    left = {p.name for p in there.iterdir()}
    assert len([n for n in left if n.endswith(".db")]) == 5 and station.name in left
    assert "anh-cuoi.jpg" in left and not any(n.endswith(".part") for n in left)
    assert "thon-20190101T000000Z.db" in left and "thon-20010101T000000Z.station.tar" not in left


def test_links_on_a_stick_lead_nowhere(station, tmp_path):
    stick = tmp_path / "stick"
    there = stick / "thon-backup"
    there.mkdir(parents=True)
    (station.state / "backups" / "erased.json").write_text("{}")
    archive = station.name.replace(".db", ".station.tar")
    store = station.state / "thon.db"
    before = store.read_bytes()
    for name in (station.name, archive, "erased.json"):
        (there / f"{name}.part").symlink_to(store)
    (there / archive).symlink_to(station.state)
    done = copy(station, "usb", stick)
    assert done.returncode == 0, done.stderr
    assert store.read_bytes() == before
    assert (there / archive).is_file() and not (there / archive).is_symlink()
    assert (there / "erased.json").read_text() == "{}"


def test_a_stick_that_points_at_the_backups_does_not_clear_them_out(station, tmp_path):
    backups = station.state / "backups"
    for year in range(2001, 2010):
        (backups / f"thon-{year}0101T000000Z.db").write_bytes(b"x")
    before = sorted(p.name for p in backups.iterdir())
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "thon-backup").symlink_to(backups)
    done = copy(station, "usb", stick, KEEP="2")
    assert done.returncode == 1 and "no directory of its own" in done.stderr
    assert sorted(p.name for p in backups.iterdir()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_stick_is_told_and_the_last_copy_stays(station, tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", stick], check=False, capture_output=True).returncode:
        pytest.skip("this container mounts nothing")
    try:
        there = stick / "thon-backup"
        there.mkdir()
        (there / "thon-20010101T000000Z.db").write_bytes(b"x" * 900_000)
        done = copy(station, "usb", stick)
        assert done.returncode == 1 and "no copy was made" in done.stderr
        assert {p.name for p in there.iterdir()} == {"thon-20010101T000000Z.db"}
    finally:
        subprocess.run(["umount", stick], check=True)


def test_another_host_gets_the_copy_and_loses_old_ones(station, tmp_path):
    host = tmp_path / "host"
    (host / "thon").mkdir(parents=True)
    for year in range(2001, 2010):
        (host / "thon" / f"thon-{year}0101T000000Z.db").write_bytes(b"x")
    (host / "thon" / "khac.txt").write_bytes(b"x")
    sftp = tmp_path / "sftp"
    sftp.write_text(SFTP)
    sftp.chmod(0o755)
    env = {"SFTP": sftp, "FAKE_HOST": host, "TARGET": "thon@192.0.2.9:thon", "KEY": "k", "KNOWN_HOSTS": "h", "KEEP": "3"}
    done = copy(station, "host", **env)
    assert done.returncode == 0, done.stderr
    left = {p.name for p in (host / "thon").iterdir()}
    assert (host / "thon" / station.name).read_bytes() == (station.state / "backups" / station.name).read_bytes()
    assert len([n for n in left if n.endswith(".db")]) == 3 and "khac.txt" in left
    assert copy(station, "host", **env).returncode == 0
    full = copy(station, "host", **env, FAKE_FULL="1")
    assert full.returncode == 1 and "did not take all" in full.stderr
    assert (host / "thon" / station.name).stat().st_size > 100
    assert "letters" in copy(station, "host", **{**env, "TARGET": "thon@192.0.2.9:a b;c"}).stderr


def test_without_a_backup_nothing_is_copied(site, tmp_path):
    site.etc = site.dir
    done = copy(site, "usb", tmp_path)
    assert done.returncode == 1 and "no copy" in done.stderr
