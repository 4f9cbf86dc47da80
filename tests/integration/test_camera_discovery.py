"""Home Assistant finds cameras by itself, when thon.conf says so: payloads as its documentation has them."""

import re

import pytest


@pytest.fixture
def announced(site, watch, farm, mqtt):
    mqtt.watch("/homeassistant/#")
    site.write_conf("thon.conf", homeassistant={"discovery": "yes"})
    farm.enrol(site, names=["c1", "c2"])
    watch.start()
    for camera in ("c1", "c2"):
        watch.done(camera, "check")
        watch.ok(camera)
    return watch


def config(watch, name):
    return watch.mqtt.wait_for(f"/homeassistant/device/thon_test_camera_{name}/config", lambda d: d).data


def test_a_camera_is_a_device_of_its_own(announced):
    doc = config(announced, "c1")
    assert doc["device"]["identifiers"] == ["thon_test_camera_c1"] and doc["device"]["name"] == "Camera c1"
    assert doc["origin"]["name"] == "Thôn" and doc["qos"] == 1
    assert doc["state_topic"] == doc["json_attributes_topic"] == "thon/1/test/camera/c1/state"
    assert doc["availability"][0]["topic"] == "thon/1/test/status/camerad"
    components = doc["components"]
    assert set(components) == {"up", "problem", "verdict", "uptime", "check"}
    assert components["up"]["default_entity_id"] == "binary_sensor.thon_test_camera_c1"
    ids = [c["unique_id"] for c in components.values()]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-zA-Z0-9_-]+", i) for i in ids)
    assert all(c["platform"] in ("binary_sensor", "sensor", "button") and c["name"] for c in components.values())


def test_every_member_that_a_template_reads_is_in_the_state(announced):
    templates = " ".join(c.get("value_template", "") for c in config(announced, "c1")["components"].values())
    assert set(re.findall(r"value_json\.(\w+)", templates)) <= set(announced.state("c1"))


def test_its_button_has_the_camera_checked(announced, farm):
    button = config(announced, "c1")["components"]["check"]
    before = farm.counts("c1")["play"]
    announced.mqtt.publish("/" + button["command_topic"], button["payload_press"])
    farm.wait("play", before + 1, name="c1")


def test_home_assistant_comes_back_and_hears_everything_again(announced):
    config(announced, "c1")
    since = announced.mqtt.mark()
    announced.mqtt.publish("/homeassistant/status", "online")
    announced.mqtt.wait_for("/homeassistant/device/thon_test_camera_c2/config", since=since)
    announced.mqtt.wait_for("camera/c2/state", since=since)


def test_a_camera_that_is_removed_is_taken_from_home_assistant(announced, site):
    config(announced, "c2")
    site.ok("device", "remove", "c2")
    announced.mqtt.publish("registry/changed", {"tables": ["device"]})
    announced.mqtt.wait_for("/homeassistant/device/thon_test_camera_c2/config", lambda d: d == "")
    announced.mqtt.wait_for("camera/c2/state", lambda d: d == "")


def test_discovery_that_is_switched_off_is_taken_back(announced, site):
    config(announced, "c1")
    site.write_conf("thon.conf", homeassistant={"discovery": "no"})
    announced.daemon.signal(1)
    announced.mqtt.wait_for("/homeassistant/device/thon_test_camera_c1/config", lambda d: d == "")


def test_nothing_is_announced_unless_asked_for(site, watch, farm, mqtt):
    mqtt.watch("/homeassistant/#")
    farm.enrol(site, names=["c1"])
    watch.start()
    watch.ok("c1")
    assert [m for m in mqtt.messages if m.topic.startswith("/homeassistant/")] == []
