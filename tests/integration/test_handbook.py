"""The handbook in Vietnamese says what is so: every command in it is run, every alarm that there is has its entry."""

import contextlib
import os
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree

import pytest

import handbook
import handbook_tools
import thon

PAGES = [handbook.BOOK / "README.md", *handbook.chapters()]
ALARMS = next(handbook.BOOK.glob("05-*.md"))


@pytest.fixture
def commune(make_site, broker, fakes, make_mqtt):
    site = make_site(broker, site_id="chi-phuc", lat=19.99, lon=105.65)
    commune = handbook.Commune(site, broker, fakes, make_mqtt)
    for name in handbook.DAEMONS:
        commune.start(name)
    commune.citizen()
    yield commune
    commune.close()


def test_every_command_of_the_book_does_what_the_book_says(commune):
    wrong = []
    only = os.environ.get("HANDBOOK_CHAPTER", "")
    for chapter in handbook.chapters():
        if only and not chapter.name.startswith(only):
            continue
        for block in handbook.blocks(chapter):
            try:
                commune.follow(block)
            except AssertionError as e:
                wrong.append(str(e))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize(
    "words",
    [
        "```sh\nthonctl store chek\n```",
        "```sh\nthonctl light plan --dayz 1\n```",
        "```sh\nsudo systemctl restart thon-ligthd\n```",
        "```sh\nsudo systemctl restrat thon-lightd\n```",
        "```sh\njournalctl -x -u thon-cameard\n```",
        "```sh\nsudo atp update\n```",
        "```sh\nthonctl store check\n```\n```text\n/var/lib/thon/thon.db is broken\n```",
        "```sh\nthonctl --version\n```\n```text\nthonctl …\nand more\n```",
        "<!-- chạy: lỗi -->\n```sh\nthonctl store check\n```",
        "<!-- chạy: thử lightd.conf -->\n```ini\n[lihgt]\nstagger_ms = 300\n```",
    ],
)
def test_a_mistake_in_the_book_would_be_noticed(site, tmp_path, words):
    page = tmp_path / "09-sai.md"
    page.write_text(words + "\n", encoding="utf-8")
    with contextlib.closing(handbook.Shell(site)) as shell, pytest.raises(AssertionError, match="09-sai.md:"):
        for block in handbook.blocks(page):
            shell.follow(block)


# ---- what is only named is there ----


def usage():
    """Words of a command of thonctl -> what may follow them."""
    out = subprocess.run([thon.BUILD / "thonctl", "--help"], capture_output=True, text=True, timeout=30, check=True).stdout
    lines = re.findall(r"^  thonctl (.*)$", out, re.M)
    split = (re.fullmatch(r"((?:[a-z][a-z-]*)(?: [a-z][a-z-]*(?![A-Za-z|-]))*) ?(.*)", line) for line in lines)
    return {m[1]: m[2] for m in split}


def registry_fields():
    text = (thon.ROOT / "docs/registry.md").read_text(encoding="utf-8")
    return {f.strip().replace("_", "-") for row in re.findall(r"^\| ([a-z_, ]+) \|", text, re.M) for f in row.split(",")}


def check_thonctl(words, known, fields):
    """Why it would be refused; None when it would not."""
    while words and words[0].startswith("--"):
        if words[0] not in ("--json", "--help", "--version", "--by", "--store", "--broker", "--config-dir"):
            return f"thonctl has no option {words[0]}"
        words = words[2:] if words[0] in ("--by", "--store", "--broker", "--config-dir") else words[1:]
    if not words:
        return None
    if words[-1] == "--help" and any(" ".join([*k.split(), ""]).startswith(" ".join([*words[:-1], ""])) for k in known):
        return None
    command = next((" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in known), None)
    if command is None:
        nouns = [k for k in known if k.split()[0] == words[0]]
        return None if nouns and len(words) == 1 else f"there is no “thonctl {' '.join(words[:2])}”"
    for word in words[len(command.split()) :]:
        name = word.split("=")[0]
        if name.startswith("--") and name not in re.findall(r"--[a-z-]+", known[command]):
            if not ("--FIELD" in known[command] and name[2:] in fields):
                return f"“thonctl {command}” has no option {name}"
    return None


def test_commands_named_in_the_text_are_there(monkeypatch):
    known, fields, wrong = usage(), registry_fields(), []
    assert len(known) > 60
    monkeypatch.delenv("HANDBOOK_ORDERS", raising=False)
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        for command in re.findall(r"`([^`\n]+)`", text):
            words = re.sub(r"'[^']*'|\"[^\"]*\"", "WORD", command).removeprefix("sudo ").split()
            why = None
            if words[0] == "thonctl":
                why = check_thonctl(words[1:], known, fields)
            elif words[0] in handbook_tools.TOOLS and len(words) > 1:
                monkeypatch.setattr(sys, "argv", words)
                try:
                    handbook_tools.main()
                except SystemExit as e:
                    why = "see standard error" if e.code else None
            elif re.fullmatch(r"thon-[a-z@-]+(\.\w+)?", words[0]) and not (thon.BUILD / words[0]).exists():
                if not {words[0], f"{words[0]}.service", f"{words[0]}.timer", f"{words[0]}@.service"} & handbook_tools.OURS:
                    why = "there is no such program or unit"
            if why:
                wrong.append(f"{page.name}: `{command}`: {why}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("command", ["notify coverag 1", "light on duong-lang --fro 2h", "lihgt list", "person set an --telephone 1"])
def test_a_misspelled_command_would_be_noticed(command):
    assert check_thonctl(command.split(), usage(), registry_fields())


def test_what_pages_point_to_is_there():
    def anchors(page):
        heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
        return {re.sub(r"[^\w\s-]", "", h.lower()).strip().replace(" ", "-") for h in heads}

    wrong = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            name, _, anchor = target.partition("#")
            there = page.parent / name if name else page
            if not there.exists() or (anchor and anchor not in anchors(there)):
                wrong.append(f"{page.name}: {target}")
    assert not wrong, wrong
    contents = PAGES[0].read_text(encoding="utf-8")
    assert all(f"({chapter.name})" in contents for chapter in handbook.chapters()), "the contents lack a chapter"


def test_letters_are_composed_and_drawings_are_drawings():
    for path in [*PAGES, *handbook.BOOK.glob("hinh/*.svg")]:
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), path.name
        if path.suffix == ".svg":
            root = xml.etree.ElementTree.fromstring(text)
            assert root.tag.endswith("svg") and root.find("{*}title").text and root.find("{*}desc").text, path.name
            assert any(f"hinh/{path.name}" in page.read_text(encoding="utf-8") for page in PAGES), f"nobody shows {path.name}"


# ---- wires ----

HEADER = """3V3 5V GPIO2 5V GPIO3 GND GPIO4 GPIO14 GND GPIO15 GPIO17 GPIO18 GPIO27 GND GPIO22 GPIO23 3V3 GPIO24 GPIO10 GND GPIO9 GPIO25
GPIO11 GPIO8 GND GPIO7 GPIO0 GPIO1 GPIO5 GND GPIO6 GPIO12 GPIO13 GND GPIO19 GPIO16 GPIO26 GPIO20 GND GPIO21""".split()


def test_the_drawn_header_is_that_of_the_raspberry_pi():
    texts = [e.text for e in xml.etree.ElementTree.parse(handbook.BOOK / "hinh/chan-gpio.svg").iter("{http://www.w3.org/2000/svg}text")]
    drawn = {int(n): label.replace("3,3 V", "3V3").replace("5 V", "5V") for n, label in zip(texts, texts[1:]) if n.isdigit()}
    assert drawn == dict(enumerate(HEADER, 1))


def test_gpio_and_pin_go_together_wherever_both_are_named():
    said = 0
    for path in [*PAGES, *handbook.BOOK.glob("hinh/*.svg")]:
        text = path.read_text(encoding="utf-8")
        pairs = re.findall(r"(GPIO\d+|GND) \(chân (\d+)\)", text)
        for gpios, pins in re.findall(r"\| (GPIO\d+(?:, GPIO\d+)*) \| (\d+(?:, \d+)*) \|", text):
            pairs += zip(gpios.split(", "), pins.split(", "))
        for gpio, pin in pairs:
            said += 1
            assert HEADER[int(pin) - 1] == gpio, f"{path.name}: {gpio} is not pin {pin}"
    assert said > 12


# ---- alarms ----


def source(*names):
    """Files of src with string literals that follow one another made one."""
    text = "\n".join((thon.ROOT / "src" / name).read_text(encoding="utf-8") for name in names)
    return re.sub(r'"\s*\n\s*"', "", text)


def verdicts():
    """Of cameras: slug -> what people read."""
    found = re.findall(r'\{"([a-z-]+)", THON_CAMERA_\w+,\s*(?:true|false),\s*"([^"]+)"', source("core/camera/camera.c"))
    assert len(found) > 20
    return dict(found)


def faults():
    """Of circuits: slug -> what people read."""
    slugs = dict(re.findall(r'\[(THON_FAULT_\w+)\] = \{"([a-z-]+)"', source("core/light/faults.c")))
    table = source("lightd/events.c").split("[THON_FAULT_STUCK_ON] = ")[1]
    texts = re.findall(r'\[(THON_FAULT_\w+)\] =\s*"([^"]+)"', "[THON_FAULT_STUCK_ON] = " + table)
    assert len(slugs) == len(texts) > 10
    return {slugs[name]: text for name, text in texts}


def kinds():
    """Of all events, as docs/mqtt-api.md lists them."""
    text = (thon.ROOT / "docs/mqtt-api.md").read_text(encoding="utf-8").split("### `event/<kind>`")[1].split("\n## ")[0]
    rows = {kind for row in re.findall(r"^\| (`[^|]*) \|", text, re.M) for kind in re.findall(r"`([a-z-]+(?:<verdict>)?)`", row)}
    rows = {kind for kind in rows if "-" in kind and kind != "cause_id"}
    rows.remove("camera-<verdict>")
    return rows | {f"camera-{v}" for v in verdicts() if v not in ("ok", "unknown")}


def entries():
    """Kind -> what the chapter says of it."""
    parts = re.split(r"^### `([a-z-]+)`$", ALARMS.read_text(encoding="utf-8"), flags=re.M)
    return {kind: re.split(r"^## ", text, flags=re.M)[0] for kind, text in zip(parts[1::2], parts[2::2])}


def test_every_alarm_has_its_entry():
    there, written = kinds(), entries()
    assert len(there) > 45
    assert not there - set(written), f"without an entry: {sorted(there - set(written))}"
    assert not set(written) - there, f"there are none of these: {sorted(set(written) - there)}"
    assert all(f"light-{fault}" in written for fault in faults())
    assert all(len(text.split()) > 12 for text in written.values())


def test_what_an_entry_quotes_is_what_people_are_told():
    written = entries()
    for fault, text in faults().items():
        assert f"«{text}»" in written[f"light-{fault}"], f"light-{fault}: {text}"
    for verdict, text in verdicts().items():
        if verdict not in ("ok", "unknown"):
            assert f"«{text}»" in written[f"camera-{verdict}"], f"camera-{verdict}: {text}"
    every = source(*(p.relative_to(thon.ROOT / "src") for p in (thon.ROOT / "src").rglob("*.c")))
    for kind, text in written.items():
        for quote in re.findall(r"«([^»]+)»", text.strip().split("\n\n")[0]):
            for piece in filter(None, (p.strip(" …,.") for p in quote.split("…"))):
                assert piece in every, f"{kind}: nobody says “{piece}”"


def test_every_reason_why_nothing_was_aired_is_explained():
    reasons = dict(re.findall(r'\[THON_AIR_\w+\] = \{"([a-z-]+)", "([^"]+)"\}', source("core/announce/words.c")))
    told = dict(re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", entries()["announce-dropped"], re.M))
    assert len(reasons) > 12 and told == reasons
