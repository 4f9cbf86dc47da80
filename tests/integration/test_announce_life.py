"""A bulletin's life with the real daemon, the real player and the real voice: submitted, read back, approved by another, aired, kept."""

import sqlite3

import announce
import pytest

TEXT = "Thông báo: họp thôn lúc 7h30."


def test_a_bulletin_is_heard_and_known_to_have_been(air):
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(text=TEXT)
    done = air.aired(bulletin, "thon-4")
    (sound,) = air.sounds("thon-4")
    assert done["seconds"] >= 1 and abs(sound.seconds - done["seconds"]) < 1.5
    assert sound.level() > -30
    air.kept(bulletin)
    (row,) = air.log()
    assert row["announcement"] == bulletin and row["state"] == "aired" and row["zone"] == "thon-4"


def test_what_will_be_said_is_read_back_and_private_data_pointed_out(air):
    air.conf(announce={"approval": "yes"})
    air.zones("thon-4")
    air.start()
    answer = air.ask("submit", {"zones": ["thon-4"], "text": "Anh An nộp 8.500.000 đồng, điện thoại 0912345678.", "by": "chị Hoa"})
    assert answer["state"] == "submitted"
    assert "tám triệu năm trăm nghìn đồng" in answer["reading"]["north"]
    assert [p["quote"] for p in answer["private"] if p["kind"] == "phone"] == ["0912345678"]


def test_nothing_airs_before_another_person_has_approved_it(air):
    air.conf(announce={"approval": "yes"})
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(text=TEXT)
    assert air.ask(f"{bulletin}/approve", {"by": "Chị  Hoa"})["error"] == "same-person"
    assert air.played("thon-4") == []
    assert air.ask(f"{bulletin}/approve", {"by": "anh Nam"})["ok"]
    air.aired(bulletin, "thon-4")


def test_the_officers_reading_is_what_is_said(air):
    air.conf(announce={"approval": "yes"})
    air.zones("thon-4")
    air.start()
    long, short = air.submit(text=TEXT), air.submit(text=TEXT)
    assert air.ask(f"{long}/edit", {"by": "chị Hoa", "reading": "họp thôn, " * 8})["ok"]
    for bulletin in (short, long):
        assert air.ask(f"{bulletin}/approve", {"by": "anh Nam"})["ok"]
        air.aired(bulletin, "thon-4")
    first, second = air.sounds("thon-4")
    assert second.seconds > 1.5 * first.seconds
    assert air.ask(f"{long}/edit", {"by": "chị Hoa", "reading": "khác"})["error"] in ("state", "not-found")


def test_a_cancelled_one_falls_silent_at_once(air):
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(text=TEXT * 10)
    air.airing(bulletin, "thon-4", "on-air")
    assert air.ask(f"{bulletin}/cancel", {"by": "anh Nam", "reason": "nhầm"})["ok"]
    air.airing(bulletin, "thon-4", "cancelled", timeout=10)
    (sound,) = air.sounds("thon-4")
    assert sound.seconds < 15
    shown = air.site.ok("announce", "show", bulletin)
    assert shown["state"] == "cancelled"


def test_an_emergency_interrupts_and_what_it_interrupted_goes_on(air):
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(text=TEXT * 6)
    air.airing(bulletin, "thon-4", "on-air")
    warning = air.submit(text="Xả lũ khẩn cấp.", **{"class": "emergency"}, reason="xả lũ")
    air.aired(warning, "thon-4")
    rest = air.aired(bulletin, "thon-4")
    before, alarm, after = air.sounds("thon-4")
    assert alarm.seconds > 6  # its alarm tone and its words
    assert abs(before.seconds + after.seconds - rest["seconds"]) < 2


def test_zones_sound_together_and_none_waits_for_another(air):
    air.zones("thon-1", "thon-2", "thon-3")
    air.start()
    busy = air.submit(["thon-1"], text=TEXT * 6)
    air.airing(busy, "thon-1", "on-air")
    both = air.submit(["thon-2", "thon-3"], text=TEXT)
    air.aired(both, "thon-2")
    air.aired(both, "thon-3")
    assert not any(a["state"] == "aired" for a in air.mqtt.last(f"announce/{busy}/state").data["airings"])


@pytest.mark.parametrize(
    "members, error",
    [
        ({"zones": ["thon-9"], "text": "a"}, "unknown-zone"),
        ({"text": "a", "media": "x.wav"}, "invalid"),
        ({"media": "khong-co.wav"}, "invalid"),
        ({"media": "../../etc/passwd"}, "invalid"),
        ({"source": "vov"}, "invalid"),
        ({"text": "a", "class": "emergency"}, "invalid"),
        ({"text": "a", "expires": "2020-01-01T00:00:00+07:00"}, "invalid"),
        ({"text": "a" * 20000}, "invalid"),
        ({"text": "a", "by": None}, "invalid"),
    ],
)
def test_what_cannot_be_aired_is_refused_with_its_reason(air, members, error):
    air.zones("thon-4")
    air.start()
    answer = air.refused(**members)
    assert answer["error"] == error and answer["detail"]
    assert air.site.ok("announce", "list") == []


def test_an_emergency_needs_the_pin_of_a_named_person(air):
    air.conf(announce={"pin": "yes"})
    air.zones("thon-4")
    air.site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")
    air.site.ok("person", "add", "an", "--name", "Nguyễn Văn An", "--area", "xa")
    air.site.ok("person", "pin", "an", "--pin-file", "-", stdin="271828\n")
    air.start()
    order = {"text": "Xả lũ.", "class": "emergency", "reason": "xả lũ", "by": "an"}
    assert air.refused(**order)["error"] == "pin"
    assert air.refused(**order, pin="314159")["error"] == "pin"
    warning = air.submit(**order, pin="271828")
    air.aired(warning, "thon-4")
    assert "271828" not in air.daemon.log()
    assert not any("271828" in m.text for m in air.mqtt.messages if not m.topic.endswith("announce/submit"))


def test_an_edit_without_a_word_is_refused_and_what_was_to_be_said_stands(air):
    air.conf(announce={"approval": "yes"})
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(text=TEXT)
    assert air.ask(f"{bulletin}/edit", {"by": "chị Hoa", "reading": "  "})["error"] == "invalid"
    assert air.ask(f"{bulletin}/approve", {"by": "anh Nam"})["ok"]
    air.aired(bulletin, "thon-4")
    assert "refused by the store" not in air.daemon.log()


def test_a_text_that_becomes_very_long_is_not_told_as_refused_when_it_was_taken(air):
    air.conf(announce={"approval": "yes"})
    air.zones("thon-4")
    air.start()
    answer = air.ask("submit", {"zones": "all", "text": "1" * 15000, "by": "chị Hoa"})
    assert answer["ok"] and answer["reading"] == {}


def test_what_a_restored_store_does_not_know_is_written_to_it_anew(air):
    air.conf(announce={"approval": "yes"})
    air.zones("thon-4")
    air.start()
    bulletin = air.submit(text=TEXT)
    with sqlite3.connect(air.site.state / "thon.db") as db:
        db.execute("DELETE FROM announcement")
    db.close()
    assert air.ask(f"{bulletin}/approve", {"by": "anh Nam"})["ok"]
    air.aired(bulletin, "thon-4")
    air.kept(bulletin)
    (row,) = air.log()
    assert row["state"] == "aired"


def test_a_store_that_was_locked_for_a_moment_keeps_no_pin_from_being_checked(air):
    air.conf(announce={"pin": "yes"})
    air.zones("thon-4")
    air.site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")
    air.site.ok("person", "add", "an", "--name", "Nguyễn Văn An", "--area", "xa")
    air.site.ok("person", "pin", "an", "--pin-file", "-", stdin="271828\n")
    air.start()
    lock = sqlite3.connect(air.site.state / "thon.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    assert air.refused(text=TEXT)["error"] == "store"
    lock.execute("COMMIT")
    lock.close()
    warning = air.submit(text="Xả lũ.", **{"class": "emergency"}, reason="xả lũ", by="an", pin="271828")
    air.aired(warning, "thon-4")
