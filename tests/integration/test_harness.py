"""The harness itself: what it says it saw must have been there, and what is not there it must not see."""

import threading

import pytest

import thon


def test_a_message_is_waited_for_and_its_absence_is_told(broker, mqtt):
    mqtt.publish("light/a/state", {"commanded": "on"}, retain=True)
    assert mqtt.wait_for("light/a/state", lambda d: d["commanded"] == "on").data == {"commanded": "on"}
    with pytest.raises(AssertionError, match="no matching message on light/b/state"):
        mqtt.wait_for("light/b/state", timeout=0.05)
    with pytest.raises(AssertionError, match="no matching state"):
        mqtt.wait_state("light/a/state", lambda d: d["commanded"] == "off", timeout=0.05)


def test_a_late_client_sees_what_is_retained_and_only_that(broker, mqtt, make_mqtt):
    mqtt.publish("light/a/state", "{}", retain=True)
    mqtt.publish("event/x", "{}")
    late = make_mqtt(broker)
    assert late.wait_for("light/a/state").retained
    late.publish("event/end", "{}")
    late.wait_for("event/end")
    assert late.seen("event/x") == []


def test_an_answer_needs_the_correlation_of_its_request(broker, mqtt, make_mqtt):
    other = make_mqtt(broker)

    def answer(client, userdata, m):
        if not m.topic.endswith("/check"):
            return
        reply = thon.Properties(thon.PacketTypes.PUBLISH)
        client.publish(m.properties.ResponseTopic, '{"ok":false}', qos=1, properties=reply)
        reply.CorrelationData = m.properties.CorrelationData
        client.publish(m.properties.ResponseTopic, '{"ok":true}', qos=1, properties=reply)

    other.client.on_message = answer
    assert mqtt.request("camera/a/check", "ON") == {"ok": True}
    with pytest.raises(AssertionError, match="no answer to nobody/home"):
        mqtt.request("nobody/home", timeout=0.1)


def test_a_broker_is_killed_restarted_frozen_and_thawed(broker, make_mqtt):
    mqtt = make_mqtt(broker)
    mqtt.publish("light/a/state", "1", retain=True)
    port = broker.port
    broker.restart()
    assert broker.port == port
    after = make_mqtt(broker)
    after.publish("event/end")
    after.wait_for("event/end")
    assert after.seen("light/a/state") == []

    broker.freeze()
    with pytest.raises(AssertionError, match="did not take"):
        after.publish("event/frozen", timeout=0.1)
    broker.thaw()
    after.wait_for("event/frozen")


def test_passwords_and_acl_hold(make_broker, make_mqtt):
    broker = make_broker(users={"lightd": "secret"}, acl="user lightd\ntopic readwrite thon/1/test/event/#\n")
    with pytest.raises(PermissionError):
        make_mqtt(broker, user="lightd", password="wrong")
    mqtt = make_mqtt(broker, user="lightd", password="secret")
    mqtt.publish("camera/x/state", "1")
    mqtt.publish("event/x", "1")
    mqtt.wait_for("event/x")
    assert mqtt.seen("camera/x/state") == []


def test_a_level_is_waited_for_before_its_line_exists(tmp_path):
    gpio = thon.Gpio(tmp_path / "gpio")

    def drive():
        gpio.line("sim:relays", 3).mkdir(parents=True)
        (gpio.line("sim:relays", 3) / "value").write_text("0\n")
        (gpio.line("sim:relays", 3) / "value").write_text("1\n")

    other = threading.Thread(target=drive)
    other.start()
    gpio.wait("sim:relays", 3, 1)
    other.join()
    assert gpio.value("sim:relays", 4) is None
    with pytest.raises(AssertionError, match="no level 0"):
        gpio.wait("sim:relays", 3, 0, timeout=0.05)


def test_a_configuration_keeps_the_sections_that_are_not_replaced(make_site, broker):
    site = make_site(broker)
    site.write_conf("lightd.conf", tariff={"vnd_per_kwh": 1806, "none": None})
    text = (site.config / "lightd.conf").read_text()
    assert "gpio_sim_dir" in text and "vnd_per_kwh = 1806" in text and "none" not in text
    site.write_conf("lightd.conf", tariff={})
    assert "vnd_per_kwh" not in (site.config / "lightd.conf").read_text()
