"""Home Assistant: each circuit announces itself, with topics that are really there."""

from lights import EVENING, Lights


def announced(mqtt, site, circuit):
    message = mqtt.wait_for(f"/homeassistant/device/thon_{site}_light_{circuit}/config", lambda d: d["components"])
    return message.data


def discovery(site):
    site.write_conf("thon.conf", homeassistant={"discovery": "yes"})


def test_a_circuit_announces_a_switch_with_its_topics(site, mqtt):
    mqtt.watch("/homeassistant/#")
    discovery(site)
    lights = Lights(site)
    lights.road()
    lights.start(EVENING)
    doc = announced(mqtt, "test", "road")
    assert doc["state_topic"] == "thon/1/test/light/road/state"
    assert doc["availability"][0]["topic"] == "thon/1/test/status/lightd"
    switch = doc["components"]["light"]
    assert switch["platform"] == "switch" and switch["command_topic"] == "thon/1/test/light/road/set"
    assert set(doc["components"]) == {"light", "fault"}, "without a meter there is no energy"


def test_a_cabinet_is_available_by_its_own_status(site, mqtt):
    """The commune's lightd may be away while the cabinet's runs, and the other way round."""
    mqtt.watch("/homeassistant/#")
    discovery(site)
    site.write_conf("lightd.conf", light={"gpio_sim_dir": site.gpio.dir, "node": "tu-3"})
    lights = Lights(site)
    lights.road(node="tu-3")
    lights.start(EVENING)
    assert announced(mqtt, "test", "road")["availability"][0]["topic"] == "thon/1/test/status/lightd-tu-3"
    assert mqtt.wait_for("status/lightd-tu-3", lambda d: d["state"] == "online")
