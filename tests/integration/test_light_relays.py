"""Relays of other makes in far cabinets, over the real broker: what they confirm is believed, what is silent is unknown."""

import json

import pytest

import thon
from lights import DAY, EVENING


class Fake:
    """A device that listens: answer(topic, payload) gives what it publishes then, [(topic, payload)]."""

    def __init__(self, client, filters, answer):
        self.client = client
        self.heard = []
        self.answer = answer
        client.client.on_message = self._on_message
        for topic in filters:
            client.watch("/" + topic)

    def _on_message(self, client, userdata, m):
        text = m.payload.decode()
        with self.client.changed:
            self.heard.append((m.topic, text))
            self.client.changed.notify_all()
        for topic, payload in self.answer(m.topic, text):
            client.publish(topic, payload if isinstance(payload, str) else json.dumps(payload), qos=1)

    def say(self, topic, payload, retain=False):
        self.client.publish("/" + topic, payload, retain=retain)

    def wait_heard(self, topic, payload=None, timeout=20, count=1):
        def found():
            matching = [h for h in self.heard if h[0] == topic and (payload is None or h[1] == payload)]
            return matching[count - 1] if len(matching) >= count else None

        return self.client._until(found, timeout, f"{payload!r} on {topic}; it heard {self.heard}")


class Tasmota:
    filters = ["cmnd/tu-3/#"]

    def __init__(self):
        self.on = False

    def __call__(self, topic, payload):
        if payload:
            self.on = payload == "ON"
        word = "ON" if self.on else "OFF"
        return [("stat/tu-3/RESULT", {"POWER": word}), ("stat/tu-3/POWER", word)]


class Shelly:
    filters = ["shelly-tu-3/rpc"]

    def __init__(self):
        self.on = False

    def __call__(self, topic, payload):
        call = json.loads(payload)
        answer = {"id": call["id"], "src": "shelly-tu-3", "dst": call["src"]}
        if call["method"] == "Switch.Set":
            was, self.on = self.on, call["params"]["on"]
            answer["result"] = {"was_on": was}
            status = {"src": "shelly-tu-3", "method": "NotifyStatus", "params": {"switch:2": {"id": 2, "output": self.on}}}
            return [(call["src"] + "/rpc", answer), ("shelly-tu-3/events/rpc", status)]
        answer["result"] = {"id": 2, "output": self.on}
        return [(call["src"] + "/rpc", answer)]


class Zigbee:
    filters = ["zigbee2mqtt/den-3/set", "zigbee2mqtt/den-3/get"]

    def __init__(self):
        self.on = False

    def __call__(self, topic, payload):
        if topic.endswith("/set"):
            self.on = json.loads(payload)["state"] == "ON"
        return [("zigbee2mqtt/den-3", {"state": "ON" if self.on else "OFF", "linkquality": 90})]


class Plain:
    filters = ["relay/den-3/set", "relay/den-3/get"]

    def __init__(self):
        self.on = False

    def __call__(self, topic, payload):
        if topic.endswith("/set"):
            self.on = payload == "ON"
        return [("relay/den-3/state", "ON" if self.on else "OFF")]


MAKES = {
    "tasmota": (Tasmota, {"driver": "tasmota", "topic": "tu-3"}),
    "shelly2": (Shelly, {"driver": "shelly2", "topic": "shelly-tu-3", "channel": 2}),
    "zigbee2mqtt": (Zigbee, {"driver": "zigbee2mqtt", "topic": "zigbee2mqtt/den-3"}),
    "plain": (Plain, {"driver": "plain", "topic": "relay/den-3"}),
}


def far(relay, **more):
    return {"calendar": "nightly", "min_dwell": 0, "relay": {"mqtt": relay}, **more}


@pytest.fixture
def fake(make_mqtt, broker):
    def make(make_of):
        device = make_of()
        return device, Fake(make_mqtt(broker, watch=()), device.filters, device)

    return make


def physical(mqtt, level, timeout=20):
    return mqtt.wait_state("light/road/state", lambda d: d["physical"] == level, timeout=timeout).data


@pytest.mark.parametrize("make", MAKES)
def test_a_relay_that_obeys_and_confirms(lights, mqtt, fake, make):
    device, _ = fake(MAKES[make][0])
    lights.circuit("road", far(MAKES[make][1]))
    lights.start(EVENING)
    assert physical(mqtt, "on")["in_effect"] == "on" and device.on
    mqtt.request("light/road/set", "OFF")
    assert physical(mqtt, "off")["in_effect"] == "off" and not device.on
    assert mqtt.last("light/road/state").data["faults"] == []


@pytest.mark.parametrize("make", MAKES)
def test_a_relay_that_is_silent_is_unknown_and_told(lights, mqtt, make_mqtt, broker, make):
    filters = MAKES[make][0].filters
    deaf = Fake(make_mqtt(broker, watch=()), filters, lambda topic, payload: [])
    lights.circuit("road", far(MAKES[make][1]))
    lights.start(f"{EVENING},x60")
    event = mqtt.wait_for("event/light-silent", lambda d: d["state"] == "raised", timeout=20).data
    assert event["severity"] == "critical"
    state = mqtt.wait_state("light/road/state", lambda d: d["faults"]).data
    assert state["in_effect"] == "on" and state["physical"] == "unknown"
    assert [f["fault"] for f in state["faults"]] == ["silent"]
    assert len(deaf.heard) >= 2  # told once more before it was given up


def test_a_relay_that_comes_back_is_told_and_believed(lights, mqtt, fake):
    lights.circuit("road", far(MAKES["tasmota"][1]))
    lights.start(f"{EVENING},x20")
    raised = mqtt.wait_for("event/light-silent", lambda d: d["state"] == "raised", timeout=20).data
    device, client = fake(Tasmota)
    client.say("tele/tu-3/LWT", "Online")
    assert physical(mqtt, "on")["in_effect"] == "on" and device.on
    cleared = mqtt.wait_for("event/light-silent", lambda d: d["state"] == "cleared", timeout=20).data
    assert cleared["id"] == raised["id"]


def test_the_last_will_of_a_relay_makes_it_unknown_at_once(lights, mqtt, fake):
    _, client = fake(Tasmota)
    lights.circuit("road", far(MAKES["tasmota"][1]))
    lights.start(EVENING)
    physical(mqtt, "on")
    client.answer = lambda topic, payload: []
    client.say("tele/tu-3/LWT", "Offline", retain=True)
    assert physical(mqtt, "unknown")["in_effect"] == "on"


def test_a_hand_at_the_relay_is_overruled(lights, mqtt, fake):
    device, client = fake(Plain)
    lights.circuit("road", far(MAKES["plain"][1]))
    lights.start(f"{EVENING},x20")
    physical(mqtt, "on")
    heard = len([h for h in client.heard if h == ("relay/den-3/set", "ON")])
    device.on = False
    client.say("relay/den-3/state", "OFF")
    client.wait_heard("relay/den-3/set", "ON", count=heard + 1)
    physical(mqtt, "on")


def test_a_retained_report_is_not_believed(lights, mqtt, make_mqtt, broker):
    """It may be older than the power cut."""
    device = Fake(make_mqtt(broker, watch=()), Plain.filters, lambda topic, payload: [])
    device.say("relay/den-3/state", "ON", retain=True)
    lights.circuit("road", far(MAKES["plain"][1]))
    lights.start(EVENING)
    device.wait_heard("relay/den-3/set", "ON")
    mqtt.wait_for("light/road/state")
    mqtt.request("light/road/set", "ON")
    assert [m.data["physical"] for m in mqtt.seen("light/road/state")][-1] == "unknown"


def test_a_relay_that_only_obeys_is_never_called_silent(lights, mqtt, make_mqtt, broker):
    device = Fake(make_mqtt(broker, watch=()), Plain.filters, lambda topic, payload: [])
    lights.circuit("road", far({**MAKES["plain"][1], "feedback": False}))
    lights.start("2026-11-21T17:50:00+07:00,x120")
    device.wait_heard("relay/den-3/set", "ON", timeout=30)
    state = mqtt.wait_for("light/road/state", lambda d: d["in_effect"] == "on").data
    assert state["physical"] == "unknown" and state["faults"] == []


ENERGY = {
    "tasmota": ("tele/tu-3/SENSOR", {"Time": "x", "ENERGY": {"Total": 12.5, "Power": 410}}, 12.5, 410),
    "tasmota of two": (
        "tele/tu-3/SENSOR",
        {"ENERGY": {"Total": [1.25, 7.75], "Power": [100, 250]}},
        7.75,
        250,
    ),
    "shelly2": (
        "shelly-tu-3/events/rpc",
        {"method": "NotifyStatus", "params": {"switch:2": {"aenergy": {"total": 9250.0}, "apower": 405.5}}},
        9.25,
        405.5,
    ),
    "zigbee2mqtt": ("zigbee2mqtt/den-3", {"state": "ON", "energy": 3.5, "power": 80}, 3.5, 80),
    "plain": ("relay/den-3/energy", 17.25, 17.25, None),
}


@pytest.mark.parametrize("name", ENERGY)
def test_the_energy_that_a_relay_reports(lights, mqtt, fake, name):
    make = name.split()[0]
    relay = {**MAKES[make][1], "energy": True}
    if "two" in name:
        relay["channel"] = 2
    device, client = fake(MAKES[make][0])
    lights.circuit("road", far(relay))
    lights.start(f"{EVENING},x60")
    mqtt.wait_for("light/road/state")
    topic, payload, kwh, watts = ENERGY[name]
    client.say(topic, payload if isinstance(payload, dict) else str(payload))
    state = mqtt.wait_state("light/road/state", lambda d: d["kwh"] == kwh, timeout=30).data
    assert watts is None or state["watts"] == watts


GARBAGE = ["", "?", "{", '{"POWER":7}', '{"ENERGY":{"Total":"x"}}', '{"ENERGY":{"Total":[]}}', '{"ENERGY":{"Total":-1}}', "[[[[", "x" * 20000]


def test_garbage_from_a_relay_is_passed_over(lights, mqtt, fake):
    device, client = fake(Tasmota)
    lights.circuit("road", far({**MAKES["tasmota"][1], "energy": True}))
    daemon = lights.start(EVENING)
    before = physical(mqtt, "on")
    for topic in ("stat/tu-3/POWER1", "stat/tu-3/RESULT", "tele/tu-3/STATE", "tele/tu-3/SENSOR", "tele/tu-3/LWT"):
        for payload in GARBAGE:
            client.say(topic, payload)
    client.say("tele/tu-3/SENSOR", {"ENERGY": {"Total": 4.0}})
    mqtt.request("light/road/set", {"on": True})
    after = mqtt.wait_state("light/road/state", lambda d: d["kwh"] == 4.0).data
    assert after["physical"] == "on" and after["faults"] == before["faults"] == [] and daemon.running()


def test_two_circuits_on_the_channels_of_one_device(lights, mqtt, make_mqtt, broker):
    channels = {}

    def answer(topic, payload):
        channel = topic[-1]
        if payload:
            channels[channel] = payload
        return [(f"stat/tu-3/POWER{channel}", channels.get(channel, "OFF"))]

    Fake(make_mqtt(broker, watch=()), Tasmota.filters, answer)
    lights.circuit("one", far({**MAKES["tasmota"][1], "channel": 1}))
    lights.circuit("two", far({**MAKES["tasmota"][1], "channel": 2}))
    lights.start(DAY)
    mqtt.wait_state("light/one/state", lambda d: d["physical"] == "off", timeout=20)
    mqtt.request("light/two/set", "ON")
    mqtt.wait_state("light/two/state", lambda d: d["physical"] == "on", timeout=20)
    assert mqtt.last("light/one/state").data["physical"] == "off" and channels == {"1": "OFF", "2": "ON"}


@pytest.mark.parametrize("feedback", [True, False])
def test_a_far_relay_is_told_when_the_broker_is_back(lights, broker, make_mqtt, feedback):
    """One that never answers has no other chance: it is told at the connect, or it stays dark all night."""
    lights.circuit("road", far({**MAKES["plain"][1], "feedback": feedback}))
    broker.kill()
    lights.start(EVENING)
    broker.start()
    device = Plain()
    client = Fake(make_mqtt(broker, watch=()), Plain.filters, device)
    client.wait_heard("relay/den-3/set", "ON", timeout=60)
    watch = make_mqtt(broker)
    watch.wait_for("light/road/state", lambda d: d["physical"] == ("on" if feedback else "unknown"), timeout=30)
    # An order that the broker took and lost with its life is told again too.
    watch.request("light/road/set", "OFF")
    client.wait_heard("relay/den-3/set", "OFF")
    device.on = True
    broker.restart()
    client = Fake(make_mqtt(broker, watch=()), Plain.filters, device)
    client.wait_heard("relay/den-3/set", "OFF", timeout=60)
