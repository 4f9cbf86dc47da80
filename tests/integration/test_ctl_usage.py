"""What thonctl takes on its command line, before it asks anybody."""

import json
import re
import subprocess

import pytest

import thon


@pytest.mark.parametrize("reading", ["", " ", "0x10", "inf", "nan", "-1", "1e3", "12,5", "1.2.3"])
def test_a_reading_that_is_no_plain_number_corrects_no_meter(site, reading):
    words = site.refused("light", "meter", "duong-lang", reading, code=2)
    assert "kWh" in words


def test_words_shorter_than_an_option_are_words(site):
    assert "takes one circuit" in site.refused("light", "on", "", code=2)
    assert "unknown command" in site.refused("x", code=2)


def test_usage_is_one_document_too(site):
    result = site.ctl("light", "on", "duong-lang", "--for", "soon")
    assert result.code == 2
    assert result.data["ok"] is False and result.data["error"] == "usage" and "--for" in result.data["detail"]


def thonctl(*args):
    """On a machine that has neither settings nor a store: help needs none."""
    return subprocess.run([thon.BUILD / "thonctl", "--config-dir", "/nonexistent", *args], capture_output=True, text=True, timeout=20, check=False)


def commands(*args):
    result = thonctl(*args)
    assert (result.returncode, result.stderr) == (0, ""), f"{args}: {result}"
    return [line.removeprefix("  thonctl ") for line in result.stdout.splitlines() if line.startswith("  thonctl ")]


def test_each_noun_tells_its_own_commands_in_every_way_of_asking():
    everything = commands("--help")
    nouns = {line.split()[0] for line in everything}
    assert len(nouns) > 15 and {"light", "camera", "status", "setup"} <= nouns
    for noun in sorted(nouns):
        own = [line for line in everything if line.split()[0] == noun]
        assert commands(noun, "--help") == commands("help", noun) == commands("--help", noun) == own
        rows = json.loads(thonctl("--json", noun, "--help").stdout)
        assert [f"{row['command']} {row['args']}".strip() for row in rows] == own
        if noun not in {row["command"] for row in rows}:  # else it is a word for that command
            assert commands(noun, "help") == own


def test_each_command_tells_itself():
    for row in json.loads(thonctl("--json", "help").stdout):
        line = f"{row['command']} {row['args']}".strip()
        assert line in commands(*row["command"].split(), "--help")
        assert line in commands("help", *row["command"].split())
    assert len(commands("light", "program", "--help")) == 4


def test_help_on_what_there_is_not_is_usage():
    for args in (("help", "den"), ("light", "sing", "--help"), ("help", "light", "sing"), ("light", "on", "duong-lang", "--help")):
        result = thonctl(*args)
        assert (result.returncode, result.stdout) == (2, ""), f"{args}: {result}"
    assert "Try 'thonctl light --help'" in thonctl("light", "sing").stderr


def table(path):
    """What help tells of the commands of a file; those of export are registry's for both."""
    lines = re.split("#define ROWS|const struct ctl_command ", path.read_text(encoding="utf-8"), maxsplit=1)[1:]
    lines = lines[0] if lines else ""
    return lines + table(path.with_name("registry.c")) if path.name == "subject.c" else lines


def test_help_names_every_option_that_is_taken():
    looked = 0
    for path in sorted((thon.ROOT / "src/ctl").glob("*.c")):
        text = path.read_text(encoding="utf-8")
        if not table(path):
            continue
        taken = re.findall(r'\{"([a-z][a-z-]+)",\s*(?:NULL,\s*)?&', text) + re.findall(r'ctl_option_list\([^"]*"([a-z-]+)"', text)
        missing = [option for option in taken if f"--{option}" not in table(path)]
        assert not missing, f"{path.name} takes {missing}"
        looked += len(taken)
    assert looked > 80
