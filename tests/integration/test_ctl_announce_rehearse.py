"""thonctl announce rehearse: the next days of air from what the store holds, and what one more announcement would change, before
anybody is asked to approve it."""

import json
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest

VIETNAM = timezone(timedelta(hours=7))


def store(site):
    return sqlite3.connect(site.state / "thon.db")


def stored(site, id, form, state="approved"):
    """What announced took some time ago."""
    whole = {"class": "normal", "resume": "resume", "chime": False, **form}
    with store(site) as db:
        db.execute(
            "INSERT INTO announcement (id, state, title, by, approved_by, submitted, approved, form) VALUES (?, ?, ?, 'Bình', 'An', ?, ?, ?)",
            (id, state, form.get("title", ""), 1795000000, 1795000000, json.dumps(whole, ensure_ascii=False, sort_keys=True)),
        )


def relay(zones, times, seconds=600, **members):
    """A higher station, whose length is known to the second."""
    return {"zones": zones, "source": "dai-tinh", "for": seconds, "repeat": {"days": [{"every": 1, "phase": 0}], "at": times}, **members}


@pytest.fixture
def station(site):
    """Two zones that are quiet at night; the bulletin of the province at dawn and dusk in the first."""
    site.write_conf(
        "announced.conf",
        **{
            "source dai-tinh": {"url": "http://127.0.0.1:9/dai-tinh.mp3"},
            "zone thon-4": {"name": "Thôn 4", "sink": "file:/tmp/t4.wav", "quiet": "21:30-05:30", "airtime": "45min/day", "latest": "30min", "warm_up": "0"},
            "zone thon-5": {"sink": "file:/tmp/t5.wav", "quiet": "21:30-05:30", "latest": "30min", "warm_up": "0"},
            "group ca-xa": {"zones": "thon-4 thon-5"},
        },
    )
    stored(site, "ban-tin", relay(["thon-4"], ["05:30", "17:00"], title="Bản tin tỉnh"))
    return site


def tomorrow():
    return (datetime.now(VIETNAM) + timedelta(days=1)).date()


def at(clock, day=0):
    return f"{tomorrow() + timedelta(days=day)}T{clock}+07:00"


def rehearse(site, *args, status=0):
    """The rows, from tomorrow on."""
    result = site.ctl("announce", "rehearse", "--from", str(tomorrow()), *args)
    assert result.code == status, result.err
    return result.data


def short(rows):
    return [(r["zone"], r["announcement"], r["at"], r["began"] and r["began"][11:19], r["seconds"], r["state"], r["reason"], r["against"]) for r in rows]


def page_of(site, *args):
    """What people see, from tomorrow on."""
    return site.ctl("announce", "rehearse", "--from", str(tomorrow()), *args, json_output=False)


def form(site, doc, name="tin.json"):
    path = site.dir / name
    path.write_text(json.dumps(doc, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_what_the_store_holds(station):
    assert rehearse(station, "--days", "2") == [
        {
            "zone": "thon-4",
            "announcement": "ban-tin",
            "at": at(clock, day),
            "began": at(clock, day),
            "seconds": 600,
            "state": "aired",
            "reason": "",
            "against": None,
            "estimated": False,
            "approved": True,
        }
        for day in (0, 1)
        for clock in ("05:30:00", "17:00:00")
    ]
    assert len(rehearse(station)) == 28


def test_a_page_for_people(station):
    stored(station, "cho-duyet", relay(["thon-4"], ["17:05"], 60, title="Mời họp thôn"), state="submitted")
    stored(station, "xong", relay(["thon-4"], ["12:00"], 60), state="done")
    stored(station, "dem", relay(["thon-4"], ["03:15"], 60))
    page = page_of(station, "--days", "1")
    assert page.code == 0, page.err
    lines = page.out.splitlines()
    assert lines[0].startswith("THỬ TRƯỚC LỊCH PHÁT THANH: 1 ngày từ 00:00 ")
    assert "CỤM LOA Thôn 4 [thon-4]" in lines
    assert any("21 phút trong hạn mức 45 phút" in line for line in lines), page.out
    assert "    05:30  10 phút  Bản tin tỉnh [ban-tin]" in lines
    assert "    17:05  1 phút  Mời họp thôn [cho-duyet] (chờ duyệt): phát lúc 17:10 vì cụm loa đang phát tin khác (ban-tin)" in lines
    assert "    03:15  KHÔNG PHÁT  dai-tinh [dem]: đang trong giờ yên tĩnh" in lines
    assert "CỤM LOA thon-5" in lines and "  Không có tin nào." in lines
    assert "TỔNG CỘNG: 4 lượt phát; 1 lượt không phát trọn; 1 lượt phát muộn." in lines
    assert "xong" not in page.out


def test_a_file_that_airs_as_asked(station):
    rows = rehearse(station, "--days", "1", form(station, {**relay("ca-xa", ["12:00"], 60), "chime": False, "id": "trua"}))
    new = [r for r in rows if r["new"]]
    assert short(new) == [(z, "trua", at("12:00:00"), "12:00:00", 60, "aired", "", None) for z in ("thon-4", "thon-5")]
    assert not any(r["surprise"] or "before" in r for r in rows)


def test_0315_is_a_surprise(station):
    """A technician's slip in a list of two: found before anybody is asked to approve it."""
    path = form(station, [{**relay("thon-5", ["17:00"], 60), "chime": False}, {**relay("all", ["03:15"], 1200), "chime": False}])
    rows = rehearse(station, "--days", "1", path, status=1)
    assert short([r for r in rows if r["new"]]) == [
        ("thon-4", "new-2", at("03:15:00"), None, 0, "dropped", "quiet", None),
        ("thon-5", "new-2", at("03:15:00"), None, 0, "dropped", "quiet", None),
        ("thon-5", "new-1", at("17:00:00"), "17:00:00", 60, "aired", "", None),
    ]
    assert [r["surprise"] for r in rows if r["new"]] == [True, True, False]
    page = page_of(station, path, "--days", "1")
    assert page.code == 1
    assert "2 airings would not be as asked" in page.err
    assert "3 lượt phát, 2 lượt không như yêu cầu." in page.out


def test_what_the_file_does_to_others_is_a_surprise(station):
    """Before the bulletin in its queue, and of the airtime that the evening's would have needed."""
    path = form(station, {**relay("thon-4", ["05:30"], 1800), "class": "priority", "chime": False})
    rows = rehearse(station, "--days", "1", path, status=1)
    assert short(rows) == [
        ("thon-4", "ban-tin", at("05:30:00"), "06:00:00", 600, "aired", "busy", "new-1"),
        ("thon-4", "new-1", at("05:30:00"), "05:30:00", 1800, "aired", "", None),
        ("thon-4", "ban-tin", at("17:00:00"), None, 0, "dropped", "day", None),
    ]
    assert rows[0]["before"] == {"began": at("05:30:00"), "seconds": 600, "state": "aired", "reason": ""}
    assert [r["surprise"] for r in rows] == [True, False, True]
    page = page_of(station, path, "--days", "1").out
    assert "trước phát lúc 17:00, 10 phút; nay không phát trọn: cụm loa đã hết thời lượng phát trong ngày" in page


def test_a_file_with_the_id_of_one_that_is_there_stands_for_it(station):
    path = form(station, {**relay("thon-4", ["06:00"], 60), "id": "ban-tin", "chime": False})
    assert short(rehearse(station, "--days", "1", path)) == [("thon-4", "ban-tin", at("06:00:00"), "06:00:00", 60, "aired", "", None)]


def test_a_text_is_counted_in_syllables_and_one_that_was_aired_is_known(station):
    stored(station, "hop", {"zones": ["thon-5"], "text": "một hai ba bốn năm sáu bảy tám chín mười " * 10, "repeat": {"days": [{"every": 1}], "at": ["18:00"]}})
    row = rehearse(station, "--days", "1", "--zone", "thon-5")[0]
    assert row["estimated"] and row["seconds"] == 30  # a hundred, 3.3 a second
    began = int(datetime.now(timezone.utc).timestamp()) - 9 * 86400
    with store(station) as db:
        db.execute(
            "INSERT INTO airing (announcement, zone, class, due, began, ended, state, reason, seconds_ms, position_ms, proof, audio, audio_size, audio_sha256, by)"
            " VALUES ('hop', 'thon-5', 'normal', ?, ?, ?, 'aired', '', 42000, 42000, '', '', 0, '', 'An')",
            (began, began, began + 42),
        )
    row = rehearse(station, "--days", "1", "--zone", "thon-5")[0]
    assert not row["estimated"] and row["seconds"] == 42


def test_zones_that_are_asked_for(station):
    stored(station, "thon-5-tin", relay(["thon-5"], ["12:00"], 60))
    assert {r["zone"] for r in rehearse(station, "--zone", "thon-4")} == {"thon-4"}
    assert {r["zone"] for r in rehearse(station, "--zone", "ca-xa")} == {"thon-4", "thon-5"}
    refused = station.ctl("announce", "rehearse", "--zone", "thon-9")
    assert refused.code == 1 and refused.data["error"] == "unknown-zone"


@pytest.mark.parametrize(
    "doc, error, detail",
    [
        ({"zones": "thon-4"}, "invalid", 'tin.json: must have one of "text", "media", "source"'),
        ([{"zones": "thon-4", "text": "a"}, {"zones": "thon-4", "text": "a", "at": "mai"}], "invalid", "tin.json[1]: at: must be a time"),
        ([], "invalid", "tin.json: is an empty list"),
        ("tin", "invalid", "tin.json: "),
        ({"zones": "thon-9", "text": "a"}, "unknown-zone", "zones: thon-9 is no zone, group or area of announced.conf"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(station, doc, error, detail):
    refused = station.ctl("announce", "rehearse", form(station, doc))
    assert refused.code == 1
    answer = refused.data
    assert answer["error"] == error and detail in answer["detail"], answer


def test_usage(station):
    assert station.ctl("announce", "rehearse", "--days", "0").code == 2
    assert station.ctl("announce", "rehearse", "--days", "93").code == 2
    assert station.ctl("announce", "rehearse", "--from", "mai").code == 2
    assert station.ctl("announce", "rehearse", "a", "b").code == 2
    past = station.ctl("announce", "rehearse", "--from", "2020-01-01")
    assert past.code == 1 and "what was cannot be rehearsed" in past.err


def test_a_station_without_zones_says_so(site):
    site.write_conf("announced.conf", announce={"chime": "no"})
    result = site.ctl("announce", "rehearse")
    assert result.code == 1 and "has no [zone ...]" in result.err


def test_what_announced_took_is_what_is_rehearsed(site, air):
    """From the command line to the daemon, to the store, to the rehearsal: calendar, class and zones are the same."""
    air.conf(announce={"chime": "no", "approval": "yes", "pin": "no"}, **{"zone thon-4": {"quiet": "21:30-05:30", "warm_up": "0"}, "source dai-tinh": {"url": "http://127.0.0.1:9/x.mp3"}})
    air.start()
    doc = {**relay("thon-4", ["17:00", "05:30"], 600), "id": "ban-tin", "chime": False, "class": "priority"}
    doc["repeat"]["except"] = {"dates": [str(tomorrow() + timedelta(days=1))]}
    assert rehearse(site, "--days", "3") == []
    asked = rehearse(site, "--days", "3", form(site, doc))
    site.ok("announce", "submit", "--json-file", form(site, doc))
    taken = rehearse(site, "--days", "3")
    assert short(taken) == short(asked)
    assert [r["at"] for r in taken] == [at(clock, day) for day in (0, 2) for clock in ("05:30:00", "17:00:00")]
    assert not any(r["approved"] for r in taken)
