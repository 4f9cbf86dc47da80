"""What a camera shows: from a lens that is sprayed to the picture in a technician's hand, over the real relay; and what is kept of
it. A minute is a second here, and every picture is of the fake camera's own world."""

import hashlib

import pytest

from relay import oa
from watch import NOON, QUICK, needs_namespaces

TECHNICIAN = oa(1)
SPEED = ",x60"


@pytest.fixture
def told(relay, watch):
    """A technician on Zalo who is told of cameras; pictures every two minutes."""
    relay.channel("oa", "zalo-oa")
    relay.person("tho", {"oa": TECHNICIAN}, role="technician", area="xa")
    relay.route("cameras", match="camera-*", to="role:technician", group_wait="1s", **{"class": "priority"})
    watch.conf(
        camera={"interval": "5min", "retry": "1min", "picture": "2min", "skew": "1h"},
        alert={"confirm": "3min", "recover": "1min", "hold": "2min", "settle": "5min"},
    )
    relay.start()
    return relay


def message(relay, *words, timeout=90):
    return relay.fakes.wait_message(
        lambda m: m["address"] == TECHNICIAN and all(w in m["text"] for w in words), "zalo-oa", timeout
    )


def seen(watch, camera, **picture):
    """Until its newest state says so of its picture."""
    return watch.state(camera, lambda d: d["picture"] and all(d["picture"][k] == v for k, v in picture.items()), 90)


def jpeg(site, name):
    data = (site.state / name).read_bytes()
    assert data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"), name
    return data


def test_a_sprayed_lens_is_told_with_what_it_showed_beside_what_it_shows(told, watch, site, make_farm):
    farm = make_farm(cameras=2, clock=NOON + SPEED)
    farm.enrol(site)
    watch.start(NOON + SPEED)
    watch.ok("c1", "c2")
    good = seen(watch, "c1", verdict="ok", baseline="day")["picture"]["good"]
    assert jpeg(site, good)

    farm.set("c1", picture="sprayed")
    raised = watch.event("camera-sprayed", timeout=120)
    assert raised["subject"] == "c1" and raised["severity"] == "critical"
    values = raised["values"]
    assert jpeg(site, values["picture_good"]) != jpeg(site, values["picture_bad"])
    sheet = jpeg(site, values["picture"])
    out = message(told, "Camera c1", "sơn")
    assert out["picture"]["sha256"] == hashlib.sha256(sheet).hexdigest()
    assert len(sheet) < 1024 * 1024
    assert watch.state("c1", verdict="sprayed")["picture"]["bad"] == values["picture_bad"]

    farm.set("c1", picture="ok")
    assert watch.event("camera-sprayed", "cleared", timeout=120)["id"] == raised["id"]
    message(told, "✓", "Camera c1")
    assert watch.events() == [("camera-sprayed", "raised", "c1"), ("camera-sprayed", "cleared", "c1")]


def test_a_camera_that_dies_is_told_with_the_last_it_showed(told, watch, site, make_farm):
    farm = make_farm(cameras=1, clock=NOON + SPEED)
    farm.enrol(site)
    watch.start(NOON + SPEED)
    seen(watch, "c1", verdict="ok")
    farm.set("c1", mode="refused")
    raised = watch.event("camera-port-closed", timeout=120)
    assert "picture_bad" not in raised["values"]
    out = message(told, "Camera c1")
    assert out["picture"]["sha256"] == hashlib.sha256(jpeg(site, raised["values"]["picture"])).hexdigest()


def test_two_bad_pictures_are_nobodys_business(told, watch, site, make_farm):
    farm = make_farm(cameras=1, clock=NOON + SPEED)
    farm.enrol(site)
    watch.start(NOON + SPEED)
    seen(watch, "c1", verdict="ok")
    taken = farm.counts("c1")["snapshots"]
    farm.set("c1", picture="black")
    farm.wait("snapshots", taken + 2, name="c1", timeout=60)
    farm.set("c1", picture="ok")
    farm.wait("snapshots", taken + 8, name="c1", timeout=120)
    assert watch.events() == []
    assert watch.state("c1", verdict="ok")["picture"]["bad"] is None


def test_what_was_learned_and_kept_outlives_a_restart(told, watch, site, make_farm):
    farm = make_farm(cameras=1, clock=NOON + SPEED)
    farm.enrol(site)
    watch.start(NOON + SPEED)
    good = seen(watch, "c1", verdict="ok")["picture"]["good"]
    farm.wait("snapshots", 15, name="c1", timeout=120)  # a baseline takes twelve
    watch.daemon.stop()
    assert len(list((site.state / "pictures/c1").iterdir())) == 1, "one good picture a week"
    since = watch.mqtt.mark()
    watch.start("2026-11-21T13:00:00+07:00" + SPEED)
    state = watch.mqtt.wait_for("camera/c1/state", lambda d: d["picture"], since=since).data
    assert state["picture"]["good"] == good
    farm.set("c1", picture="covered")
    assert watch.event("camera-covered", timeout=120)["subject"] == "c1"


def test_pictures_that_cannot_be_kept_hold_up_no_alert(told, watch, site, make_farm):
    farm = make_farm(cameras=1, clock=NOON + SPEED)
    farm.enrol(site)
    (site.state / "pictures").write_text("in the way")
    watch.start(NOON + SPEED)
    seen(watch, "c1", verdict="ok")
    farm.set("c1", picture="black")
    raised = watch.event("camera-black", timeout=120)
    assert "picture" not in raised["values"]
    assert "picture" not in message(told, "Camera c1")


def test_a_person_says_that_it_is_meant_to_look_so(told, watch, site, make_farm):
    farm = make_farm(cameras=1, clock=NOON + SPEED)
    farm.enrol(site)
    watch.start(NOON + SPEED)
    farm.wait("snapshots", 16, name="c1", timeout=120)
    farm.set("c1", picture="moved", variant=3)
    raised = watch.event("camera-moved", timeout=150)
    watch.done("c1", "relearn", {"by": "thợ"})
    assert watch.event("camera-moved", "cleared", timeout=120)["id"] == raised["id"]


@pytest.mark.skipif(needs_namespaces(), reason="takes root, and a kernel that gives networks of one's own")
def test_a_switch_that_falls_is_told_with_the_last_that_was_seen_behind_it(told, watch, site, make_farm):
    farm = make_farm(switches={"tu1": 5}, namespace=True, picture="320x240")
    farm.enrol(site)
    watch.conf(**{**QUICK, "camera": {**QUICK["camera"], "picture": "3s", "skew": "1d"}})
    watch.start()
    for camera in farm.cameras:
        seen(watch, camera, verdict="ok")
    farm.cut("tu1")
    out = message(told, "Tủ tu1", "5 camera")
    raised = watch.event("camera-no-network")
    sheet = jpeg(site, raised["values"]["picture"])
    assert out["picture"]["sha256"] == hashlib.sha256(sheet).hexdigest()
    farm.mend("tu1")
    back = message(told, "✓", "Tủ tu1")
    assert "picture" not in back
    assert len(told.fakes.texts("zalo-oa", address=TECHNICIAN)) == 2
