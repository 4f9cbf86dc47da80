"""Orders to thon-camerad: what each does, what it answers, and what a hostile one cannot do."""

import json

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import thon
import watch as watch_of


@pytest.fixture
def one(site, watch, farm):
    farm.enrol(site, names=["c1"])
    watch.start()
    watch.done("c1", "check")
    watch.ok("c1")
    return watch


def test_a_check_goes_all_the_way_and_is_answered_when_it_has_ended(one, farm):
    plays = farm.counts("c1")["play"]
    answer = one.done("c1", "check", {"by": "chị Lan"})
    assert answer["camera"] == "c1" and answer["found"] == "ok" and answer["reached"] == "RTP"
    assert answer["login_stopped"] is False and answer["seconds"] > 0
    assert farm.counts("c1")["play"] == plays + 1
    farm.wait("idle")


def test_a_check_says_what_is_wrong_and_what_to_do(one, farm):
    farm.set("c1", mode="no-rtp")
    answer = one.done("c1", "check")
    assert answer["found"] == "no-rtp" and answer["sentence"] and answer["action"].endswith(".")
    assert answer["verdict"] == "ok"  # one look confirms nothing


def test_many_who_ask_at_once_share_a_check(one, farm):
    farm.set("c1", mode="slow", delay_ms=300)
    before = farm.counts("c1")["play"]
    since = one.mqtt.mark()
    for n in range(10):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = one.mqtt.reply_topic
        properties.CorrelationData = bytes([n])
        one.mqtt.publish("camera/c1/check", b"", properties=properties)
    reply = one.mqtt.reply_topic.removeprefix(one.mqtt.root)

    def answered():
        return {m.correlation for m in one.mqtt.seen(reply, since)} == {bytes([n]) for n in range(10)}

    one.mqtt._until(answered, 30, "ten answers")
    assert all(m.data["ok"] for m in one.mqtt.seen(reply, since))
    assert farm.counts("c1")["play"] - before <= 3


def test_who_asks_for_too_much_at_once_is_told_that_it_is_busy(one, farm):
    farm.set("c1", mode="hung")
    since = one.mqtt.mark()
    for n in range(40):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = one.mqtt.reply_topic
        properties.CorrelationData = bytes([n])
        one.mqtt.publish("camera/c1/check", b"", properties=properties)
    reply = one.mqtt.reply_topic.removeprefix(one.mqtt.root)
    one.mqtt._until(lambda: len(one.mqtt.seen(reply, since)) == 40, 40, "forty answers")
    answers = [m.data for m in one.mqtt.seen(reply, since)]
    assert {a["error"] for a in answers if not a["ok"]} == {"busy"}
    assert any(a["ok"] for a in answers)


NOT_UNDERSTOOD = [
    ("check", b"{", ""),
    ("check", b"[]", "object"),
    ("check", b'{"by":7}', "by"),
    ("check", b'{"by":"x","force":true}', "force"),
    ("check", json.dumps({"by": "x" * 64}).encode(), "by"),
    ("check", b'{"by":"a\\nb"}', "by"),
    ("maintenance", b"", "on"),
    ("maintenance", b'{"on":"yes"}', "on"),
    ("maintenance", b'{"on":true,"for":0}', "for"),
    ("maintenance", b'{"on":true,"for":1e300}', "for"),
    ("maintenance", b'{"on":true,"for":"1h"}', "for"),
    ("maintenance", b'{"on":true,"for":60,"until":"2030-01-01T00:00:00Z"}', "for"),
    ("maintenance", b'{"on":true,"until":"2020-01-01T00:00:00Z"}', "until"),
    ("maintenance", b'{"on":true,"until":"tomorrow"}', "until"),
    ("maintenance", b'{"on":false,"for":60}', "on"),
    ("maintenance", json.dumps({"on": True, "reason": "x" * 160}).encode(), "reason"),
    ("maintenance", b"[" * 2000, ""),
    ("relearn", b'{"now":true}', "now"),
    ("power-cycle", b'{"now":true}', "now"),
]


def test_what_is_not_understood_changes_nothing(one):
    since = one.mqtt.mark()
    for verb, payload, where in NOT_UNDERSTOOD:
        answer = one.ask("c1", verb, payload)
        assert answer["ok"] is False and answer["error"] == "invalid", (verb, payload, answer)
        assert where in answer["detail"], (verb, payload, answer)
    assert [m for m in one.mqtt.seen("camera/c1/state", since) if m.data["maintenance"]] == []


def test_what_is_not_watched_is_said_to_be_unknown(one):
    assert one.ask("c9", "check")["error"] == "unknown-camera"
    assert one.ask("c9", "maintenance", {"on": True})["error"] == "unknown-camera"


def test_a_retained_command_is_not_carried_out(site, watch, farm, mqtt):
    farm.enrol(site, names=["c1"])
    mqtt.publish("camera/c1/maintenance", {"on": True}, retain=True)
    watch.start()
    watch.ok("c1")
    watch.daemon.wait_log("a retained command was ignored")
    assert watch.state("c1")["maintenance"] is None


def test_a_camera_without_a_power_circuit_is_not_power_cycled(one):
    assert one.ask("c1", "power-cycle", {"by": "anh Hùng"})["ok"] is False


def test_pictures_that_are_not_taken_are_not_learned_anew(site, watch, farm):
    farm.enrol(site, names=["c1"], pictures=False)
    watch.start()
    watch.ok("c1")
    assert watch.ask("c1", "relearn")["error"] == "no-pictures"


def test_nobody_borrows_our_right_to_write(one):
    """An answer to a topic among our own would be a word of ours."""
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = one.mqtt.root + "camera/c1/state"
    one.mqtt.publish("camera/c1/check", b"", properties=properties)
    answer = one.done("c1", "check")
    assert answer["ok"]
    assert all("ok" not in m.data for m in one.mqtt.seen("camera/c1/state"))


def test_the_acl_gives_each_its_own(make_broker, make_site, make_mqtt, make_farm):
    """With the broker's rights as the package ships them: camerad tells, thonctl orders, and neither does the other's."""
    acl = (thon.ROOT / "etc/mosquitto-thon.acl").read_text(encoding="utf-8")
    broker = make_broker(users={"thon-camerad": "a", "thonctl": "b"}, acl=acl)
    site = make_site(broker)
    site.ok("store", "init")
    (site.secrets / "mqtt").write_text("a")
    site.write_conf("thon.conf", broker={"host": broker.host, "port": broker.port, "user": "thon-camerad", "credential": "mqtt"})
    mqtt = make_mqtt(broker, user="thonctl", password="b")
    watch = watch_of.Watch(site, mqtt)
    farm = make_farm(cameras=1)
    farm.enrol(site)
    watch.start()
    watch.ok("c1")
    assert watch.done("c1", "check")["found"] == "ok"
    farm.set("c1", mode="refused")
    assert watch.event("camera-port-closed")["subject"] == "c1"
    since = mqtt.mark()
    mqtt.publish("camera/c1/state", {"verdict": "ok", "forged": True}, retain=True)
    watch.done("c1", "maintenance", {"on": True, "for": 60})
    assert not [m for m in mqtt.seen("camera/c1/state", since) if "forged" in m.data]
