"""The broker or the store is away, slow, full or broken: the lights are right all the same, and it is told."""

import json
import os
import resource
import sqlite3
import time

import pytest

from lights import EVENING, INPUTS, LOG, gpio

AFTER_DUSK = "2026-11-21T17:30:00+07:00,x600"  # the night begins 3 s later


def wait_health(mqtt, **values):
    return mqtt.wait_state(
        "status/lightd",
        lambda d: d["state"] == "online" and all(d["health"].get(k) == v for k, v in values.items()),
        timeout=30,
    ).data["health"]


# ---- broker ----


def test_the_lights_go_on_and_off_without_a_broker(lights, broker):
    lights.road()
    broker.kill()
    lights.start(AFTER_DUSK)
    lights.dark()
    lights.lit()


def test_a_broker_that_is_killed_and_comes_back_is_told_everything(lights, broker, make_mqtt):
    lights.road()
    lights.road("lane", 2)
    daemon = lights.start(EVENING, env=LOG)
    lights.lit()
    first = make_mqtt(broker)
    first.wait_for("light/lane/state", lambda d: d["in_effect"] == "on")
    broker.restart()  # nothing remembered
    again = make_mqtt(broker)
    again.wait_for("status/lightd", lambda d: d["state"] == "online", timeout=40)
    again.wait_for("light/road/state", lambda d: d["in_effect"] == "on", timeout=40)
    again.wait_for("light/lane/state", lambda d: d["in_effect"] == "on", timeout=40)
    assert again.request("light/road/set", "OFF")["ok"]
    assert daemon.running() and lights.changes() == [1, 0]


def test_a_broker_that_starts_long_after_the_daemon_is_found(lights, broker, make_mqtt):
    lights.road()
    broker.kill()
    daemon = lights.start(EVENING)
    lights.lit()
    daemon.wait_log("broker|MQTT|connect", timeout=20)
    broker.start()
    late = make_mqtt(broker)
    late.wait_for("light/road/state", lambda d: d["in_effect"] == "on", timeout=40)
    assert late.request("light/road/set", "OFF")["ok"]


def test_a_frozen_broker_delays_no_light(lights, broker, mqtt):
    """A frozen broker takes bytes and answers nothing: whatever blocks on it would miss the switch point."""
    lights.road(line=1)
    lights.start("2026-11-21T17:00:00+07:00,x600")
    mqtt.wait_for("light/road/state", lambda d: d["in_effect"] == "off")
    broker.freeze()
    lights.lit()
    broker.thaw()
    mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "on", timeout=60)


def test_an_event_of_the_time_without_broker_arrives_after_it(lights, broker, make_mqtt):
    lights.road(door=gpio(INPUTS, 1))
    lights.gpio.pull(INPUTS, 1, False)
    daemon = lights.start(f"{EVENING},x10")
    make_mqtt(broker).wait_for("light/road/state")
    broker.kill()
    lights.gpio.pull(INPUTS, 1, True)
    daemon.wait_log("road: fault door raised")
    lights.gpio.pull(INPUTS, 1, False)
    daemon.wait_log("road: fault door cleared", timeout=20)
    daemon.kill()  # and a power cut on top: the outbox is in the store

    broker.start()
    mqtt = make_mqtt(broker)
    lights.start(EVENING)
    raised = mqtt.wait_for("event/light-door", lambda d: d["state"] == "raised", timeout=40).data
    cleared = mqtt.wait_for("event/light-door", lambda d: d["state"] == "cleared", timeout=40).data
    assert raised["id"] == cleared["id"] and raised["severity"] == "warning" and raised["subject"] == "road"
    assert raised["text"] == "Đường road: cửa tủ điện đang mở"
    assert set(raised) == {"id", "at", "state", "severity", "subject", "text", "values", "cause_id"}
    assert {k: raised["values"][k] for k in ("fault", "circuit", "name", "area")} == {
        "fault": "door",
        "circuit": "road",
        "name": "Đường road",
        "area": "xa",
    }


def test_the_last_will_tells_that_the_daemon_died(lights, mqtt):
    lights.road()
    daemon = lights.start(EVENING)
    mqtt.wait_for("status/lightd", lambda d: d["state"] == "online")
    daemon.kill()
    assert mqtt.wait_state("status/lightd", lambda d: d["state"] == "offline").data["health"] is None
    daemon = lights.start(EVENING)
    mqtt.wait_state("status/lightd", lambda d: d["state"] == "online")
    daemon.stop()
    mqtt.wait_state("status/lightd", lambda d: d["state"] == "offline" and d["since"] is not None)


def test_the_broker_lets_in_by_password_only(lights, make_broker, make_mqtt, make_site):
    broker = make_broker(users={"thon-lightd": "secret", "watch": "w"})
    site = lights.site
    lights.road()
    (site.secrets / "mqtt").write_text("wrong\n")
    site.write_conf("thon.conf", broker={"host": "127.0.0.1", "port": broker.port})
    daemon = lights.start(EVENING)
    lights.lit()
    daemon.wait_log("(?i)not authori[sz]ed|login|refus", timeout=20)
    (site.secrets / "mqtt").write_text("secret\n")
    mqtt = make_mqtt(broker, user="watch", password="w")
    mqtt.wait_for("light/road/state", lambda d: d["in_effect"] == "on", timeout=60)


# ---- store ----


def test_a_missing_store_at_start(lights, mqtt):
    """The last good plan is on disk; the store is gone with the whole file."""
    lights.road()
    lights.start(EVENING).stop()
    for path in lights.site.state.glob("thon.db*"):
        path.unlink()
    daemon = lights.start(EVENING, env=LOG)
    lights.lit()
    daemon.wait_status("plan from disk.*store away")
    assert wait_health(mqtt, plan="disk", store="missing")["circuits"] == 1
    assert mqtt.request("light/road/set", "OFF")["ok"]
    lights.dark()


def test_a_new_and_empty_store_is_a_lost_one_and_no_decision(lights, mqtt, site):
    lights.road()
    daemon = lights.start(EVENING)
    daemon.stop()
    for path in site.state.glob("thon.db*"):
        path.unlink()
    site.ok("store", "init")
    daemon = lights.start(EVENING)
    lights.lit()
    daemon.reload()
    assert lights.level() == 1
    assert wait_health(mqtt)["circuits"] == 1


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut"])
def test_a_damaged_store_at_start(lights, mqtt, site, damage):
    lights.road()
    lights.start(EVENING).stop()
    store = site.state / "thon.db"
    size = store.stat().st_size
    if damage == "garbage":
        store.write_bytes(b"this is no database " * (size // 20))
    elif damage == "empty":
        store.write_bytes(b"")
    else:
        os.truncate(store, size // 2 // 4096 * 4096)
    lights.start("2026-11-21T17:00:00+07:00,x600")
    lights.dark()
    lights.lit()
    assert wait_health(mqtt, store="corrupt")["circuits"] == 1
    assert mqtt.request("light/road/set", "OFF")["ok"]


def test_a_store_that_is_destroyed_under_the_running_daemon(lights, mqtt, site):
    lights.road()
    daemon = lights.start("2026-11-21T17:00:00+07:00,x600")
    wait_health(mqtt, store="ok")
    for name in ("thon.db", "thon.db-wal"):
        with open(site.state / name, "r+b") as f:
            f.write(os.urandom(os.fstat(f.fileno()).st_size))
    lights.lit()
    assert mqtt.request("light/road/set", "OFF")["ok"]
    lights.dark()
    # At the latest when the connection is made anew.
    daemon.reload()
    assert mqtt.request("light/road/set", "ON")["ok"]
    lights.lit()


def test_a_store_that_another_program_locks(lights, mqtt, site):
    """Two seconds are waited for it, after the relays were served; history then waits in memory and comes later."""
    lights.road()
    lights.start("2026-11-21T17:56:00+07:00,x60")
    wait_health(mqtt, store="ok")
    other = sqlite3.connect(site.state / "thon.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    lights.lit(timeout=40)
    wait_health(mqtt, store="busy")
    assert mqtt.request("light/road/set", "OFF", timeout=20)["ok"]
    lights.dark()
    other.execute("ROLLBACK")
    wait_health(mqtt, store="ok")
    rows = lights.history()
    assert ("in_effect", "on") in rows and ("override", "off") in rows and rows.count(("in_effect", "off")) == 2


def test_a_locked_store_is_not_waited_for_at_every_word(lights, mqtt, site):
    """Orders are answered at once while it is locked, whatever others ask to be looked up in it."""
    lights.road()
    lights.start(EVENING)
    lights.lit()
    other = sqlite3.connect(site.state / "thon.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert mqtt.request("light/road/set", "OFF", timeout=20)["ok"]
    wait_health(mqtt, store="busy")
    end, worst = time.monotonic() + 2, 0
    while (began := time.monotonic()) < end:
        mqtt.publish("registry/changed", {"tables": ["area"]})
        assert mqtt.request("light/road/set", "OFF", timeout=20)["ok"]
        worst = max(worst, time.monotonic() - began)
    other.execute("ROLLBACK")
    assert worst < 1.5, "the store's time-out is 2 s"


def test_a_store_that_cannot_grow(lights, mqtt):
    """The disk is full: no file of the daemon may grow beyond what a simulated line needs."""
    lights.road(feedback=gpio(INPUTS, 1))
    lights.gpio.pull(INPUTS, 1, True)
    daemon = lights.start("2026-11-21T20:00:00+07:00,x60")
    lights.lit()
    mqtt.wait_for("light/road/state", lambda d: d["physical"] == "on")
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
    since = mqtt.mark()
    answer = mqtt.request("light/road/set", "OFF", timeout=20)
    lights.dark()
    assert answer["ok"] and answer["durable"] is False and "not kept on disk" in answer["warning"]
    wait_health(mqtt, store="full")
    # The contactor sticks: the event is told though it cannot be stored.
    event = mqtt.wait_for("event/light-stuck-on", lambda d: d["state"] == "raised", timeout=30, since=since).data
    assert event["severity"] == "warning"
    # Room again: the order is kept, and what waited in memory goes to the store.
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert mqtt.request("light/road/set", "OFF", timeout=20)["durable"] is True
    wait_health(mqtt, store="ok")
    rows = lights.history()
    assert ("fault", "raised stuck-on") in rows and ("in_effect", "off") in rows


def test_a_plan_file_that_is_damaged_is_told_and_the_registry_heals_it(lights, mqtt, site):
    lights.road()
    lights.start(EVENING).stop()
    for name in ("lightd-plan.json", "lightd-state.json"):
        (site.state / name).write_text("{")
    daemon = lights.start(EVENING)
    lights.lit()
    daemon.wait_log("lightd-state.json: cannot be used")
    assert json.loads((site.state / "lightd-plan.json").read_text())["circuits"][0]["id"] == "road"


def test_without_any_plan_nothing_is_switched_and_it_is_told(make_site, broker, make_mqtt):
    site = make_site(broker)
    daemon = site.start("lightd", "--sim-clock", EVENING)
    daemon.wait_status("no plan.*store away")
    mqtt = make_mqtt(broker)
    wait_health(mqtt, plan="none", store="missing")
    assert mqtt.request("light/all/set", "ON")["error"] == "no-plan"
    # The store comes: the officer's plan is taken at the next try or reload.
    site.ok("store", "init")
    daemon.reload()
    wait_health(mqtt, store="ok")
