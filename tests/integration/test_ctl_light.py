"""thonctl without any daemon: sun and moon, what will switch, what a change would change; and what was, from the store."""

import json
import sqlite3
from datetime import datetime

import pytest

from lights import EVENING, INPUTS, gpio

MINUTE = 60


def near(text, expected, seconds=2 * MINUTE):
    return abs((datetime.fromisoformat(text) - datetime.fromisoformat(expected)).total_seconds()) <= seconds


# ---- sun and moon ----


def test_the_sun_over_ha_noi_at_midsummer(site):
    rows = site.ok("sun", "--at", "21.0285,105.8542", "--date", "2026-06-21", "--days", "2")
    assert [row["date"] for row in rows] == ["2026-06-21", "2026-06-22"]
    day = rows[0]
    assert set(day) == {"date", "sunrise", "sunset", "civil_dawn", "civil_dusk"}
    assert near(day["sunrise"], "2026-06-21T05:16:00+07:00") and near(day["sunset"], "2026-06-21T18:40:00+07:00")
    assert day["civil_dawn"] < day["sunrise"] < day["sunset"] < day["civil_dusk"]


def test_where_the_sun_does_not_set_there_is_null(site):
    day = site.ok("sun", "--at", "69.65,18.96", "--tz", "Europe/Oslo", "--date", "2026-06-21")[0]
    assert day == {"date": "2026-06-21", "sunrise": None, "sunset": None, "civil_dawn": None, "civil_dusk": None}


@pytest.mark.parametrize("args", [("--at", "91,0"), ("--at", "21"), ("--at", "a,b"), ("--date", "2026-02-30"), ("--days", "0"), ("--days", "x"), ("now",), ("--moon", "1")])
def test_sun_refuses_what_makes_no_sense(site, args):
    site.refused("sun", *args, code=2)


def test_a_zone_that_is_not_there(site):
    assert "Mars/Base" in site.refused("sun", "--tz", "Mars/Base")


def test_tet_and_a_leap_month(site):
    assert site.ok("lunar", "--date", "2026-02-17") == [
        {"date": "2026-02-17", "day": 1, "month": 1, "leap": False, "year": 2026, "can_chi": "Bính Ngọ"}
    ]
    assert site.ok("lunar", "--date", "2020-05-23")[0]["leap"] is True
    # A day before the Chinese new year: the calendar is that of UTC+7.
    assert site.ok("lunar", "--to-solar", "1/1/2030") == {"date": "2030-02-02"}
    assert site.ok("lunar", "--to-solar", "1/4L/2020") == {"date": "2020-05-23"}
    assert len(site.ok("lunar", "--date", "2026-11-21", "--days", "40")) == 40


def test_a_lunar_date_that_does_not_exist(site):
    assert site.ctl("lunar", "--to-solar", "1/4L/2026").data["error"] == "no-such-date"
    assert site.ctl("lunar", "--date", "1850-01-01").data["error"] == "out-of-range"
    for wrong in ("31/1/2026", "1/13/2026", "1/1", "1/1/2026/x", "mùng 1"):
        site.refused("lunar", "--to-solar", wrong, code=2)


# ---- what will switch ----


@pytest.fixture
def roads(lights):
    """A road all night; a lane that saves after 23:00 but not at rằm."""
    lights.program(
        {
            "id": "saving",
            "steps": [
                {"at": "18:00", "set": "on"},
                {"at": "23:00", "set": "off"},
                {"at": "04:30", "set": "on"},
                {"at": "05:30", "set": "off"},
            ],
        }
    )
    lights.calendar({"id": "lane", "rules": [{"days": {"lunar": ["15"]}, "program": "night"}], "default": "saving"})
    lights.road("road", 1, lamps=10, watts=100)
    lights.road("lane", 2, calendar="lane", lamps=4, watts=50)
    return lights


def test_the_plan_of_a_night_in_the_order_of_time(roads, site):
    rows = site.ok("light", "plan", "--from", "2026-11-21", "--days", "1")
    saving = "saving / {} (lane: default)"
    assert rows == [
        {"circuit": "lane", "at": "2026-11-21T18:00:00+07:00", "on": True, "cause": saving.format("18:00")},
        {"circuit": "road", "at": "2026-11-21T18:00:00+07:00", "on": True, "cause": "night / 18:00 (nightly: default)"},
        {"circuit": "lane", "at": "2026-11-21T23:00:00+07:00", "on": False, "cause": saving.format("23:00")},
        {"circuit": "lane", "at": "2026-11-22T04:30:00+07:00", "on": True, "cause": saving.format("04:30")},
        {"circuit": "lane", "at": "2026-11-22T05:30:00+07:00", "on": False, "cause": saving.format("05:30")},
        {"circuit": "road", "at": "2026-11-22T05:30:00+07:00", "on": False, "cause": "night / 05:30 (nightly: default)"},
    ]


def test_ram_is_lit_all_night(roads, site):
    ram = next(r["date"] for r in site.ok("lunar", "--date", "2026-11-21", "--days", "31") if r["day"] == 15)
    rows = site.ok("light", "plan", "--from", ram, "--circuit", "lane")
    assert [row["on"] for row in rows] == [True, False] and all("lunar" in row["cause"] or "night" in row["cause"] for row in rows)


def test_the_plan_of_what_is_not_there(roads, site):
    assert "no circuit nowhere" in site.refused("light", "plan", "--circuit", "nowhere")
    site.refused("light", "plan", "--from", "21/11/2026", code=2)
    site.refused("light", "plan", "--days", "0", code=2)


def rehearse(site, doc, *args, tmp):
    path = tmp / "change.json"
    path.write_text(json.dumps(doc))
    return site.ok("light", "rehearse", path, "--from", "2026-11-21", *args)


def test_a_rehearsal_says_what_would_change_and_changes_nothing(roads, site, tmp_path):
    site.write_conf("lightd.conf", tariff={"vnd_per_kwh": 2000})
    before = site.ok("audit", "verify")
    change = {"id": "night", "steps": [{"at": "18:00", "set": "on"}, {"at": "23:30", "set": "off"}]}
    rows = {row["circuit"]: row for row in rehearse(site, change, "--days", "2", tmp=tmp_path)}
    road = rows["road"]
    assert road["changed"] and not rows["lane"]["changed"]
    assert (road["before_min"], road["after_min"]) == (2 * 690, 2 * 330)
    assert road["kwh"] == pytest.approx(-12.0) and road["vnd"] == pytest.approx(-24000)
    assert "dark-before-midnight" in road["warnings"]
    assert [night["night"] for night in road["nights"]] == ["2026-11-21", "2026-11-22"]
    assert site.ok("audit", "verify") == before
    assert site.ok("light", "program", "show", "night")["steps"][1]["at"] == "05:30"


@pytest.mark.parametrize(
    "steps, warning",
    [
        ([{"at": "06:00", "set": "on"}, {"at": "05:30", "set": "off"}], "lit-at-noon"),
        ([], "never-switches"),
    ],
)
def test_a_rehearsal_calls_out_what_is_odd(roads, site, tmp_path, steps, warning):
    start = "on" if warning == "lit-at-noon" else "off"
    rows = rehearse(site, {"id": "night", "start": start, "steps": steps}, "--days", "3", tmp=tmp_path)
    assert warning in next(row for row in rows if row["circuit"] == "road")["warnings"]


def test_a_rehearsal_of_what_is_wrong_is_refused_with_the_place(roads, site, tmp_path):
    path = tmp_path / "change.json"
    for doc, place in (
        ({"id": "night", "steps": [{"at": "25:00", "set": "on"}]}, "at"),
        ({"id": "night", "steps": [], "colour": "red"}, "colour"),
        ({"id": "nightly", "rules": [], "default": "nothing"}, "nothing"),
        ({"programs": "all"}, "programs"),
        ({"programs": [], "colour": "red"}, "colour"),
        ([], ""),
    ):
        path.write_text(json.dumps(doc))
        assert place in site.refused("light", "rehearse", path)
    path.write_text("{")
    site.refused("light", "rehearse", path)
    site.refused("light", "rehearse", tmp_path / "nothing.json")
    site.refused("light", "rehearse", code=2)


@pytest.mark.parametrize("kind, used", [("program", "night"), ("calendar", "nightly")])
def test_forms_are_listed_shown_set_and_removed(roads, site, kind, used):
    assert used in [row["id"] for row in site.ok("light", kind, "list")]
    form = site.ok("light", kind, "show", used)
    assert site.ok("light", kind, "set", "-", stdin=json.dumps(form)) == {"ok": True, "id": used}
    site.refused("light", kind, "remove", used)  # something hangs on it
    assert "nowhere" in site.refused("light", kind, "show", "nowhere")
    spare = {**form, "id": "spare"}
    site.ok("light", kind, "set", "-", stdin=json.dumps(spare))
    assert site.ok("light", kind, "show", "spare")["id"] == "spare"
    site.ok("light", kind, "remove", "spare")
    site.refused("light", kind, "show", "spare")
    for wrong in ("", "{", "[]", "{}", '{"id":"x","steps":1,"rules":1}', "[" * 100000):
        site.refused("light", kind, "set", "-", stdin=wrong)


# ---- what was ----


def test_history_and_energy_of_an_evening(roads, site, mqtt):
    site.write_conf("lightd.conf", tariff={"vnd_per_kwh": 2000})
    roads.road("road", 1, lamps=10, watts=100, meter=gpio(INPUTS, 3))
    daemon = roads.start(f"{EVENING},x600")
    roads.lit()
    mqtt.request("light/road/set", {"on": False, "reason": "sửa", "by": "anh Tư"})
    roads.dark()
    mqtt.request("light/road/set", {"auto": True})
    roads.lit()
    daemon.stop()
    rows = site.ok("light", "history", "road", "--from", "2026-11-21 12:00", "--to", "2026-11-22 12:00")
    switched = sorted((row["at"], row["value"], row["cause"], row["by"]) for row in rows if row["what"] == "in_effect")
    assert [s[1] for s in switched] == ["on", "off", "on"]
    assert switched[1][2:] == ("override: sửa", "anh Tư") and switched[0][2].startswith("night / 18:00")
    assert len(site.ok("light", "history", "road", "--from", "2026-11-21 12:00", "--to", "2026-11-22 12:00", "--limit", "1")) == 1
    assert site.ok("light", "history", "--to", "2020-01-01 00:00") == []
    site.refused("light", "history", "--from", "yesterday", code=2)



def test_energy_and_its_price_of_a_night_that_was(roads, site):
    """Two hours of a road of 1 kW in a night that is over, as the daemon wrote it."""
    site.write_conf("lightd.conf", tariff={"vnd_per_kwh": 2000})
    night = int(datetime.fromisoformat("2025-07-01T20:00:00+07:00").timestamp())
    db = sqlite3.connect(site.state / "thon.db")
    for at, value in ((night, "on"), (night + 7200, "off")):
        db.execute(
            "INSERT INTO light_history (at, circuit, what, value, cause, by) VALUES (?, 'road', 'in_effect', ?, '', '')",
            (at, value),
        )
    db.commit()
    db.close()
    road = site.ok("light", "energy", "road", "--from", "2025-07-01", "--days", "1")[0]
    assert road["circuit"] == "road" and road["lit_h"] == 2.0 and road["kwh"] == pytest.approx(2.0)
    assert road["vnd"] == pytest.approx(4000) and road["measured"] is False
    assert 9 < road["baseline_kwh"] < 12  # from dusk to dawn in July
    assert road["saved_kwh"] == pytest.approx(road["baseline_kwh"] - 2) and road["saved_vnd"] > 14000
    site.refused("light", "energy", "nowhere")


def test_status_of_everything(lights, site, mqtt):
    lights.road()
    assert site.ctl("status").code == 1  # nobody runs
    daemon = lights.start(EVENING)
    mqtt.wait_for("status/lightd", lambda d: d["health"])
    status = site.ok("status")
    assert status["ok"] and status["store"]["ok"] and status["daemons"]["lightd"]["state"] == "online"
    assert status["daemons"]["lightd"]["health"] == {
        "circuits": 1,
        "on": 1,
        "faults": 0,
        "relays_failed": 0,
        "plan": "registry",
        "clock": "simulated",
        "store": "ok",
    }
    assert "thon-lightd: online" in site.ctl("status", json_output=False).out
    daemon.stop()
    result = site.ctl("status")
    assert result.code == 1 and result.data["daemons"]["lightd"]["state"] == "offline"
