"""One cause, one message: from a cable that is cut to the word in a technician's hand, over the real relay. The cameras are in a
network of their own, where what is cut is silent, ping and all."""

import pytest

import watch as watch_of
from relay import oa

pytestmark = pytest.mark.skipif(watch_of.needs_namespaces(), reason="takes root, and a kernel that gives networks of one's own")

TECHNICIAN = oa(1)


@pytest.fixture
def told(relay, watch):
    """A technician on Zalo who is told of cameras and of the mains, at once."""
    relay.channel("oa", "zalo-oa")
    relay.person("tho", {"oa": TECHNICIAN}, role="technician", area="xa")
    relay.route(
        "cameras", match="camera-* power-cut", to="role:technician", group_wait="1s", group_interval="5s",
        **{"class": "priority"},
    )
    relay.start()
    return relay


def messages(relay):
    return relay.fakes.texts("zalo-oa", address=TECHNICIAN)


def wait_text(relay, *words, timeout=60):
    return relay.fakes.wait_message(
        lambda m: m["address"] == TECHNICIAN and all(w in m["text"] for w in words), "zalo-oa", timeout
    )["text"]


def test_sixteen_cameras_behind_a_switch_are_one_message_out_and_one_back(told, watch, site, make_farm):
    farm = make_farm(switches={"tu4": 16}, namespace=True)
    farm.enrol(site)
    watch.start()
    watch.ok("tu4", *farm.cameras, timeout=60)

    farm.cut("tu4")
    out = wait_text(told, "Tủ tu4", "16 camera")
    raised = watch.event("camera-no-network")
    assert raised["subject"] == "tu4" and raised["values"]["cause"] == "parent"
    assert raised["values"]["cameras"] == "16"
    for camera in farm.cameras:
        assert watch.state(camera, lambda d: d["down"])["incident"] == raised["id"]

    farm.mend("tu4")
    back = wait_text(told, "✓", "Tủ tu4", timeout=90)
    assert watch.event("camera-no-network", "cleared")["id"] == raised["id"]
    watch.ok("tu4", *farm.cameras, timeout=60)
    # Nobody was told of anything else.
    watch.checks(farm, "tu4-1", 2)
    assert watch.events() == [("camera-no-network", "raised", "tu4"), ("camera-no-network", "cleared", "tu4")]
    assert messages(told) == [out, back]
    print(out, back, sep="\n")


def test_who_does_not_come_back_with_the_switch_is_named_in_the_message_of_its_end(told, watch, site, make_farm):
    farm = make_farm(switches={"tu4": 5}, namespace=True)
    farm.enrol(site)
    watch.start()
    watch.ok("tu4", *farm.cameras, timeout=60)
    farm.cut("tu4")
    wait_text(told, "Tủ tu4", "5 camera")

    farm.set("tu4-3", mode="silent")
    farm.mend("tu4")
    raised = watch.event("camera-no-network")
    single = watch.event("camera-cable", timeout=90)
    assert single["subject"] == "tu4-3" and single["cause_id"] == raised["id"]
    cleared = watch.event("camera-no-network", "cleared", timeout=90)
    assert "Camera tu4-3" in cleared["text"] and "Camera tu4-2" not in cleared["text"]
    wait_text(told, "Camera tu4-3", timeout=90)

    farm.set("tu4-3", mode="ok")
    assert watch.event("camera-cable", "cleared", timeout=90)["id"] == single["id"]
    wait_text(told, "✓", timeout=90)


def test_a_switch_that_answers_while_all_behind_it_is_silent_is_the_cause(told, watch, site, make_farm):
    farm = make_farm(switches={"tu4": 6}, namespace=True)
    farm.enrol(site)
    watch.start()
    watch.ok("tu4", *farm.cameras, timeout=60)
    farm.starve("tu4")
    raised = watch.event("camera-network", timeout=90)
    assert raised["subject"] == "tu4" and raised["values"]["cause"] == "children"
    wait_text(told, "Tủ tu4")
    farm.mend("tu4")
    assert watch.event("camera-network", "cleared", timeout=90)["id"] == raised["id"]
    assert {e[0] for e in watch.events()} == {"camera-network"}


def test_one_of_sixteen_is_told_by_itself(told, watch, site, make_farm):
    farm = make_farm(switches={"tu4": 4}, namespace=True)
    farm.enrol(site)
    watch.start()
    watch.ok("tu4", *farm.cameras, timeout=60)
    farm.set("tu4-2", mode="silent")
    assert watch.event("camera-cable")["subject"] == "tu4-2"
    wait_text(told, "Camera tu4-2", "từ")
    watch.ok("tu4", "tu4-1", "tu4-3", "tu4-4")


def test_an_incident_of_a_switch_lives_on_over_a_restart(told, watch, site, make_farm):
    farm = make_farm(switches={"tu4": 5}, namespace=True)
    farm.enrol(site)
    watch.start()
    watch.ok("tu4", *farm.cameras, timeout=60)
    farm.cut("tu4")
    raised = watch.event("camera-no-network")
    wait_text(told, "5 camera")

    watch.daemon.stop()
    watch.start()
    watch.state("tu4-5", incident=raised["id"])
    watch.mqtt.wait_for("status/camerad", lambda d: d["health"] and d["health"]["incidents"] == 1)
    farm.mend("tu4")
    assert watch.event("camera-no-network", "cleared", timeout=90)["id"] == raised["id"]
    wait_text(told, "✓", "Tủ tu4", timeout=60)
    assert len(messages(told)) == 2


def test_a_camera_that_was_told_of_before_its_switch_fell_makes_no_end_of_its_own(told, watch, site, make_farm):
    """The wider cause takes it over: nobody is told that it is mended while all of it is dark."""
    farm = make_farm(switches={"tu4": 5}, namespace=True)
    farm.enrol(site)
    watch.start()
    watch.ok("tu4", *farm.cameras, timeout=60)
    farm.set("tu4-1", mode="silent")
    alone = watch.event("camera-cable")
    wait_text(told, "Camera tu4-1")

    farm.cut("tu4")
    wide = watch.event("camera-no-network", timeout=90)
    assert wide["subject"] == "tu4"
    again = watch.event("camera-cable", predicate=lambda d: d["cause_id"] == wide["id"])
    assert again["id"] == alone["id"]
    wait_text(told, "Tủ tu4")
    watch.state("tu4-1", incident=wide["id"])
    assert not [m for m in messages(told) if "✓" in m or "Đã hết" in m]
    assert not [e for e in watch.events() if e[1] == "cleared"]

    # Also over a restart and a new registry.
    watch.daemon.stop()
    watch.start()
    watch.state("tu4-1", incident=wide["id"])
    site.ok("device", "set", "tu4-2", "--name", "Camera cổng")
    watch.mqtt.publish("registry/changed", {"tables": ["device"]})
    watch.state("tu4-2", name="Camera cổng")

    farm.set("tu4-1", mode="ok")
    farm.mend("tu4")
    watch.event("camera-no-network", "cleared", timeout=90)
    wait_text(told, "✓", "Tủ tu4", timeout=90)
    watch.ok("tu4", *farm.cameras, timeout=60)
    watch.event("camera-cable", "cleared", predicate=lambda d: d["id"] == alone["id"])
    print("\n".join(messages(told)))
    assert len([m for m in messages(told) if "✓" in m]) == 1


def test_a_power_cut_is_one_message_in_the_words_of_a_power_cut(told, watch, site, make_farm):
    farm = make_farm(switches={"tu4": 4, "tu5": 4}, namespace=True)
    farm.enrol(site)
    config = '{"topic":"ups/xa/dien","on":"ON","off":"OFF"}'
    site.ok("device", "add", "dien-xa", "--kind", "mains", "--area", "xa", "--name", "Điện lưới xã", "--config", config)
    watch.start()
    watch.mqtt.publish("/ups/xa/dien", "ON", retain=True)
    watch.ok("tu4", "tu5", "dien-xa", *farm.cameras, timeout=60)

    watch.mqtt.publish("/ups/xa/dien", "OFF", retain=True)
    farm.cut("tu4")
    farm.cut("tu5")
    cut = watch.event("power-cut")
    assert cut["subject"] == "dien-xa" and cut["severity"] == "critical"
    out = wait_text(told, "Điện lưới xã")
    watch.state("tu4-1", verdict="no-power")

    watch.mqtt.publish("/ups/xa/dien", "ON", retain=True)
    farm.mend("tu4")
    farm.mend("tu5")
    assert watch.event("power-cut", "cleared", timeout=90)["id"] == cut["id"]
    back = wait_text(told, "✓", "Điện lưới xã", timeout=90)
    watch.ok("tu4", "tu5", *farm.cameras, timeout=60)
    assert {e[0] for e in watch.events()} == {"power-cut"}
    assert messages(told) == [out, back]
    print(out, back, sep="\n")
