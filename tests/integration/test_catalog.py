"""The journal's explanations: every message that the program can log has one in both languages, and systemd reads them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = {"en": ROOT / "systemd/thon.catalog", "vi": ROOT / "systemd/thon.vi.catalog"}


def ids_of_the_program():
    """Name -> id, from log_ids.h."""
    text = (ROOT / "src/platform/log_ids.h").read_text()
    return {
        name: re.sub(r"[,\s]", "", octets)
        for name, octets in re.findall(r"#define THON_ID_(\w+)\s+SD_ID128_MAKE\(([^)]*)\)", text)
    }


def entries(language):
    """Id -> (headers, body)."""
    found = {}
    for part in re.split(r"^-- ", FILES[language].read_text(encoding="utf-8"), flags=re.M)[1:]:
        first, rest = part.split("\n", 1)
        head, body = rest.split("\n\n", 1)
        assert first not in found, f"{first} twice in {FILES[language].name}"
        found[first] = (dict(line.split(": ", 1) for line in head.splitlines()), body.strip())
    return found


def test_every_message_of_the_header_has_an_id_of_its_own():
    header = (ROOT / "include/thon/log.h").read_text()
    messages = set(re.findall(r"\bTHON_MSG_([A-Z_]+)", header.split("enum thon_msg {")[1].split("}")[0]))
    ids = ids_of_the_program()
    assert messages - {"NONE", "COUNT"} == set(ids)
    assert len(set(ids.values())) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{32}", value) for value in ids.values())


@pytest.mark.parametrize("language", FILES)
def test_every_id_is_explained(language):
    found = entries(language)
    assert set(found) == set(ids_of_the_program().values())
    for headers, body in found.values():
        assert headers["Subject"] and headers["Defined-By"]
        assert len(body) > 20


def test_both_languages_speak_of_the_same_fields():
    """What one language tells of the circuit, the other tells too."""
    fields = lambda entry: sorted(set(re.findall(r"@(\w+)@", entry[0]["Subject"] + entry[1])))
    english, vietnamese = entries("en"), entries("vi")
    assert {i: fields(e) for i, e in english.items()} == {i: fields(e) for i, e in vietnamese.items()}


def test_vietnamese_is_written_with_its_marks():
    for headers, body in entries("vi").values():
        assert re.search("[ăâđêôơưạảấầậắằặẹẻếềểệịọộớờợụứừựỳ]", headers["Subject"] + body)


def test_every_fault_that_lightd_knows_is_explained():
    source = "".join(p.read_text() for p in (ROOT / "src/core/light").glob("*.c"))
    slugs = re.findall(r'\[THON_FAULT_\w+\] = \{"([a-z-]+)"', source)
    assert slugs, "the table of faults was not found"
    raised = ids_of_the_program()["FAULT_RAISED"]
    for language in FILES:
        body = entries(language)[raised][1]
        assert [s for s in slugs if not re.search(rf"^  {s} ", body, flags=re.M)] == []


def journalctl(root, *arguments):
    return subprocess.run(
        ["journalctl", f"--root={root}", *arguments],
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "debug", "SYSTEMD_LOG_TARGET": "console", "SYSTEMD_PAGER": ""},
        capture_output=True, text=True, timeout=30,
    )


@pytest.mark.skipif(not shutil.which("journalctl"), reason="no journalctl")
def test_systemd_compiles_both(tmp_path):
    sources = tmp_path / "usr/lib/systemd/catalog"
    sources.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    for path in FILES.values():
        shutil.copy(path, sources)

    result = journalctl(tmp_path, "--update-catalog")
    assert result.returncode == 0, result.stderr
    assert f"Found {2 * len(ids_of_the_program())} items in catalog" in result.stderr
    assert "has language vi" in result.stderr

    listed = journalctl(tmp_path, "--list-catalog").stdout
    assert sorted(line.split()[0] for line in listed.splitlines()) == sorted(ids_of_the_program().values())
