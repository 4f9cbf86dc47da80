"""thonctl announce report: a month of the loudspeakers as a page, a document and a spreadsheet."""

import csv
import io
import json
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest

VIETNAM = timezone(timedelta(hours=7))
BEGIN = int(datetime(2026, 3, 1, tzinfo=VIETNAM).timestamp())
DAY = 86400


@pytest.fixture
def march(site):
    """Bulletins of March 2026 in two zones: one was kept from a night, one broke off, one nobody heard; a dam warning."""
    site.write_conf("announced.conf", **{"zone thon-4": {"name": "Thôn 4", "sink": "file:/tmp/t4.wav"}})
    with sqlite3.connect(site.state / "thon.db") as db:

        def aired(announcement, zone, due, began, state="aired", reason="", ms=60000, cls="normal", proof="heard", by="An"):
            db.execute(
                "INSERT INTO airing (announcement, zone, class, due, began, ended, state, reason, seconds_ms, position_ms, proof, audio, audio_size, audio_sha256, by)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, '', ?)",
                (announcement, zone, cls, due, began, due + 100, state, reason, ms, ms, proof, by),
            )

        aired("ban-tin", "thon-4", BEGIN, BEGIN + 2)
        aired("ban-tin", "thon-4", BEGIN + DAY, BEGIN + DAY + 300)
        aired("ban-tin", "thon-4", BEGIN + 2 * DAY, BEGIN + 2 * DAY + 2, proof="silent")
        aired("ban-tin", "thon-5", BEGIN + 2 * DAY, None, "dropped", "quiet", 0)
        aired("moi-hop", "thon-5", BEGIN + 3 * DAY, BEGIN + 3 * DAY + 2, "dropped", "failed", 7400)
        aired("moi-hop", "thon-5", BEGIN + 4 * DAY, None, "cancelled", "cancelled", 0)
        aired("ban-tin", "thon-4", BEGIN - 1, BEGIN - 1)
        aired("ban-tin", "thon-4", BEGIN + 31 * DAY, BEGIN + 31 * DAY)
        aired("xa-lu", "thon-4", BEGIN + 5 * DAY + 3 * 3600, BEGIN + 5 * DAY + 3 * 3600 + 1, cls="emergency", ms=45000, by="Trần Thị Bình")
        db.execute(
            "INSERT INTO announcement (id, state, title, by, approved_by, submitted, approved, form) VALUES ('xa-lu', 'done', 'Xả lũ', 'binh', 'binh', ?, ?, ?)",
            (BEGIN, BEGIN, json.dumps({"zones": ["thon-4"], "class": "emergency", "text": "Xả lũ.", "title": "Xả lũ", "reason": "Hồ xả lũ lúc 3 giờ", "resume": "resume", "chime": False, "at": "2026-03-06T03:00:00+00:00"})),
        )
        db.execute("INSERT INTO zone_fault VALUES ('thon-4', 'silent', ?, ?, '')", (BEGIN + 2 * DAY, BEGIN + 2 * DAY + 600))
        db.execute("INSERT INTO zone_fault VALUES ('thon-4', 'silent', ?, NULL, '')", (BEGIN + 31 * DAY - 60,))
    return site


def test_the_document(march):
    doc = march.ok("announce", "report", "--month", "2026-03")
    assert doc["month"] == "2026-03" and not doc["running"]
    assert (doc["from"], doc["to"]) == ("2026-03-01T00:00:00+07:00", "2026-04-01T00:00:00+07:00")
    assert doc["announcements"] == 3
    four, five = doc["zones"]
    assert (four["zone"], four["name"], five["zone"], five["name"]) == ("thon-4", "Thôn 4", "thon-5", "thon-5")
    assert four["classes"]["normal"] == {
        "airings": 3, "aired": 3, "seconds": 180, "late": 1, "silent": 1, "partly": 0, "dropped": 0, "cancelled": 0, "open": 0, "reasons": {},
    }
    assert five["classes"]["normal"] == {
        "airings": 3, "aired": 0, "seconds": 7, "late": 0, "silent": 0, "partly": 1, "dropped": 2, "cancelled": 1, "open": 0,
        "reasons": {"quiet": 1, "failed": 1, "cancelled": 1},
    }
    assert four["classes"]["emergency"]["aired"] == 1 and doc["total"]["emergency"]["seconds"] == 45
    assert four["faults"] == [{"fault": "silent", "number": 2, "seconds": 660, "stands": True}]
    assert doc["emergencies"] == [
        {
            "announcement": "xa-lu", "title": "Xả lũ", "zone": "thon-4", "at": "2026-03-06T03:00:00+07:00", "began": "2026-03-06T03:00:01+07:00",
            "seconds": 45, "state": "aired", "dropped": "", "by": "Trần Thị Bình", "reason": "Hồ xả lũ lúc 3 giờ", "exercise": False,
        }
    ]


def test_the_page(march):
    page = march.ctl("announce", "report", "--month", "2026-03", json_output=False).out
    assert page.startswith("BÁO CÁO PHÁT THANH THÁNG 3 NĂM 2026\nThôn thử\n")
    assert "Tháng chưa hết" not in page
    assert "3 tin khác nhau." in page
    assert "  1 lượt: đang trong giờ yên tĩnh\n" in page
    assert "  Trong đó 1 lượt đã phát được một phần.\n" in page
    assert "03:00 06/03/2026  Thôn 4: Xả lũ [xa-lu], 45 giây; người chịu trách nhiệm: Trần Thị Bình; lý do: Hồ xả lũ lúc 3 giờ\n" in page
    assert "  Thôn 4: đang phát mà không nghe thấy tiếng, 2 lần, tổng 11 phút, chưa khắc phục\n" in page


def test_a_spreadsheet(march):
    text = march.ctl("announce", "report", "--month", "2026-03", "--csv", json_output=False).out
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert [(r["Mã cụm loa"], r["Loại tin"]) for r in rows] == [
        (zone, cls) for zone in ("thon-4", "thon-5") for cls in ("Thông thường", "Ưu tiên", "Khẩn cấp")
    ]
    assert rows[0]["Thời lượng (giây)"] == "180" and rows[3]["Bỏ"] == "2"


def test_a_month_of_nothing_and_months_that_cannot_be(site):
    page = site.ctl("announce", "report", "--month", "2026-02", json_output=False).out
    assert "Không có lượt phát nào." in page and "Không có sự cố nào." in page and "Mọi tin" not in page and "0 tin" in page
    assert site.ctl("announce", "report", "--month", "2026-13").code == 2
    assert site.ctl("announce", "report", "--month", "9000-01").code == 1
    assert site.ctl("announce", "report", "x").code == 2
