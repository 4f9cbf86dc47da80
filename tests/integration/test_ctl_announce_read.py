"""thonctl announce read: asks no daemon, no store, no configuration."""

import json
import os
import subprocess

import pytest

from thon import BUILD


@pytest.fixture
def read(tmp_path):
    """read("text", "--dialect", "south"): the document, with an empty configuration directory and nothing running."""

    def run(*args, code=0, stdin=None, json_output=True):
        argv = [BUILD / "thonctl", "--config-dir", tmp_path, "--store", tmp_path / "none.db", "--broker", "127.0.0.1:9"]
        argv += ["--json"] if json_output else []
        done = subprocess.run(
            [*argv, "announce", "read", *args],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=60,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )
        assert done.returncode == code, done
        return json.loads(done.stdout) if json_output else done.stdout.decode()

    return run


def test_the_words_and_the_pauses(read):
    assert read("Họp lúc 7h30, ngày 05/9/2026.") == {
        "reading": "Họp lúc bảy giờ ba mươi ngày năm tháng chín năm hai nghìn không trăm hai mươi sáu",
        "spoken": "Họp lúc bảy giờ ba mươi, ngày năm tháng chín năm hai nghìn không trăm hai mươi sáu.",
    }


def test_people_get_lines(read):
    assert "reading: tám triệu năm trăm nghìn đồng\n" in read("8.500.000 đồng", json_output=False)


@pytest.mark.parametrize(
    "dialect, words",
    [
        ("north", "một nghìn một trăm linh năm"),
        ("central", "một ngàn một trăm linh năm"),
        ("south", "một ngàn một trăm lẻ năm"),
    ],
)
def test_dialects(read, dialect, words):
    assert read("1.105", "--dialect", dialect)["reading"] == words


def test_a_file_and_standard_input(read, tmp_path):
    notice = tmp_path / "notice.txt"
    notice.write_text("THÔNG BÁO\n- Giá: 21.000đ/kg\n", encoding="utf-8")
    words = "THÔNG BÁO Giá hai mươi mốt nghìn đồng một ki lô gam"
    assert read("--file", notice)["reading"] == words
    assert read("--file", "-", stdin=notice.read_bytes())["reading"] == words


def test_the_installed_dictionary_and_another(read, tmp_path):
    assert read("thôn CT 3")["reading"] == "thôn xê tê ba"
    (tmp_path / "speech.dict").write_text("# của xã\nCT = chiến thắng\n", encoding="utf-8")
    assert read("thôn CT 3")["reading"] == "thôn chiến thắng ba"
    other = tmp_path / "other.dict"
    other.write_text("CT = công trình\n", encoding="utf-8")
    assert read("thôn CT 3", "--dictionary", other)["reading"] == "thôn công trình ba"


def test_the_dictionary_that_is_shipped_can_be_read(read):
    assert read("UBND", "--dictionary", BUILD.parents[1] / "etc" / "speech.dict")["reading"] == "Ủy ban nhân dân"


@pytest.mark.parametrize(
    "args, code, error",
    [
        ([], 2, "usage"),
        (["một", "hai"], 2, "usage"),
        (["một", "--file", "-"], 2, "usage"),
        (["một", "--dialect", "east"], 2, "usage"),
        (["…"], 1, "invalid"),
        ([b"\xff"], 1, "invalid"),
        (["x" * 16385], 1, "too-long"),
        (["--file", "/nonexistent"], 1, "file"),
        (["một", "--dictionary", "/nonexistent"], 1, "file"),
    ],
)
def test_what_is_refused(read, args, code, error):
    document = read(*args, code=code)
    assert document["ok"] is False and document["error"] == error


def test_a_mistake_in_a_dictionary_is_told_by_its_line(read, tmp_path):
    (tmp_path / "speech.dict").write_text("CT = chiến thắng\nUBND\n", encoding="utf-8")
    assert "speech.dict:2: " in read("một", code=1)["detail"]


def test_a_file_of_bytes_is_no_text(read, tmp_path):
    (tmp_path / "sound").write_bytes(b"RIFF\0\0")
    assert read("--file", tmp_path / "sound", code=1)["error"] == "invalid"
