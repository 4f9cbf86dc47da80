"""Orders to the lights, over MQTT and by thonctl: what is understood is done and answered; what is not changes nothing."""

import json
import shutil
from datetime import datetime, timedelta

import pytest

import thon
from lights import DAY, EVENING, INPUTS, LOG, gpio

# Enough of a state to see that nothing at all changed.
STABLE = ("commanded", "in_effect", "override", "emergency", "locked", "operations", "cause", "why")


def part(state):
    return {k: state[k] for k in STABLE}


def wait_state(mqtt, circuit="road", **values):
    return mqtt.wait_state(
        f"light/{circuit}/state", lambda d: all(d.get(k) == v for k, v in values.items()), timeout=20
    ).data


@pytest.fixture
def evening(lights, mqtt):
    """Two roads at 20:00, both lit."""
    lights.road("road", 1)
    lights.road("lane", 2)
    lights.start(EVENING)
    lights.lit(1)
    lights.lit(2)
    wait_state(mqtt, "road", in_effect="on")
    wait_state(mqtt, "lane", in_effect="on")
    return lights


def test_the_state_of_a_lit_road_is_told_whole(evening, mqtt):
    state = wait_state(mqtt, in_effect="on")
    since = datetime.fromisoformat(state.pop("since"))
    assert datetime.fromisoformat(EVENING) <= since < datetime.fromisoformat(EVENING) + timedelta(minutes=5)
    assert state == {
        "commanded": "on",
        "in_effect": "on",
        "physical": "unknown",
        "cause": "night / 18:00 (nightly: default)",
        "why": "program",
        "override": None,
        "emergency": None,
        "faults": [],
        "next": {"at": "2026-11-22T05:30:00+07:00", "on": False},
        "name": "Đường road",
        "area": "xa",
        "locked": False,
        "operations": 0,
        "kwh": None,
        "watts": None,
    }


def test_off_for_an_hour_with_reason_and_name(evening, mqtt):
    answer = mqtt.request("light/road/set", {"on": False, "for": 3600, "reason": "sửa đèn", "by": "anh Tư"})
    until = answer.pop("until")
    assert answer == {"ok": True, "circuit": "road", "circuits": 1, "durable": True}
    evening.dark(1)
    state = wait_state(mqtt, in_effect="off")
    assert state["commanded"] == "on" and state["why"] == "override" and state["cause"] == "override: sửa đèn"
    since = state["override"].pop("since")
    assert state["override"] == {"on": False, "until": until, "reason": "sửa đèn", "by": "anh Tư"}
    assert datetime.fromisoformat(until) - datetime.fromisoformat(since) == timedelta(hours=1)
    assert evening.level(2) == 1

    assert mqtt.request("light/road/set", {"auto": True, "by": "anh Tư"})["ok"] is True
    evening.lit(1)
    assert wait_state(mqtt, in_effect="on")["override"] is None


def test_an_order_until_an_instant_ends_there(lights, mqtt):
    lights.road()
    lights.start(f"{DAY},x1000", env=LOG)
    lights.dark()
    mqtt.request("light/road/set", {"on": True, "until": "2026-11-21T14:00:00+07:00"})
    mqtt.wait_for("light/road/state", lambda d: d["in_effect"] == "on")
    ended = mqtt.wait_for(
        "light/road/state", lambda d: d["in_effect"] == "off" and d["operations"] == 2, timeout=30
    ).data
    assert ended["override"] is None and ended["why"] == "program"
    assert "2026-11-21T14:00:00+07:00" <= ended["since"] < "2026-11-21T14:30:00+07:00"
    assert lights.changes()[:3] == [0, 1, 0]


@pytest.mark.parametrize("off, on", [("OFF", "ON"), ("off", "on"), ("Off", "On")])
def test_bare_words_are_understood_in_any_case(evening, mqtt, off, on):
    for word, wait in ((off, evening.dark), (on, evening.lit), (off, evening.dark), ("auto", evening.lit)):
        mqtt.publish("light/road/set", word)
        wait(1)
    assert wait_state(mqtt, in_effect="on")["override"] is None


def deep(levels):
    return "[" * levels + "]" * levels


WRONG = {
    "nothing": "",
    "another word": "TOGGLE",
    "not JSON": "{on:true}",
    "cut short": '{"on":true',
    "a list": "[true]",
    "a number": "1",
    "no member": "{}",
    "on as text": '{"on":"true"}',
    "on as number": '{"on":1}',
    "on and auto": '{"on":true,"auto":true}',
    "auto false": '{"auto":false}',
    "auto with an end": '{"auto":true,"for":60}',
    "unknown member": '{"on":false,"dim":50}',
    "twice the same member": '{"on":true,"on":false}',
    "for nothing": '{"on":false,"for":0}',
    "for a negative time": '{"on":false,"for":-5}',
    "for ever": '{"on":false,"for":1e99}',
    "for as text": '{"on":false,"for":"2h"}',
    "for and until": '{"on":false,"for":60,"until":"2026-11-21T23:00:00+07:00"}',
    "until in the past": '{"on":false,"until":"2026-11-21T19:00:00+07:00"}',
    "until in ten years": '{"on":false,"until":"2036-11-21T19:00:00+07:00"}',
    "until tomorrow": '{"on":false,"until":"tomorrow"}',
    "reason as number": '{"on":false,"reason":5}',
    "reason too long": json.dumps({"on": False, "reason": "x" * 160}),
    "by with a line break": json.dumps({"on": False, "by": "a\nb"}),
    "deep": '{"on":false,"reason":' + deep(17) + "}",
    "very deep": deep(30000),
    "long": json.dumps({"on": False, "reason": "x" * 60000}),
    "over the limit": "x" * 65537,
    "bytes": b"\xff\xfe\x00\x01",
    "a NUL": b'{"on":false}\x00',
    "not UTF-8": b'{"on":false,"reason":"\xff"}',
}


def test_a_wrong_payload_changes_nothing_and_is_answered(evening, mqtt):
    before = part(wait_state(mqtt, in_effect="on"))
    for name, payload in WRONG.items():
        answer = mqtt.request("light/road/set", payload)
        assert answer["ok"] is False, name
        expected = {"over the limit": "too-large", "bytes": "not-utf8", "a NUL": "not-utf8", "not UTF-8": "not-utf8"}
        assert answer["error"] == expected.get(name, "invalid"), name
        assert answer["detail"].strip() and "\n" not in answer["detail"], name
        assert evening.level(1) == 1, name
    # A good order after all of them: whatever was changed by a wrong one would show beside it.
    mqtt.request("light/lane/set", "OFF")
    wait_state(mqtt, "lane", in_effect="off")
    assert part(mqtt.last("light/road/state").data) == before


def test_the_error_names_the_member(evening, mqtt):
    assert "dim" in mqtt.request("light/road/set", {"on": False, "dim": 50})["detail"]
    assert "until" in mqtt.request("light/road/set", {"on": False, "until": "x"})["detail"]
    assert "for" in mqtt.request("light/road/set", {"on": False, "for": 0})["detail"]


def test_orders_to_what_is_not_there(evening, mqtt):
    assert mqtt.request("light/nowhere/set", "ON")["error"] == "unknown-circuit"
    assert mqtt.request("light/nowhere/meter", {"kwh": 1})["error"] == "unknown-circuit"
    assert mqtt.request("light/all/meter", {"kwh": 1})["error"] == "invalid"
    assert mqtt.request("light/all/lockout", {"on": True})["error"] == "invalid"
    assert mqtt.request("light/road/meter", {"kwh": 1})["error"] == "no-meter"


WRONG_METER = ["", "5", "{}", '{"kwh":"5"}', '{"kwh":-1}', '{"kwh":1e9}', '{"kwh":5,"unit":"MWh"}', '{"kwh":NaN}', "[5]"]
WRONG_LOCKOUT = ["", "ON", "{}", '{"on":"yes"}', '{"on":1}', '{"on":true,"for":60}', "[true]", '{"on":true,"by":7}']


def test_a_wrong_payload_of_meter_and_lockout_changes_nothing(lights, mqtt):
    lights.road(meter={**gpio(INPUTS, 1), "pulses_per_kwh": 1000})
    lights.start(EVENING)
    lights.lit()
    before = part(wait_state(mqtt, in_effect="on"))
    for verb, wrong in (("meter", WRONG_METER), ("lockout", WRONG_LOCKOUT)):
        for payload in wrong:
            answer = mqtt.request(f"light/road/{verb}", payload)
            assert answer["ok"] is False and answer["error"] == "invalid" and answer["detail"], (verb, payload)
    mqtt.request("light/road/set", "OFF")
    mqtt.request("light/road/set", "AUTO")
    after = wait_state(mqtt, in_effect="on", operations=2)
    assert after["kwh"] == 0 and part(after) == {**before, "operations": 2}


def test_a_retained_command_is_ignored(lights, mqtt):
    lights.road()
    mqtt.publish("light/road/set", "OFF", retain=True)
    daemon = lights.start(EVENING, env=LOG)
    daemon.wait_log(r"light/road/set: a retained command was ignored")
    wait_state(mqtt, in_effect="on")
    assert lights.changes() == [1]


def test_a_command_without_a_response_topic_is_carried_out_in_silence(evening, mqtt):
    since = mqtt.mark()
    mqtt.publish("light/road/set", '{"on":false}')
    evening.dark(1)
    mqtt.publish("light/road/set", '{"on":')
    mqtt.request("light/lane/set", "OFF")
    assert len([m for m in mqtt.messages[since:] if m.topic.startswith("reply/")]) == 1


def test_all_on_is_an_emergency_over_overrides_and_they_resume_after_it(lights, mqtt):
    lights.road("a", 1)
    lights.road("b", 2)
    lights.start(DAY)
    lights.dark(1)
    mqtt.request("light/a/set", {"on": False, "for": 36000, "reason": "sửa"})
    answer = mqtt.request("light/all/set", {"on": True, "for": 7200, "reason": "cháy", "by": "trưởng thôn"})
    assert answer["ok"] and answer["circuits"] == 2 and answer["durable"]
    lights.lit(1)
    lights.lit(2)
    state = wait_state(mqtt, "a", in_effect="on", why="emergency")
    assert state["emergency"]["reason"] == "cháy" and state["override"]["reason"] == "sửa"
    mqtt.request("light/all/set", {"auto": True})
    lights.dark(1)
    lights.dark(2)
    assert wait_state(mqtt, "a", in_effect="off")["emergency"] is None


def test_an_emergency_closes_one_relay_after_the_other(lights, mqtt):
    for line in range(1, 6):
        lights.road(f"road-{line}", line)
    lights.site.write_conf("lightd.conf", light={"gpio_sim_dir": lights.gpio.dir, "stagger_ms": 200})
    lights.start(DAY, env=LOG)
    lights.dark(5)
    mqtt.request("light/all/set", "ON")
    for line in range(1, 6):
        lights.lit(line)
    closings = sorted(
        int(row.split()[0])
        for line in range(1, 6)
        for row in (lights.gpio.line("sim:relays", line) / "log").read_text().splitlines()
        if row.endswith(" 1")
    )
    assert len(closings) == 5
    assert all(b - a >= 195_000 for a, b in zip(closings, closings[1:])), closings


def test_a_lock_out_goes_over_an_emergency(lights, mqtt):
    lights.road("a", 1, lockout=gpio(INPUTS, 1))
    lights.road("b", 2)
    lights.gpio.pull(INPUTS, 1, True)
    lights.start(EVENING, env=LOG)
    lights.lit(2)
    state = wait_state(mqtt, "a", why="lockout", locked=True)
    assert state["in_effect"] == "off" and state["commanded"] == "on"
    assert mqtt.request("light/all/set", "ON")["ok"]
    wait_state(mqtt, "b", why="emergency")
    wait_state(mqtt, "a", why="lockout")
    assert lights.changes(1) == [0]
    lights.gpio.pull(INPUTS, 1, False)
    lights.lit(1)
    wait_state(mqtt, "a", why="emergency", locked=False)


def test_a_person_locks_a_circuit_out_and_the_contact_holds_it(lights, mqtt, site):
    lights.road(lockout=gpio(INPUTS, 1))
    lights.gpio.pull(INPUTS, 1, False)
    lights.start(EVENING)
    lights.lit()
    answer = mqtt.request("light/road/lockout", {"on": True, "reason": "thay bóng", "by": "chị Năm"})
    assert answer == {"ok": True, "circuit": "road", "locked": True, "durable": True}
    lights.dark()
    lights.gpio.pull(INPUTS, 1, True)
    assert "still locked out by the contact" in site.ctl("light", "unlock", "road", json_output=False).out
    assert lights.level() == 0
    lights.gpio.pull(INPUTS, 1, False)
    lights.lit()


def test_a_lock_out_contact_that_is_lost_locks_and_no_word_of_a_person_unlocks_it(lights, mqtt, site):
    lights.road(lockout=gpio(INPUTS, 1))
    lights.gpio.pull(INPUTS, 1, False)
    lights.start(EVENING)
    lights.lit()
    shutil.rmtree(lights.gpio.line(INPUTS, 1))
    lights.dark()
    wait_state(mqtt, "road", why="lockout", locked=True)
    assert "still locked out by the contact" in site.ctl("light", "unlock", "road", json_output=False).out
    wait_state(mqtt, "road", why="lockout", locked=True)
    assert lights.level() == 0


def test_an_order_to_all_lamps_is_none_to_what_feeds_the_cameras(lights, mqtt):
    lights.program({"id": "on", "start": "on", "steps": []})
    lights.calendar({"id": "always", "rules": [], "default": "on"})
    lights.road("a", 1)
    lights.road("poe", 2, calendar="always", load="equipment", min_dwell=1)
    lights.start(EVENING)
    lights.lit(1)
    lights.lit(2)
    assert mqtt.request("light/all/set", "OFF")["circuits"] == 1
    lights.dark(1)
    assert wait_state(mqtt, "poe", in_effect="on")["override"] is None
    mqtt.request("light/poe/set", {"on": False, "for": 3, "reason": "khởi động lại camera"})
    lights.dark(2)
    lights.lit(2)
    assert lights.level(1) == 0


def test_the_mains_of_a_cabinet_is_told_in_the_state_of_its_circuit(lights, mqtt):
    lights.road("road", 1, mains=gpio(INPUTS, 2))
    lights.gpio.pull(INPUTS, 2, True)
    lights.start(EVENING)
    assert wait_state(mqtt, "road", in_effect="on")["mains"] == "on"
    lights.gpio.pull(INPUTS, 2, False)
    wait_state(mqtt, "road", mains="off")
    shutil.rmtree(lights.gpio.line(INPUTS, 2))
    wait_state(mqtt, "road", mains="unknown")


# ---- by thonctl ----


def test_thonctl_orders_and_shows_them(evening, mqtt, site):
    said = site.ok("--by", "chị Năm", "light", "off", "road", "--for", "90min", "--reason", "sửa đèn")
    assert said["ok"] and said["circuit"] == "road" and said["durable"]
    evening.dark(1)
    shown = site.ok("light", "show", "road")
    assert shown["circuit"] == "road" and shown["in_effect"] == "off"
    assert shown["override"]["by"] == "chị Năm" and shown["override"]["until"] == said["until"]
    assert [(c["circuit"], c["in_effect"]) for c in site.ok("light", "list")] == [("lane", "on"), ("road", "off")]

    site.ok("light", "on", "road", "--until", "2026-11-21 23:00")
    evening.lit(1)
    assert wait_state(mqtt, in_effect="on", why="override")["override"]["until"] == "2026-11-21T23:00:00+07:00"
    assert site.ok("light", "auto", "all")["circuits"] == 2
    assert wait_state(mqtt, why="program")["override"] is None


def ordering(site, *words):
    return thon.Process([thon.BUILD / "thonctl", "--json", "light", *words], env=site.env(), stdout=True)


def test_thonctl_waits_for_a_daemon_that_a_slow_card_holds_up(evening, site):
    """fsync on a card that others write to takes many seconds, in which lightd stands still: the order is carried out and answered, once."""
    site.daemons[-1].freeze()
    thonctl = ordering(site, "off", "road", "--reason", "thẻ chậm")
    thonctl.wait_log("thon-lightd has not answered yet; waiting on")
    site.daemons[-1].thaw()
    assert thonctl.wait() == 0 and json.load(thonctl.child.stdout)["durable"] is True
    evening.dark(1)
    assert [row["value"] for row in site.ok("light", "history", "road") if row["what"] == "override"] == ["off"]


def test_an_order_that_went_with_the_connection_is_given_again(evening, site):
    """A broker that sends its clients away, as mosquitto 2.0.21 does when the clock is stepped, takes along what they had not read."""
    site.daemons[-1].freeze()
    thonctl = ordering(site, "off", "road")
    thonctl.wait_log("thon-lightd has not answered yet; waiting on")
    site.daemons[-1].kill()
    evening.start(EVENING)
    assert thonctl.wait(40) == 0 and json.load(thonctl.child.stdout)["ok"] is True
    evening.dark(1)


def test_thonctl_waits_for_lightd_to_come_back(lights, site):
    lights.road()
    thonctl = ordering(site, "off", "road")
    thonctl.wait_log("thon-lightd is not there; waiting for it")
    lights.start(EVENING)
    assert thonctl.wait(20) == 0
    lights.dark()


def test_thonctl_is_refused_with_the_daemons_words(evening, site):
    assert "there is no circuit nowhere" in site.refused("light", "on", "nowhere")
    assert "must lie after now" in site.refused("light", "on", "road", "--until", "2020-01-01 00:00")
    assert "no meter" in site.refused("light", "meter", "road", "5")
    site.refused("light", "on", "road", "--for", "soon", code=2)
    site.refused("light", "on", "road", "--for", "1h", "--until", "2026-11-21 23:00", code=2)
    site.refused("light", "on", code=2)
    site.refused("light", "on", "Road", code=2)
    site.refused("light", "lock", "all", code=2)
    site.refused("light", "meter", "road", "much", code=2)
    assert "told no state" in site.refused("light", "show", "nowhere")


def test_thonctl_says_that_lightd_does_not_run(lights, site):
    lights.road()
    error = site.refused("light", "on", "road")
    assert "thon-lightd is not running" in error and "systemctl status thon-lightd" in error


def test_thonctl_says_that_the_broker_is_away(site, broker):
    broker.kill()
    error = site.refused("light", "list")
    assert "broker" in error and "systemctl status mosquitto" in error


def test_thonctl_corrects_a_meter(lights, mqtt, site):
    lights.road(meter={**gpio(INPUTS, 1), "pulses_per_kwh": 1000})
    lights.start(EVENING)
    lights.lit()
    assert site.ok("light", "meter", "road", "1234.5") == {"ok": True, "circuit": "road", "kwh": 1234.5}
    mqtt.wait_state("light/road/state", lambda d: d["kwh"] == 1234.5)
    lights.gpio.pulses(INPUTS, 1, 500)
    assert site.ok("light", "off", "road")["ok"]  # a state that is published has the energy with it
    assert wait_state(mqtt, in_effect="off")["kwh"] == 1235.0
