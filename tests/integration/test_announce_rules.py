"""The rules of the air, kept by the daemon whatever it is told: quiet hours, airtime, latest start, an untrusted clock."""

import sqlite3

import announce

TEXT = "Họp thôn."
NIGHT = "2026-11-23T03:15:00+07:00"


def test_at_a_quarter_past_three_a_mis_set_schedule_is_silent(air):
    air.zones("thon-4", quiet="21:30-05:30", latest="30min")
    air.start(NIGHT)
    bulletin = air.submit(text=TEXT, repeat={"days": {"weekdays": ["mon"]}, "at": ["03:16"]}, expires="2026-11-24T00:00:00+07:00")
    dropped = air.airing(bulletin, "thon-4", "waiting", reason="quiet", timeout=100)
    assert dropped["began"] is None and air.played("thon-4") == []
    assert air.mqtt.wait_state("zone/thon-4/state", lambda d: d["quiet"], 10)


def test_an_emergency_passes_the_quiet_hours_with_a_name_and_a_reason(air):
    air.zones("thon-4", quiet="21:30-05:30")
    air.start(NIGHT)
    warning = air.submit(text="Xả lũ.", **{"class": "emergency"}, reason="xả lũ hồ Yên Mỹ")
    air.aired(warning, "thon-4")
    audit = air.site.ok("audit", "export")
    assert any(row["action"] == "announce-approve" and row["actor"] == "chị Hoa" for row in audit)


def test_airtime_that_is_used_keeps_the_next_off_the_air_after_a_restart_too(air):
    air.zones("thon-4", airtime="1min/day")
    daemon = air.start()
    first = air.submit(text=TEXT)
    air.aired(first, "thon-4")
    daemon.stop()
    with sqlite3.connect(air.site.state / "thon.db") as db:  # as if it had been longer
        db.execute("UPDATE airing SET seconds_ms = 57000")
    air.start()
    second = air.submit(text=TEXT * 5, latest=60)
    air.airing(second, "thon-4", "waiting", reason="day", timeout=20)
    air.airing(second, "thon-4", "dropped", reason="day", timeout=90)
    assert "thời lượng" in air.event("announce-dropped")["text"]
    assert len(air.played("thon-4")) == 1


def test_a_clock_that_nobody_set_airs_emergencies_alone(air):
    air.zones("thon-4")
    air.start(announce.NOON + ",untrusted")
    bulletin = air.submit(text=TEXT)
    warning = air.submit(text="Cháy chợ.", **{"class": "emergency"}, reason="cháy")
    air.aired(warning, "thon-4")
    assert len(air.played("thon-4")) == 1
    assert not any(a["state"] in ("aired", "on-air") for a in air.mqtt.last(f"announce/{bulletin}/state").data["airings"])


def test_neighbours_that_hear_each_other_take_turns(air):
    air.zones("thon-1", neighbours="thon-2")
    air.zones("thon-2")
    air.start()
    bulletin = air.submit(text=TEXT * 3)
    one, two = air.aired(bulletin, "thon-1"), air.aired(bulletin, "thon-2")
    spans = sorted((a["began"], a["ended"]) for a in (one, two))
    assert spans[0][1] <= spans[1][0]
