"""Cameras that moved to another address, discovery for people, and recorders that do not record. Loopback addresses answer to
ping for ever, so ping is told to mean nothing here; MACs there are none, so a camera is known by its endpoint."""

import concurrent.futures
import contextlib
import sqlite3

import pytest
import watch as watch_of

ENDPOINT = "urn:uuid:7468306e-aaaa-4000-8000-0123456789ab"


def rows(site, sql):
    with contextlib.closing(sqlite3.connect(f"file:{site.state / 'thon.db'}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


@pytest.fixture
def begin(watch):
    """begin(farm): by a clock sixty times as fast, discovery asking the farm alone."""

    def start(farm, speed=60, **discover):
        watch.conf(
            **{
                **watch_of.QUICK,
                "camera": {**watch_of.QUICK["camera"], "interval": "60s", "retry": "30s", "ping": "no", "recorder": "5min"},
                "discover": {"follow": "yes", "probe": f"127.0.0.1:{farm.discovery_port}", **discover},
            }
        )
        return watch.start(f"{watch_of.NOON},x{speed}")

    return start


def two_addresses(make_farm):
    """One camera, c1, that has the address of c2 when c1 is silent; and nobody else."""
    return make_farm(cameras=2, own={"c1": {"endpoint": ENDPOINT}, "c2": {"endpoint": ENDPOINT, "mode": "silent"}},
                     clock=f"{watch_of.NOON},x60")


def learned(farm, daemon):
    """The first discovery asked everybody, thrice, and was over."""
    farm.wait("probes", 3, name="c1", timeout=30)
    daemon.wait_log("c1: known by its endpoint", timeout=30)


def test_a_camera_that_moved_is_followed_and_comes_home(site, watch, make_farm, begin):
    farm = two_addresses(make_farm)
    farm.enrol(site, names=["c1"])
    daemon = begin(farm)
    watch.ok("c1")
    learned(farm, daemon)

    farm.set("c1", mode="silent")
    farm.set("c2", mode="ok")
    event = watch.event("camera-address", timeout=60)
    assert event["subject"] == "c1" and event["severity"] == "info"
    assert event["values"] == {
        "camera": "c1",
        "name": "Camera c1",
        "from": farm.addresses["c1"],
        "to": farm.addresses["c2"],
    }
    assert event["text"] == (
        f"Camera c1: đã đổi địa chỉ từ {farm.addresses['c1']} sang {farm.addresses['c2']}. "
        "Cố định địa chỉ của camera trong bộ định tuyến, hoặc sửa địa chỉ trong danh sách thiết bị."
    )
    watch.state("c1", verdict="ok")
    watch.checks(farm, "c2", 2)

    # It outlives a restart.
    assert watch.daemon.stop() == 0
    assert rows(site, "SELECT address, endpoint FROM camera_state") == [(farm.addresses["c2"], ENDPOINT)]
    begin(farm)
    watch.checks(farm, "c2", 2)

    # And home again: silent there, answering here.
    since = watch.mqtt.mark()
    farm.set("c2", mode="silent")
    farm.set("c1", mode="ok")
    watch.checks(farm, "c1", 2, timeout=60)
    watch.state("c1", verdict="ok")
    assert watch.daemon.stop() == 0
    assert rows(site, "SELECT address FROM camera_state") == [("",)]
    history = rows(site, "SELECT value FROM camera_history WHERE what = 'address' ORDER BY id")
    assert history == [(farm.addresses["c2"],), (farm.addresses["c1"],)]
    news = watch.mqtt.seen("event/camera-address", since)
    assert [(m.data["state"], m.data["id"]) for m in news] == [("cleared", event["id"])]


def test_limits_that_change_while_it_is_looked_for_at_home_do_not_end_the_looking(site, watch, make_farm, begin):
    farm = two_addresses(make_farm)
    farm.enrol(site, names=["c1"])
    daemon = begin(farm)
    watch.ok("c1")
    learned(farm, daemon)
    farm.set("c1", mode="silent")
    farm.set("c2", mode="ok")
    event = watch.event("camera-address", timeout=60)

    # A minute after the start, a second of ours, it is looked for at home, and nobody answers for three.
    assert watch.daemon.stop() == 0
    slow = {**watch_of.QUICK["camera"], "interval": "60s", "retry": "30s", "ping": "no", "connect_ms": 3000}
    discover = {"follow": "yes", "probe": f"127.0.0.1:{farm.discovery_port}"}
    watch.conf(**{**watch_of.QUICK, "camera": slow, "discover": discover})
    watch.start(f"{watch_of.NOON},x60")
    watch.checks(farm, "c2", 2)
    watch.conf(**{**watch_of.QUICK, "camera": {**slow, "connect_ms": 400, "in_flight": 9}, "discover": discover})
    mark = watch.daemon.mark()
    watch.daemon.signal(1)
    watch.daemon.wait_log("eload", since=mark)

    farm.set("c2", mode="silent")
    farm.set("c1", mode="ok")
    watch.checks(farm, "c1", 2, timeout=60)
    assert watch.event("camera-address", "cleared")["id"] == event["id"]


def test_one_that_was_followed_and_is_taken_off_the_list_leaves_nothing_standing(site, watch, make_farm, begin):
    farm = two_addresses(make_farm)
    farm.enrol(site, names=["c1"])
    daemon = begin(farm)
    watch.ok("c1")
    learned(farm, daemon)
    farm.set("c1", mode="silent")
    farm.set("c2", mode="ok")
    event = watch.event("camera-address", timeout=60)
    assert watch.daemon.stop() == 0
    site.ok("device", "remove", "c1")
    begin(farm)
    assert watch.event("camera-address", "cleared")["id"] == event["id"]


def test_who_answers_at_two_addresses_or_lives_at_anothers_is_not_followed(site, watch, make_farm, begin):
    farm = make_farm(
        cameras=4,
        own={
            "c1": {"endpoint": ENDPOINT},
            "c2": {"endpoint": ENDPOINT, "mode": "silent"},
            "c3": {"endpoint": ENDPOINT, "mode": "silent"},
            "c4": {"endpoint": "urn:uuid:4"},
        },
        clock=f"{watch_of.NOON},x60",
    )
    farm.enrol(site, names=["c1", "c4"])
    daemon = begin(farm)
    watch.ok("c1", "c4")
    learned(farm, daemon)

    # Two clones: which of them would it be?
    farm.set("c1", mode="silent")
    farm.set(["c2", "c3"], mode="ok")
    watch.state("c1", verdict="no-network")
    farm.wait("probes", 6, name="c2", timeout=60)

    # Only one, but where c4 is already: that is the address of another.
    farm.set(["c2", "c3"], mode="silent")
    farm.set("c4", endpoint=ENDPOINT)
    farm.clear()
    farm.wait("probes", 6, name="c4", timeout=60)
    assert farm.counts("c2")["describe"] == 0 and farm.counts("c3")["describe"] == 0
    assert not any(kind == "camera-address" for kind, _, _ in watch.events())


def test_nobody_is_followed_where_that_is_not_wanted(site, watch, make_farm, begin):
    farm = two_addresses(make_farm)
    farm.enrol(site, names=["c1"])
    begin(farm, follow="no")
    watch.ok("c1")
    farm.set("c1", mode="silent")
    farm.set("c2", mode="ok")
    watch.state("c1", verdict="no-network")
    # People may still ask; that follows nobody either.
    answer = watch.mqtt.request("camera/discover", {"wait": 1}, timeout=20)
    assert [f["address"] for f in answer["found"]] == [farm.addresses["c2"]]
    assert farm.counts("c2")["describe"] == 0
    assert not any(kind == "camera-address" for kind, _, _ in watch.events())


def test_a_discovery_tells_what_is_new_known_and_moved(site, watch, make_farm, begin):
    farm = make_farm(cameras=3, own={"c2": {"endpoint": ENDPOINT, "name": "Cổng%20chùa"}, "c3": {"onvif": False}})
    farm.enrol(site, names=["c1"])
    begin(farm)
    watch.ok("c1")
    answer = watch.mqtt.request("camera/discover", {"wait": 1}, timeout=20)
    assert answer["ok"] is True
    found = {f["address"]: f for f in answer["found"]}
    new = found[farm.addresses["c2"]]
    assert new["endpoint"] == ENDPOINT and new["name"] == "Cổng chùa"
    assert new["xaddr"] == farm.onvif_url("c2")
    assert new["known"] is None and new["moved"] is False and new["mac"] == ""
    known = found[farm.addresses["c1"]]
    assert known["known"] == "c1" and known["moved"] is False

    for payload in ({"wait": 0}, {"wait": 11}, {"wait": "4"}, {"wait": 1.5}, {"seconds": 1}, "nonsense", [1]):
        refused = watch.mqtt.request("camera/discover", payload)
        assert refused["ok"] is False and refused["error"] == "invalid", payload


def test_those_who_ask_together_are_answered_together(site, watch, make_farm, begin, make_mqtt, broker):
    farm = make_farm(cameras=2)
    begin(farm)
    farm.wait("probes", 3, name="c1", timeout=30)  # of its own; it may still be running, and is joined then
    farm.clear()
    others = [make_mqtt(broker) for _ in range(3)]
    with concurrent.futures.ThreadPoolExecutor(len(others)) as pool:
        asked = [pool.submit(m.request, "camera/discover", {"wait": 2}, 30) for m in others]
        answers = [a.result() for a in asked]
    for answer in answers:
        assert sorted(f["address"] for f in answer["found"]) == sorted(farm.addresses.values())
    assert farm.counts("c1")["probes"] <= 6


def test_a_recorder_that_stopped_recording_is_told_and_its_clock_is_not_the_reason(site, watch, make_farm, begin):
    farm = make_farm(cameras=3, clock=f"{watch_of.NOON},x60", own={
        "c1": {"recorder": "recording"},
        "c2": {"recorder": "stopped", "stopped_s": 7 * 3600},
        "c3": {"recorder": "recording", "skew_s": -8 * 3600},
    })
    farm.enrol(site, recorder=True)
    daemon = begin(farm)
    event = watch.event("camera-recorder-disk", timeout=60)
    assert event["subject"] == "c2"
    watch.state("c2", verdict="recorder-disk")
    farm.set("c2", recorder="recording")
    watch.event("camera-recorder-disk", "cleared", timeout=60)

    # What cannot be asked is not news, and is said once.
    farm.set("c1", onvif=False)
    daemon.wait_log("c1: whether it records could not be asked", timeout=40)
    farm.set("c1", onvif=True)
    daemon.wait_log("c1: it says again whether it records", timeout=40)
    assert {s for k, _, s in watch.events() if k == "camera-recorder-disk"} == {"c2"}
    assert len([line for line in daemon.lines if "c1: whether it records could not" in line]) == 1
