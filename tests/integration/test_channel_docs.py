"""docs/channels.md and the tables of codes say the same: what an officer reads there is what the program does."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs/channels.md"
TABLES = ["zalo_oa", "zalo_zns", "zalo_bot", "telegram", "facebook", "http"]
UNTIL = {"MINUTE": "the next minute", "MORNING": "06:05", "TOMORROW": "tomorrow"}
SURE = {"V", "2+", "1", "?", "I"}


def seconds(text):
    """86400, 900, CODES_WEEK."""
    names = {"CODES_DAY": 86400, "CODES_WEEK": 7 * 86400, "CODES_MONTH": 30 * 86400}
    return names[text] if text in names else int(text)


def duration(n, until):
    if until != "NONE":
        return UNTIL[until]
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if n and n % size == 0:
            return f"{n // size} {unit}"
    return f"{n} s" if n else "–"


def rows_of_the_program(table):
    text = (ROOT / f"src/core/relay/codes_{table}.c").read_text(encoding="utf-8")
    macros = dict(re.findall(r'#define (\w+) "([^"]*)"', text))
    entries = re.findall(
        r'\{(-?\d+), THON_VERDICT_(\w+), (\w+), THON_UNTIL_(\w+),\s*(?:"([^"]*)"|([A-Z]+))\}', text
    )
    assert len(entries) == len(re.findall(r"THON_VERDICT_", text)), f"codes_{table}.c was not understood"
    return [
        (code, verdict.lower(), duration(seconds(n), until), meaning or macros[macro])
        for code, verdict, n, until, meaning, macro in entries
    ]


def rows_of_the_page(table):
    """The rows under <!-- codes: TABLE -->; the column of how sure it is comes last."""
    page = DOC.read_text(encoding="utf-8")
    part = page.split(f"<!-- codes: {table} -->")
    assert len(part) == 2, f"docs/channels.md has no table {table}, or two"
    lines = part[1].lstrip("\n").split("\n\n", 1)[0].splitlines()
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


@pytest.mark.parametrize("table", TABLES)
def test_every_code_is_in_the_page_as_it_is_in_the_program(table):
    page = rows_of_the_page(table)
    assert [row[:4] for row in page] == rows_of_the_program(table)


@pytest.mark.parametrize("table", TABLES)
def test_every_code_says_how_sure_it_is(table):
    assert [row for row in rows_of_the_page(table) if len(row) != 5 or row[4] not in SURE] == []


def test_every_kind_has_a_section():
    kinds = re.findall(r'^## `([a-z-]+)`', DOC.read_text(encoding="utf-8"), flags=re.M)
    names = {p.stem.replace("_", "-") for p in (ROOT / "src/relayd/channels").glob("*.c")}
    known = {"zalo-oa", "zalo-template", "zalo-group", "zalo-bot", "telegram", "ntfy", "facebook-page", "sms", "webhook"}
    assert known <= names
    assert sorted(kinds) == sorted(known)


def test_limits_in_the_page_are_those_of_the_program():
    page = DOC.read_text(encoding="utf-8")
    for source, macro, words in (
        ("zalo.h", "ZALO_TEXT_MAX", "{} characters"),
        ("zalo_template.c", "PARAMETER_MAX", "{} characters"),
        ("telegram.c", "TEXT_MAX", "{} UTF-16 units"),
        ("ntfy.c", "TEXT_MAX", "{} bytes"),
        ("facebook_page.c", "TEXT_MAX", "{} characters"),
        ("sms.c", "OCTETS", "{} octets"),
    ):
        text = (ROOT / "src/relayd/channels" / source).read_text(encoding="utf-8")
        value = int(re.search(rf"#define {macro}\s+(\d+)", text).group(1))
        assert words.format(f"{value:,}") in page, f"{macro} of {source} is {value}"


def test_defaults_of_the_configuration_are_those_of_the_kinds():
    """relayd.conf's reader and the kinds each hold base URL and rate, since neither may reach into the other."""
    conf = (ROOT / "src/platform/relayd_conf_channel.c").read_text(encoding="utf-8")
    macros = dict(re.findall(r'#define (\w+)\s+"([^"]*)"', conf))
    rows = re.findall(r'\[THON_KIND_\w+\] = \{"([a-z-]+)",\s*("[^"]*"|\w+),\s*"([^"]*)"', conf)
    assert len(rows) == 9
    for name, url, rate in rows:
        source = (ROOT / f"src/relayd/channels/{name.replace('-', '_')}.c").read_text(encoding="utf-8")
        header = (ROOT / "src/relayd/channels/zalo.h").read_text(encoding="utf-8")
        own = dict(re.findall(r'#define (\w+)\s+"([^"]*)"', header))
        found = re.search(r'\.api_url = ("[^"]*"|\w+)', source)
        value = lambda text, names: text.strip('"') if text.startswith('"') else names.get(text)
        assert (value(found.group(1), own) if found else None) == value(url, macros), name
        assert re.search(r'\.rate = "([^"]*)"', source).group(1) == rate, name
