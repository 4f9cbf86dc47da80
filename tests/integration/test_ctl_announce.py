"""thonctl announce, person pin, audit verify --pack: what is sent to announced, which is played here; what is read from a store that was
filled, whose audit log is chained by the rules of docs/store.md; what a pack of evidence proves, and what it gives away."""

import hashlib
import json
import os
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import thon
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from test_ctl_camera import Terminal

NOON = 1795410000  # 2026-11-23T12:00:00+07:00
TEXT = "Ngày 30/12/2026, UBND xã chi trả 8.500.000 đồng."
READING = "ngày ba mươi tháng mười hai năm hai nghìn không trăm hai mươi sáu"
TAKEN = {"ok": True, "id": "a-20261123-1", "state": "submitted", "reading": {"north": READING}, "private": [], "first": "2026-11-23T17:00:00+07:00"}


def played(site, mqtt, topic, answer, *args, **more):
    """What thonctl said when announced answers like that, and what announced was told."""
    since = mqtt.mark()
    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(site.ctl, *args, **more)
        order = mqtt.wait_for(topic, since=since)
        properties = Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = order.correlation
        mqtt.publish("/" + order.reply_to, answer, properties=properties)
        return said.result(timeout=60), order.data


# ---- a store that was filled ----


def net(value):
    data = str(value).encode()
    return b"%d:%s," % (len(data), data)


def store(site):
    return sqlite3.connect(site.state / "thon.db")


def canonical(doc):
    return json.dumps(doc, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def audit(db, at, actor, action, object, detail):
    """As docs/store.md has it."""
    last = db.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone() or (0, "0" * 64)
    row = (last[0] + 1, at, actor, action, object, canonical(detail), last[1])
    digest = hashlib.sha256(b"".join(map(net, ("thon-audit-1",) + row))).hexdigest()
    db.execute("INSERT INTO audit (id, at, actor, action, object, detail, before, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row + (digest,))


def announcement(db, id, state="submitted", title="Chi trả", at=NOON, approved_by=None, **more):
    form = {"zones": ["thon-4"], "class": "normal", "title": title, "text": TEXT, "resume": "resume", "chime": True, **more}
    if "repeat" not in form:
        form["at"] = "2026-11-23T10:00:00Z"
    db.execute(
        "INSERT INTO announcement (id, state, title, form, by, approved_by, submitted) VALUES (?, ?, ?, ?, 'nga', ?, ?)",
        (id, state, title, canonical(form), approved_by, at),
    )
    detail = {"state": state, "class": "normal", "zones": form["zones"], "form": hashlib.sha256(canonical(form).encode()).hexdigest(), "by": "nga"}
    if approved_by:
        detail["approved_by"] = approved_by
    audit(db, at, "nga", "announce-submit", id, detail)


def airing(db, id, due, state="aired", reason="", began=None, ended=None, sound=None, zone="thon-4"):
    row = {"announcement": id, "zone": zone, "class": "normal", "due": due, "state": state, "reason": reason, "ms": 31500 if began else 0}
    row |= {"audio": f"{id}.opus" if sound else "", "sha256": hashlib.sha256(sound).hexdigest() if sound else "", "by": "nga"}
    cursor = db.execute(
        "INSERT INTO airing (announcement, zone, class, due, began, ended, state, reason, seconds_ms, position_ms, level_db, proof, audio,"
        " audio_size, audio_sha256, by) VALUES (?, ?, 'normal', ?, ?, ?, ?, ?, ?, 0, -16.26, 'heard', ?, ?, ?, 'nga')",
        (id, zone, due, began, ended, state, reason, row["ms"], row["audio"], len(sound or b""), row["sha256"]),
    )
    if began and ended:
        audit(db, ended, "thon-announced", "announce-aired", f"airing:{cursor.lastrowid}", {**row, "began": began})


@pytest.fixture
def station(site):
    """A day of the station: one that was aired, one that came too late, one that waits."""
    site.ok("person", "add", "an", "--name", "Nguyễn Văn An")
    with store(site) as db:
        announcement(db, "a-20261123-1", "done", approved_by="an")
        airing(db, "a-20261123-1", NOON, began=NOON + 3, ended=NOON + 35, sound=b"OggS sound")
        announcement(db, "a-20261123-2", "done", title="Cấp nước")
        airing(db, "a-20261123-2", NOON + 60, "dropped", "late", ended=NOON + 900, zone="thon-5")
        announcement(db, "a-20261123-3", title="Tiêm phòng", repeat={"days": [{"lunar": ["1", "15"]}], "at": ["05:30"]})
    return site


# ---- submitting ----


def test_a_text_is_submitted_and_read_back(site, mqtt):
    private = [{"kind": "phone", "text": "số điện thoại", "quote": "0912 345 678"}]
    said, told = played(
        site, mqtt, "announce/submit", {**TAKEN, "private": private}, "--by", "nga", "announce", "submit", "--zone", "thon-4", "--zone", "cum-bac",
        "--text", TEXT, "--title", "Chi trả", "--at", "2026-11-23 17:00", "--expires", "2026-11-24 09:00", "--latest", "20min",
        "--repeat", "2", "--every", "10min", "--resume", "drop", "--no-chime", "--exercise",
    )  # fmt: skip
    assert said.code == 0 and said.data == {**TAKEN, "private": private}
    assert told == {
        "zones": ["thon-4", "cum-bac"], "text": TEXT, "title": "Chi trả", "at": "2026-11-23T17:00:00+07:00",
        "expires": "2026-11-24T09:00:00+07:00", "latest": 1200, "repeat": {"count": 2, "every": 600}, "resume": "drop",
        "chime": False, "exercise": True, "by": "nga",
    }  # fmt: skip
    said, _ = played(site, mqtt, "announce/submit", {**TAKEN, "private": private}, "announce", "submit", "--zone", "thon-4", "--text", TEXT, json_output=False)
    assert READING in said.out and "0912 345 678" in said.out and "waits for approval" in said.out


def test_a_calendar_is_submitted(site, mqtt, tmp_path):
    words = tmp_path / "loi.txt"
    words.write_text(TEXT + "\n", encoding="utf-8")
    _, told = played(
        site, mqtt, "announce/submit", TAKEN, "announce", "submit", "--zone", "all", "--file", words, "--days", '{"lunar":["1","15"]}',
        "--times", "05:30,17:00", "--except", '{"weekdays":["sun"]}', "--until", "2027-12-31",
    )  # fmt: skip
    assert told["repeat"] == {"days": {"lunar": ["1", "15"]}, "at": ["05:30", "17:00"], "except": {"weekdays": ["sun"]}, "until": "2027-12-31"}
    assert told["text"].strip() == TEXT and "at" not in told
    _, told = played(site, mqtt, "announce/submit", TAKEN, "announce", "submit", "--zone", "all", "--source", "huyen", "--for", "30min", "--at", "2h")
    assert told["source"] == "huyen" and told["for"] == 1800 and told["at"].endswith("+07:00")


def test_a_form_is_submitted_as_it_is(site, mqtt, tmp_path):
    form = {"zones": "all", "text": TEXT, "repeat": 3}
    (tmp_path / "form.json").write_text(json.dumps(form))
    _, told = played(site, mqtt, "announce/submit", TAKEN, "--by", "nga", "announce", "submit", "--json-file", tmp_path / "form.json")
    assert told == {**form, "by": "nga"}
    for more in (("--zone", "x"), ("--exercise",), ("--title=x",), ("--times", "05:30")):
        assert "only --pin-file" in site.refused("announce", "submit", f"--json-file={tmp_path / 'form.json'}", *more, code=2)
    (tmp_path / "form.json").write_text('{"zones":')
    assert "form.json" in site.refused("announce", "submit", "--json-file", tmp_path / "form.json")


def test_what_is_no_submission_is_not_sent(site):
    base = ["announce", "submit", "--zone", "thon-4"]
    for wrong in (
        [], ["--text", "a", "--file", "b"], ["--text", "a", "--repeat", "0"], ["--text", "a", "--every", "5min"], ["--text", "a", "--at", "mai"],
        ["--text", "a", "--days", "{"], ["--text", "a", "--days", '{"lunar":["1"]}'], ["--text", "a", "--times", "05:30", "--repeat", "2"],
        ["--text", "a", "--latest", "x"], ["--text", "a", "extra"],
    ):  # fmt: skip
        site.refused(*base, *wrong, code=2)
    assert "--zone" in site.refused("announce", "submit", "--text", "a", code=2)
    assert "thon-announced is not running" in site.refused(*base, "--text", "a")


def test_a_refusal_is_told_in_the_daemons_words(site, mqtt):
    said, _ = played(site, mqtt, "announce/submit", {"ok": False, "error": "unknown-zone", "detail": "thon-9 is no zone"}, "announce", "submit", "--zone", "thon-9", "--text", "a")
    assert said.code == 1 and said.data["error"] == "unknown-zone" and "thon-9 is no zone" in said.err


def test_the_pin_of_an_emergency_comes_from_a_file(site, mqtt, tmp_path):
    (tmp_path / "pin").write_text("270519\r\n")
    emergency = ["--by", "an", "announce", "submit", "--zone", "all", "--class", "emergency", "--reason", "vỡ đê", "--text", "Sơ tán ngay."]
    _, told = played(site, mqtt, "announce/submit", TAKEN, *emergency, "--pin-file", tmp_path / "pin")
    assert told["pin"] == "270519" and told["reason"] == "vỡ đê" and told["by"] == "an"
    _, told = played(site, mqtt, "announce/submit", TAKEN, *emergency, "--pin-file", "-", stdin="270519\nmore\n")
    assert told["pin"] == "270519"
    _, told = played(site, mqtt, "announce/submit", TAKEN, *emergency)  # nobody to ask
    assert "pin" not in told
    assert "No such file" in site.refused(*emergency, "--pin-file", tmp_path / "none")
    site.refused(*emergency, "--pin", "270519", code=2)  # never on the command line


def test_a_recording_gets_a_name_of_its_digest(site, mqtt, tmp_path):
    media = site.state / "announce" / "media"
    sound = tmp_path / "Bản tin.MP3"
    sound.write_bytes(b"ID3" + os.urandom(100000))
    name = hashlib.sha256(sound.read_bytes()).hexdigest()[:32] + ".mp3"
    submit = ["announce", "submit", "--zone", "thon-4", "--media"]
    assert "announce/media is not there" in site.refused(*submit, sound)
    media.mkdir(parents=True)
    for _ in range(2):
        _, told = played(site, mqtt, "announce/submit", TAKEN, *submit, sound)
        assert told["media"] == name
    assert [f.name for f in media.iterdir()] == [name] and (media / name).read_bytes() == sound.read_bytes()
    assert stat.S_IMODE((media / name).stat().st_mode) == 0o640
    _, told = played(site, mqtt, "announce/submit", TAKEN, *submit, name)  # that is there already
    assert told["media"] == name
    assert "No such file" in site.refused(*submit, tmp_path / "none.mp3")
    os.mkfifo(tmp_path / "pipe.mp3")
    site.refused(*submit, tmp_path / "pipe.mp3")


# ---- say ----


def test_say_waits_for_what_becomes_of_it(site, mqtt):
    with store(site) as db:
        announcement(db, "a-20261123-1", "approved")
        airing(db, "a-20261123-1", NOON, "on-air", began=NOON + 1)

    def end():
        with store(site) as db:
            db.execute("UPDATE airing SET state = 'aired', ended = ?, seconds_ms = 4000", (NOON + 9,))
            db.execute("UPDATE announcement SET state = 'done', ended = ?", (NOON + 9,))

    ender = threading.Timer(1.0, end)
    ender.start()
    said, told = played(site, mqtt, "announce/submit", {**TAKEN, "state": "approved"}, "announce", "say", "Mời bà con họp.", "--zone", "thon-4")
    ender.join()
    assert told["text"] == "Mời bà con họp." and "at" not in told
    assert said.code == 0 and said.data["airings"][0]["state"] == "aired" and said.data["airings"][0]["seconds"] == 4


def test_say_tells_why_it_was_not_aired(site, mqtt):
    with store(site) as db:
        announcement(db, "a-20261123-1", "done")
        airing(db, "a-20261123-1", NOON, "dropped", "quiet", ended=NOON + 9)
    said, _ = played(site, mqtt, "announce/submit", {**TAKEN, "state": "approved"}, "announce", "say", "a", "--zone", "thon-4", json_output=False)
    assert said.code == 1 and "yên tĩnh" in said.out and "not aired everywhere" in said.err


def test_say_does_not_wait_for_another_person(site, mqtt):
    said, _ = played(site, mqtt, "announce/submit", TAKEN, "announce", "say", "a", "--zone", "thon-4", json_output=False)
    assert said.code == 0 and "waits for approval" in said.out
    with store(site) as db:
        announcement(db, "a-20261123-1", "approved")
    said, _ = played(site, mqtt, "announce/submit", {**TAKEN, "state": "approved"}, "announce", "say", "a", "--zone", "thon-4", "--wait", "1")
    assert said.code == 1 and said.data["error"] == "timeout"


# ---- orders ----


def test_another_person_edits_approves_and_cancels(site, mqtt, tmp_path):
    (tmp_path / "reading").write_text(READING + "\n", encoding="utf-8")
    ok = {"ok": True, "id": "a-1", "state": "approved"}
    said, told = played(site, mqtt, "announce/a-1/edit", {**ok, "state": "submitted"}, "--by", "an", "announce", "edit", "a-1", "--reading", tmp_path / "reading")
    assert said.code == 0 and told == {"reading": READING, "by": "an"}
    said, told = played(site, mqtt, "announce/a-1/approve", ok, "--by", "an", "announce", "approve", "a-1", "--pin-file", "-", stdin="270519\n")
    assert said.code == 0 and told == {"by": "an", "pin": "270519"}
    said, told = played(site, mqtt, "announce/a-1/cancel", ok, "--by", "an", "announce", "cancel", "a-1", "--reason", "hoãn họp")
    assert said.code == 0 and told == {"by": "an", "reason": "hoãn họp"}
    said, _ = played(site, mqtt, "announce/a-1/approve", {"ok": False, "error": "same-person", "detail": "another person than nga"}, "announce", "approve", "a-1")
    assert said.code == 1 and said.data["error"] == "same-person"
    (tmp_path / "reading").write_text("\n")
    assert "is empty" in site.refused("announce", "edit", "a-1", "--reading", tmp_path / "reading")
    (tmp_path / "reading").write_bytes(b"\xff\xfe")
    assert "UTF-8" in site.refused("announce", "edit", "a-1", "--reading", tmp_path / "reading")
    for verb in ("show", "approve", "cancel", "edit"):
        site.refused("announce", verb, "Not An Id", code=2)
        site.refused("announce", verb, code=2)


# ---- what is, what was ----


def test_lists_need_no_daemon(station, broker):
    broker.kill()
    rows = station.ok("announce", "list")
    assert [r["id"] for r in rows] == ["a-20261123-3"] and rows[0]["state"] == "submitted" and "T05:30:00+07:00" in rows[0]["next"]
    rows = station.ok("announce", "list", "--all")
    assert [r["id"] for r in rows] == ["a-20261123-3", "a-20261123-2", "a-20261123-1"] and rows[2]["approved_by"] == "an"
    assert len(station.ok("announce", "list", "--all", "--limit", "2")) == 2
    assert "Tiêm phòng" in station.ctl("announce", "list", json_output=False).out


def test_a_damaged_one_hides_none_of_the_others(station):
    with store(station) as db:
        db.execute("UPDATE announcement SET form = '{}' WHERE id = 'a-20261123-2'")
    said = station.ctl("announce", "list", "--all")
    assert said.code == 1 and [r["id"] for r in said.data] == ["a-20261123-3", "a-20261123-1"] and "a-20261123-2 is damaged" in said.err
    assert "is damaged" in station.refused("announce", "show", "a-20261123-2")


def test_one_is_shown_with_how_each_airing_ended(station):
    doc = station.ok("announce", "show", "a-20261123-1")
    assert doc["text"] == TEXT and doc["at"] == "2026-11-23T17:00:00+07:00" and doc["by"] == "nga" and doc["approved_by"] == "an"
    assert doc["airings"][0]["began"] == "2026-11-23T12:00:03+07:00" and doc["airings"][0]["seconds"] == 31.5
    dropped = station.ok("announce", "show", "a-20261123-2")["airings"][0]
    assert dropped["state"] == "dropped" and dropped["reason"] == "late" and dropped["why"]
    text = station.ctl("announce", "show", "a-20261123-2", json_output=False).out
    assert dropped["why"] in text and "state:" in text
    assert "no announcement a-9" in station.refused("announce", "show", "a-9")


def test_the_log_is_in_order_of_time(station):
    span = ("--from", "2026-11-23 00:00", "--to", "2026-11-24 00:00")
    rows = station.ok("announce", "log", *span)
    assert [r["zone"] for r in rows] == ["thon-4", "thon-5"] and rows[0]["title"] == "Chi trả" and rows[0]["level_db"] == -16.3
    assert [r["zone"] for r in station.ok("announce", "log", *span, "--zone", "thon-5")] == ["thon-5"]
    assert [r["zone"] for r in station.ok("announce", "log", *span, "--limit", "1")] == ["thon-5"]
    assert station.ok("announce", "log", "--from", "2026-11-24 00:00", "--to", "2026-11-25 00:00") == []
    for wrong in (("--from", "x"), ("--limit", "0"), ("--from", "2026-11-25 00:00", "--to", "2026-11-24 00:00")):
        station.refused("announce", "log", *wrong, code=2)


def test_status_shows_announced_like_the_others(site, mqtt):
    mqtt.publish("status/announced", {"state": "online", "version": "0.1.0", "health": {"zones": 3}}, retain=True)
    assert site.ok("status")["daemons"]["announced"]["health"] == {"zones": 3}


# ---- PINs ----


def pin_of(site, id):
    with store(site) as db:
        row = db.execute("SELECT hash FROM person_pin WHERE person = ?", (id,)).fetchone()
    return row and row[0]


def test_a_pin_is_set_and_seen_nowhere(station, mqtt):
    since = mqtt.mark()
    said = station.ctl("person", "pin", "an", stdin="270519\n")
    assert said.data == {"ok": True, "id": "an"} and pin_of(station, "an").startswith("$y$")
    assert mqtt.wait_for("registry/changed", since=since).data == {"tables": ["person_pin"]}
    shown = station.ctl("person", "show", "an").out + station.ctl("audit", "export").out + station.ctl("person", "export", json_output=False).out
    assert "270519" not in shown and pin_of(station, "an") not in shown
    assert station.ok("person", "pin", "an", "--remove")["ok"] and pin_of(station, "an") is None
    for bad in ("1234\n", "12\n", "abcd\n", "999999\n"):
        assert "digits" in station.refused("person", "pin", "an", stdin=bad)
    assert "no PIN was given" in station.refused("person", "pin", "an", stdin="\n")
    assert "no person ba" in station.refused("person", "pin", "ba", stdin="270519\n")
    station.refused("person", "pin", "an", "270519", code=2)
    assert pin_of(station, "an") is None and station.ok("audit", "verify")["ok"]


def test_at_a_terminal_a_pin_is_not_shown(station):
    t = Terminal(station, "person", "pin", "an")
    t.until("PIN of an: ").type("270519\n").until("Once more: ").type("270519\n").until("its PIN is set")
    assert t.ended() == 0 and b"270519" not in t.said and pin_of(station, "an")


# ---- evidence ----

DAY = ("--from", "2026-11-23 00:00", "--to", "2026-11-24 00:00")


def pack_of(site, tmp_path, sound=b"OggS sound"):
    file = tmp_path / "bang-chung.json"
    said = site.ok("announce", "evidence", file, *DAY)
    assert said["airings"] == 2 and said["sounds"] == 1
    if sound is not None:
        (tmp_path / "a-20261123-1.opus").write_bytes(sound)
    return file, json.loads(file.read_text())


def test_a_pack_proves_what_was_aired(station, tmp_path, broker):
    broker.kill()
    file, pack = pack_of(station, tmp_path, None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640 and pack["site"] == "test"
    assert station.ok("audit", "verify", "--pack", file)["missing"] == 1
    file, pack = pack_of(station, tmp_path)
    said = station.ok("audit", "verify", "--pack", file)
    assert said == {"ok": True, "rows": 5, "announcements": 3, "airings": 1, "alerts": 0, "sounds": 1, "missing": 0, "head": pack["audit"]["head"]}
    head = station.ok("audit", "verify")["head"]
    assert station.ok("audit", "verify", "--pack", file, "--head", head)["head"] == head
    assert "noted before" in station.refused("audit", "verify", "--pack", file, "--head", "0" * 63 + "1")


def tampered(pack):
    """Each in one way."""

    def way(name, change):
        doc = json.loads(json.dumps(pack))
        change(doc)
        return name, doc

    rows = lambda d: d["audit"]["rows"]  # noqa: E731
    yield way("words", lambda d: d["announcements"][0]["form"].update(text="Nói khác."))
    yield way("zone", lambda d: d["announcements"][0]["form"].update(zones=["thon-5"]))
    yield way("approver", lambda d: d["announcements"][0].update(approved_by="ba"))
    yield way("nobody", lambda d: d["announcements"][0].update(by=None))
    yield way("state", lambda d: d["announcements"][0].update(state="refused"))
    yield way("length", lambda d: d["airings"][0].update(ms=1))
    yield way("time", lambda d: d["airings"][0].update(began="2026-11-23T04:00:00Z"))
    yield way("digest", lambda d: d["airings"][0].update(sha256="0" * 64))
    yield way("left out", lambda d: d["airings"].pop(0))
    yield way("made up", lambda d: d["airings"].append({**d["airings"][0], "serial": 99}))
    yield way("actor", lambda d: rows(d)[-1].update(actor="nobody"))
    yield way("row gone", lambda d: rows(d).pop(2))
    yield way("row cut", lambda d: rows(d).pop())
    yield way("no rows", lambda d: d["audit"].update(rows=[]))
    yield way("other kind", lambda d: d.update(kind="x"))
    yield way("no lists", lambda d: d.update(airings=7))


def test_whoever_changes_a_pack_is_found(station, tmp_path):
    file, pack = pack_of(station, tmp_path)
    for name, doc in tampered(pack):
        file.write_text(json.dumps(doc))
        said = station.ctl("audit", "verify", "--pack", file)
        assert said.code == 1 and said.data["error"] == "broken-pack", name
    (tmp_path / "a-20261123-1.opus").write_bytes(b"OggS other")
    file.write_text(json.dumps(pack))
    assert "is not the sound that was aired" in station.refused("audit", "verify", "--pack", file)


def test_what_is_no_pack_is_refused_with_a_reason(station, tmp_path):
    for content in (b"", b"[]", b"{}", b"\xff", b'{"kind":"thon-announce-evidence-1"}', b'{"kind":1,"audit":[]}'):
        (tmp_path / "x.json").write_bytes(content)
        station.refused("audit", "verify", "--pack", tmp_path / "x.json")
    station.refused("audit", "verify", "--pack", tmp_path / "none.json")
    station.refused("announce", "evidence", code=2)
    station.refused("announce", "evidence", tmp_path / "no" / "dir.json", *DAY)


def test_where_no_digest_was_kept_that_of_the_file_is_taken(station, tmp_path):
    with store(station) as db:
        airing(db, "a-20261123-1", NOON + 600, began=NOON + 601, ended=NOON + 610, sound=None)
        db.execute("UPDATE airing SET audio = 'late.opus', audio_size = 4 WHERE due = ?", (NOON + 600,))
    aired = station.state / "announce" / "aired"
    aired.mkdir(parents=True)
    (aired / "late.opus").write_bytes(b"OggS")
    file = tmp_path / "p.json"
    assert station.ok("announce", "evidence", file, *DAY)["sounds"] == 2
    (tmp_path / "late.opus").write_bytes(b"OggS")
    assert station.ok("audit", "verify", "--pack", file)["sounds"] == 1


# ---- with announced itself ----


def test_from_submission_to_evidence(air, tmp_path):
    """What one person submits another approves; it is heard, logged, and proved by a pack; a wrong PIN airs nothing."""
    site = air.site
    site.ok("person", "add", "an", "--name", "Nguyễn Văn An")
    site.ok("person", "pin", "an", stdin="270519\n")
    air.conf(announce={"approval": "yes", "pin": "yes"})
    air.zones("thon-4")
    air.start()
    said = site.ctl("--by", "nga", "announce", "say", "Mời bà con họp lúc 7h30.", "--zone", "thon-4", json_output=False)
    assert said.code == 0 and "bảy giờ ba mươi" in said.out and "waits for approval" in said.out
    id = site.ok("announce", "list")[0]["id"]
    assert "nga" in site.refused("--by", "nga", "announce", "approve", id)
    assert site.ok("--by", "an", "announce", "approve", id)["state"] == "approved"
    air.aired(id, "thon-4")

    emergency = ["--by", "an", "announce", "say", "Sơ tán ngay.", "--zone", "all", "--class", "emergency", "--reason", "vỡ đê", "--wait", "60"]
    assert "PIN is wrong" in site.refused(*emergency, "--pin-file", "-", stdin="111222\n")
    urgent = site.ok(*emergency, "--pin-file", "-", stdin="270519\n")
    assert [a["state"] for a in urgent["airings"]] == ["aired"] and urgent["airings"][0]["seconds"] > 0.3

    rows = air.log()
    assert [(r["announcement"], r["state"]) for r in rows] == [(id, "aired"), (urgent["id"], "aired")]
    shown = site.ok("announce", "show", id)
    assert shown["approved_by"] == "an" and shown["state"] == "done" and shown["airings"][0]["seconds"] > 0.3
    file = tmp_path / "bang-chung.json"
    day = air.zero[0].date().isoformat()
    packed = site.ok("announce", "evidence", file, "--from", f"{day} 00:00", "--to", f"{day} 23:59")
    assert packed["airings"] == 2
    for sound in (site.state / "announce" / "aired").glob("*.opus"):
        (tmp_path / sound.name).write_bytes(sound.read_bytes())
    proved = site.ok("audit", "verify", "--pack", file)
    assert proved["announcements"] == 2 and proved["airings"] == 2 and proved["sounds"] == packed["sounds"] == 2
    assert site.ok("store", "check")["ok"]
