"""thon-camerad with cameras that answer on this machine: what one of them does becomes a state, an event and its end."""

import contextlib
import sqlite3

import thon
import watch as watch_of


def rows(site, sql):
    uri = f"file:{site.state / 'thon.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
        return db.execute(sql).fetchall()


def test_a_camera_whose_port_is_closed_is_told_once_and_once_when_it_is_back(site, watch, farm):
    farm.enrol(site)
    watch.start()
    watch.well("c1", "c2", "c3")

    farm.set("c2", mode="refused")
    raised = watch.event("camera-port-closed")
    assert raised["subject"] == "c2"
    assert raised["text"].startswith("Camera c2: ")
    assert raised["values"]["area"] == "xa" and raised["values"]["cause"] == "device"
    state = watch.state("c2", verdict="port-closed", incident=raised["id"])
    assert state["severity"] == "critical" and state["down"] is True
    assert state["sentence"] and state["action"].endswith(".")

    farm.set("c2", mode="ok")
    cleared = watch.event("camera-port-closed", "cleared")
    assert cleared["id"] == raised["id"]
    watch.state("c2", verdict="ok", incident=None)
    assert watch.events() == [("camera-port-closed", "raised", "c2"), ("camera-port-closed", "cleared", "c2")]


def test_what_is_over_before_it_is_confirmed_is_in_the_history_and_in_nobodys_phone(site, watch, farm):
    watch.conf(alert={**watch_of.QUICK["alert"], "confirm": "20s", "confirm_checks": 3})
    farm.enrol(site, names=["c1"])
    watch.start()
    watch.well("c1")

    farm.set("c1", mode="refused")
    watch.state("c1", soft="port-closed", verdict="ok")
    farm.set("c1", mode="ok")
    watch.state("c1", soft=None, verdict="ok")

    watch.daemon.stop()
    assert ("blip", "port-closed") in rows(site, "SELECT what, value FROM camera_history")
    assert watch.events() == []


def test_a_password_that_is_refused_twice_is_not_tried_again_until_somebody_asks(site, watch, farm):
    farm.enrol(site, names=["c1"], password="sai-mat-khau")
    watch.start()
    event = watch.event("camera-password")
    assert event["subject"] == "c1"
    watch.state("c1", verdict="password", login_stopped=True)
    assert farm.counts("c1")["wrong_logins"] == 2
    watch.daemon.wait_log("refused twice")

    # Neither by going on nor by a restart.
    watch.daemon.stop()
    watch.start()
    watch.checks(farm, "c1", 3)
    assert farm.counts("c1")["wrong_logins"] == 2

    # Somebody asks: once more.
    assert watch.done("c1", "check")["found"] == "password"
    farm.wait("wrong_logins", 3, name="c1")
    watch.checks(farm, "c1", 2)
    assert farm.counts("c1")["wrong_logins"] == 3

    # The right one is tried as soon as it is set.
    site.ok("device", "secret", "c1", stdin="camera")
    watch.mqtt.publish("registry/changed", {"tables": ["device"]})
    watch.state("c1", verdict="ok", login_stopped=False)
    assert watch.event("camera-password", "cleared")["id"] == event["id"]


def test_a_web_server_that_refuses_the_login_is_left_alone_and_rtsp_goes_on(site, watch, make_farm):
    # Many cameras have users of their own for HTTP and ONVIF, and lock everybody out after five wrong logins.
    farm = make_farm(cameras=2, clock=f"{watch_of.NOON},x30")
    farm.set("c1", mode="401", scope="http")
    farm.enrol(site, names=["c1", "c2"])
    watch.conf(camera={**watch_of.QUICK["camera"], "interval": "60s", "retry": "30s", "picture": "30s", "skew": "24h"})
    watch.start(f"{watch_of.NOON},x30")
    watch.ok("c1")
    watch.daemon.wait_log("c1: its web server refused user and password twice", timeout=30)
    refused = farm.counts("c1")["wrong_logins"]
    farm.wait("snapshots", farm.counts("c2")["snapshots"] + 4, name="c2")
    assert farm.counts("c1")["wrong_logins"] == refused <= 4
    watch.state("c1", verdict="ok", login_stopped=False)

    # Somebody put it right there and asks.
    farm.set("c1", mode="ok")
    watch.done("c1", "check")
    watch.state("c1", lambda d: d["picture"]["at"])


def test_maintenance_is_checked_and_not_told_and_outlives_a_restart(site, watch, farm):
    farm.enrol(site, names=["c1", "c2"])
    watch.start()
    watch.well("c1", "c2")

    answer = watch.done("c1", "maintenance", {"on": True, "for": 3600, "reason": "thay nguồn", "by": "anh Hùng"})
    assert answer["durable"] is True and answer["until"]
    maintenance = watch.state("c1", lambda d: d["maintenance"])["maintenance"]
    assert maintenance["by"] == "anh Hùng" and maintenance["reason"] == "thay nguồn"

    farm.set("c1", mode="refused")
    watch.state("c1", verdict="port-closed", incident=None)
    watch.daemon.stop()
    watch.start()
    watch.state("c1", lambda d: d["maintenance"], verdict="port-closed", incident=None)
    watch.checks(farm, "c2", 2)
    assert watch.events() == []

    watch.done("c1", "maintenance", {"on": False, "by": "anh Hùng"})
    assert watch.event("camera-port-closed")["subject"] == "c1"
    watch.daemon.stop()
    history = rows(site, "SELECT value, by FROM camera_history WHERE what = 'maintenance'")
    assert history == [("begin", "anh Hùng"), ("end", "anh Hùng")]


def test_maintenance_ends_by_itself(site, watch, farm):
    farm.enrol(site, names=["c1"])
    watch.start(f"{watch_of.NOON},x60")
    watch.ok("c1")
    watch.done("c1", "maintenance", {"on": True, "for": 600})
    watch.state("c1", lambda d: d["maintenance"])
    watch.state("c1", maintenance=None)
    assert watch.events() == []


def test_a_restart_keeps_the_incident_and_tells_nothing_twice(site, watch, farm):
    farm.enrol(site)
    watch.start()
    watch.well("c1", "c2", "c3")
    farm.set("c3", mode="refused")
    raised = watch.event("camera-port-closed")

    watch.daemon.stop()
    watch.start()
    watch.state("c3", verdict="port-closed", incident=raised["id"])
    watch.ok("c1", "c2")
    watch.checks(farm, "c1", 2)
    farm.set("c3", mode="ok")
    assert watch.event("camera-port-closed", "cleared")["id"] == raised["id"]
    # Stopped before the broker's word for it was written down, it tells the same once more: readers know it by its id.
    told = [(m.data["id"], m.data["state"]) for m in watch.mqtt.messages if m.topic.startswith("event/")]
    assert list(dict.fromkeys(told)) == [(raised["id"], "raised"), (raised["id"], "cleared")]


def test_what_is_over_while_nobody_watched_is_told_after_the_start(site, watch, farm):
    farm.enrol(site, names=["c1"])
    watch.start()
    watch.well("c1")
    farm.set("c1", mode="refused")
    raised = watch.event("camera-port-closed")
    watch.daemon.stop()
    farm.set("c1", mode="ok")
    watch.start()
    assert watch.event("camera-port-closed", "cleared")["id"] == raised["id"]


def test_a_kill_loses_no_incident_that_was_told(site, watch, farm):
    farm.enrol(site, names=["c1"])
    watch.start()
    watch.well("c1")
    farm.set("c1", mode="refused")
    raised = watch.event("camera-port-closed")
    watch.daemon.was_killed = True
    watch.daemon.kill()
    watch.start()
    state = watch.state("c1", lambda d: d["incident"], verdict="port-closed")
    farm.set("c1", mode="ok")
    cleared = watch.event("camera-port-closed", "cleared", predicate=lambda d: d["id"] == raised["id"])
    assert cleared["id"] == state["incident"]


def test_the_registry_changes_under_way(site, watch, farm):
    farm.enrol(site, names=["c1", "c2"])
    watch.start()
    watch.well("c1", "c2")
    farm.set("c2", mode="refused")
    raised = watch.event("camera-port-closed")

    # One more: it is checked, and the others go on.
    farm.enrol(site, names=["c3"])
    watch.mqtt.publish("registry/changed", {"tables": ["device"]})
    watch.ok("c3")
    watch.state("c2", verdict="port-closed", incident=raised["id"])

    # The one that is down is taken away: its incident ends, its state is emptied.
    site.ok("device", "remove", "c2")
    watch.mqtt.publish("registry/changed", {"tables": ["device"]})
    cleared = watch.event("camera-port-closed", "cleared")
    assert cleared["id"] == raised["id"]
    watch.mqtt.wait_for("camera/c2/state", lambda d: d == "", timeout=20)
    assert watch.health(lambda h: h["devices"] == 2)["incidents"] == 0
    assert watch.ask("c2", "check")["error"] == "unknown-camera"


def test_a_camera_that_was_removed_while_nobody_ran_leaves_no_state(site, watch, farm, make_mqtt, broker):
    farm.enrol(site, names=["c1", "c2"])
    watch.start()
    watch.well("c1", "c2")
    watch.daemon.stop()
    site.ok("device", "remove", "c2")
    watch.start()
    watch.mqtt.wait_for("camera/c2/state", lambda d: d == "", timeout=20)
    watch.ok("c1")


def test_the_store_is_away_for_a_while(site, watch, farm):
    """Checks and messages go on; the history has it afterwards."""
    watch.conf(alert={**watch_of.QUICK["alert"], "confirm": "1s", "confirm_checks": 1, "hold": "1s"})
    farm.enrol(site, names=["c1", "c2"])
    watch.start(f"{watch_of.NOON},x10")
    watch.ok("c1", "c2")
    store = site.state / "thon.db"
    away = site.state / "away"
    away.mkdir()
    for path in site.state.glob("thon.db*"):
        path.rename(away / path.name)

    farm.set("c1", mode="refused")
    raised = watch.event("camera-port-closed")
    watch.health(lambda h: h["store"] != "ok")
    for path in away.iterdir():
        path.rename(site.state / path.name)
    assert store.exists()
    watch.health(lambda h: h["store"] == "ok", timeout=60)
    farm.set("c1", mode="ok")
    assert watch.event("camera-port-closed", "cleared")["id"] == raised["id"]
    watch.daemon.stop()
    history = rows(site, "SELECT value FROM camera_history WHERE device = 'c1' AND what = 'verdict' ORDER BY id")
    assert [v for (v,) in history][-2:] == ["port-closed", "ok"]


def test_another_file_in_the_place_of_the_store_has_serials_of_its_own(site, watch, farm):
    """What is new in it is told over the connection that there is, though it counts from where the old one once was."""
    watch.conf(alert={**watch_of.QUICK["alert"], "confirm": "1s", "confirm_checks": 1, "hold": "1s"})
    farm.enrol(site, names=["c1", "c2"])
    site.ok("store", "backup", "--nightly")
    (copy,) = (site.state / "backups").glob("thon-*.db")
    watch.start(f"{watch_of.NOON},x10")
    watch.ok("c1", "c2")
    farm.set("c1", mode="refused")
    watch.event("camera-port-closed")
    farm.set("c1", mode="ok")
    watch.event("camera-port-closed", "cleared")

    for suffix in ("-wal", "-shm"):
        (site.state / f"thon.db{suffix}").unlink(missing_ok=True)
    copy.rename(site.state / "thon.db")
    since = watch.mqtt.mark()
    farm.set("c2", mode="refused")
    watch.mqtt.wait_for("event/camera-port-closed", lambda d: d["subject"] == "c2", timeout=40, since=since)
    watch.health(lambda h: h["store"] != "ok")
    watch.health(lambda h: h["store"] == "ok", timeout=60)
    since = watch.mqtt.mark()
    farm.set("c2", mode="ok")
    over = watch.mqtt.wait_for("event/camera-port-closed", lambda d: d["subject"] == "c2", timeout=40, since=since)
    assert over.data["state"] == "cleared"


def test_without_a_store_it_waits_for_one(site, watch, farm):
    farm.enrol(site, names=["c1"])
    store = site.state / "thon.db"
    store.rename(site.state / "away.db")
    watch.start(f"{watch_of.NOON},x60")
    assert watch.ask("c1", "check")["error"] == "no-registry"
    (site.state / "away.db").rename(store)
    watch.ok("c1")


def test_the_broker_is_away_for_a_while(site, watch, farm, broker):
    farm.enrol(site, names=["c1"])
    watch.start()
    watch.well("c1")
    broker.kill()
    farm.set("c1", mode="refused")
    watch.daemon.wait_log("Incident .* raised", timeout=40)
    watch.daemon.freeze()  # an event is not retained: who is to hear it is there first
    broker.start()
    with contextlib.closing(thon.Mqtt(broker)) as listener:
        watch.daemon.thaw()
        event = listener.wait_for("event/camera-port-closed", lambda d: d["state"] == "raised", timeout=60).data
    assert event["subject"] == "c1"
    watch.state("c1", verdict="port-closed")


def test_a_simulated_clock_leaves_other_machines_alone(site, watch, farm):
    farm.enrol(site, names=["c1"])
    site.ok("device", "add", "xa-kia", "--kind", "camera", "--area", "xa", "--name", "Xa", "--config",
            '{"url":"rtsp://192.0.2.1/live"}')
    watch.start(f"{watch_of.NOON},x10")
    watch.ok("c1")
    watch.daemon.wait_log("xa-kia cannot be watched.*this machine only")
    assert watch.health(lambda h: h["devices"] == 1)["clock"] == "simulated"


def test_a_store_that_is_locked_holds_nothing_up_for_long(site, watch, farm):
    """Somebody keeps it locked: cameras are checked and told of; what happened meanwhile is in the history."""
    farm.enrol(site, names=["c1", "c2"])
    watch.start()
    watch.well("c1", "c2")
    watch.daemon.wait_log("c2: ok")
    with contextlib.closing(sqlite3.connect(site.state / "thon.db", isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        farm.set("c1", mode="refused")
        raised = watch.event("camera-port-closed", timeout=60)
        watch.health(lambda h: h["store"] == "busy")
        watch.checks(farm, "c2", 2)
        db.execute("ROLLBACK")
    watch.daemon.stop()
    watch.start()
    watch.state("c1", verdict="port-closed")
    farm.set("c1", mode="ok")
    watch.event("camera-port-closed", "cleared", predicate=lambda d: d["id"] == raised["id"])


def test_a_camera_that_gets_another_name_does_not_learn_anew_what_it_shows(site, watch, farm):
    def learned():
        return rows(site, "SELECT baselines FROM camera_state WHERE device = 'c1'")[0][0]

    watch.conf(camera={**watch_of.QUICK["camera"], "picture": "30s"})
    farm.enrol(site, names=["c1"])
    watch.start(f"{watch_of.NOON},x10")
    watch.state("c1", lambda d: d["picture"] and d["picture"]["at"])
    watch.done("c1", "maintenance", {"on": True})  # no pictures are taken then
    before = learned()
    assert before

    site.ok("device", "set", "c1", "--name", "Cổng chùa")
    watch.mqtt.publish("registry/changed", {"tables": ["device"]})
    watch.state("c1", name="Cổng chùa")
    watch.done("c1", "maintenance", {"on": True})
    assert learned() == before


def test_a_reload_takes_what_is_right_and_refuses_what_is_not(site, watch, farm):
    farm.enrol(site, names=["c1"])
    watch.start()
    watch.well("c1")
    watch.conf(camera={**watch_of.QUICK["camera"], "interval": "never"})
    mark = watch.daemon.mark()
    watch.daemon.signal(1)
    watch.daemon.wait_log(r"camerad.conf:\d+: .*interval", since=mark)
    watch.checks(farm, "c1", 1)

    watch.conf(camera={**watch_of.QUICK["camera"], "interval": "5s", "in_flight": 8})
    mark = watch.daemon.mark()
    watch.daemon.signal(1)
    watch.daemon.wait_log("eload", since=mark)
    watch.checks(farm, "c1", 2)
    assert watch.done("c1", "check")["found"] == "ok"


def test_a_start_with_a_damaged_configuration_takes_the_last_good_one(site, watch, farm):
    farm.enrol(site, names=["c1"])
    watch.start()
    watch.well("c1")
    watch.daemon.stop()
    watch.conf(camera={**watch_of.QUICK["camera"], "interval": "never"})
    watch.start()
    watch.daemon.wait_log("starting with the last one that was")
    watch.daemon.wait_notify(lambda n: "last good one is in force" in n.get("STATUS", ""), what="word of it")
    watch.ok("c1")


def test_a_camera_that_comes_and_goes_is_told_of_once(site, watch, farm):
    watch.conf(alert={**watch_of.QUICK["alert"], "confirm": "60s", "flap_changes": 3})
    farm.enrol(site, names=["c1", "c2"])
    watch.start()
    watch.well("c1", "c2")
    for mode, found in [("refused", "port-closed"), ("ok", "ok")] * 4:
        farm.set("c1", mode=mode)
        for _ in range(2):  # what was seen once counts for nothing
            assert watch.done("c1", "check")["found"] == found
    event = watch.event("camera-flapping")
    assert event["subject"] == "c1" and event["severity"] == "warning"
    watch.state("c1", flapping=True, incident=event["id"])
    assert watch.events() == [("camera-flapping", "raised", "c1")]


def test_how_much_of_the_time_it_was_up_is_told(site, watch, farm):
    """By a clock on which an hour is a minute."""
    farm.enrol(site, names=["c1"])
    watch.start(f"{watch_of.NOON},x60")
    watch.ok("c1")
    assert watch.state("c1", lambda d: d["uptime_30d"] is not None, timeout=60)["uptime_30d"] == 1.0
