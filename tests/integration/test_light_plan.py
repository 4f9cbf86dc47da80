"""Where the plan comes from and how it is replaced: from the registry, over MQTT to a cabinet, by a reload. No lamp blinks."""

import json

import pytest

from lights import EVENING, INPUTS, LOG, NIGHT, Lights, at_relay, gpio

NO_BLINK = {"env": LOG}


def state_of(mqtt, circuit, predicate=None, timeout=20, since=0):
    return mqtt.wait_for(f"light/{circuit}/state", predicate, timeout=timeout, since=since).data


# ---- the registry changes ----


def test_what_people_decide_is_taken_at_once(lights, mqtt):
    lights.road()
    daemon = lights.start(EVENING)
    lights.lit()
    since = mqtt.mark()
    lights.road("lane", 2)
    assert mqtt.wait_for("registry/changed", since=since).data == {"tables": ["device"]}
    lights.lit(2)
    daemon.wait_log("Plan from registry: 2 circuits")
    lights.program({**NIGHT, "steps": [{"at": "21:00", "set": "on"}, {"at": "05:30", "set": "off"}]})
    lights.dark(1)
    assert state_of(mqtt, "road", lambda d: d["in_effect"] == "off")["next"]["at"] == "2026-11-21T21:00:00+07:00"


def test_another_calendar_with_the_same_light_makes_no_edge(lights, mqtt):
    lights.road()
    daemon = lights.start(EVENING, env=LOG)
    lights.lit()
    mark = daemon.mark()
    lights.program({"id": "all-night", "steps": [{"at": "17:00", "set": "on"}, {"at": "06:00", "set": "off"}]})
    lights.calendar({"id": "festival", "rules": [{"days": {"weekdays": ["sat"]}, "program": "all-night"}], "default": "night"})
    lights.road(calendar="festival")
    state = state_of(mqtt, "road", lambda d: d["next"]["at"] == "2026-11-22T06:00:00+07:00")
    assert state["cause"].startswith("all-night") and state["operations"] == 0
    daemon.wait_log("Plan from registry", since=mark)
    assert lights.changes() == [1]


def test_a_circuit_that_is_renamed_keeps_its_line_and_its_light(lights, mqtt, broker, make_mqtt):
    """The registry's two writes are taken as one change."""
    lights.road("old-name", 1)
    daemon = lights.start(EVENING, env=LOG)
    lights.lit()
    state_of(mqtt, "old-name")
    broker.kill()  # nobody tells the daemon before the reload
    lights.site.ok("device", "remove", "old-name")
    lights.road("new-name", 1)
    broker.start()
    watch = make_mqtt(broker)
    daemon.reload()
    state = state_of(watch, "new-name", timeout=40)
    assert state["in_effect"] == "on"
    assert lights.changes() == [1]


def test_a_circuit_that_leaves_is_put_out_and_forgotten_at_the_broker(lights, mqtt, broker, make_mqtt):
    lights.road("road", 1)
    lights.road("lane", 2)
    lights.start(EVENING)
    lights.lit(2)
    state_of(mqtt, "lane")
    lights.site.ok("device", "remove", "lane")
    lights.dark(2)
    mqtt._until(lambda: mqtt.last("light/lane/state").payload == b"", 10, "empty state of the circuit that left")
    late = make_mqtt(broker)
    state_of(late, "road")
    assert late.seen("light/lane/state") == []
    assert lights.level(1) == 1


def test_a_circuit_that_leaves_takes_its_faults_with_it(lights, mqtt):
    """A fault of a circuit that nobody has any more would stand for ever at whoever counts."""
    lights.road("road", 1)
    lights.road("lane", 2, door=gpio(INPUTS, 5))
    lights.gpio.pull(INPUTS, 5, True)
    lights.start(EVENING)
    raised = mqtt.wait_for("event/light-door", lambda d: d["state"] == "raised").data
    lights.site.ok("device", "remove", "lane")
    cleared = mqtt.wait_for("event/light-door", lambda d: d["state"] == "cleared").data
    assert cleared["id"] == raised["id"] and cleared["subject"] == "lane"
    assert "gỡ khỏi danh sách" in cleared["text"]


def test_a_circuit_that_left_while_the_daemon_was_down_is_forgotten_too(lights, mqtt):
    lights.road("road", 1)
    lights.road("lane", 2)
    daemon = lights.start(EVENING)
    lights.lit(2)
    state_of(mqtt, "lane")
    daemon.stop()
    lights.site.ok("device", "remove", "lane")
    lights.start(EVENING)
    mqtt._until(lambda: mqtt.last("light/lane/state").payload == b"", 20, "empty state of the circuit that left")
    assert mqtt.last("light/road/state").payload


def test_a_household_that_moves_in_touches_no_line(lights, mqtt):
    lights.road(feedback=gpio(INPUTS, 1))
    daemon = lights.start(EVENING)
    lights.lit()
    state_of(mqtt, "road")
    lights.site.ok("household", "add", "XM-001", "--area", "xa", "--head-name", "Nguyễn Văn Ân")
    daemon.reload()  # it has read the registry again when this is over
    assert len([line for line in daemon.lines if "Plan from" in line]) == 1


def test_a_circuit_moves_to_another_line(lights):
    lights.road("road", 1)
    lights.start(EVENING, env=LOG)
    lights.lit(1)
    lights.road("road", 2)
    lights.lit(2)
    lights.dark(1)
    assert lights.changes(1) == [1, 0]


# ---- a cabinet's own Pi ----


@pytest.fixture
def cabinet(make_site, broker):
    """A second machine in a far cabinet: no store, its plan comes over MQTT."""
    site = make_site(broker)
    site.write_conf("lightd.conf", light={"gpio_sim_dir": site.gpio.dir, "node": "tu-3", "plan": "mqtt"})
    return site


def test_a_cabinet_lights_by_the_plan_that_it_is_sent(lights, mqtt, cabinet):
    lights.road("here", 1)
    lights.circuit("there", at_relay(1, node="tu-3"))
    lights.start(EVENING)
    lights.lit(1)
    plan = mqtt.wait_for("light/plan/tu-3").data
    assert [c["id"] for c in plan["circuits"]] == ["there"] and plan["site"] == "test"

    far = cabinet.start("lightd", "--sim-clock", EVENING)
    cabinet.gpio.wait("sim:relays", 1, 1, 20)
    assert state_of(mqtt, "there", lambda d: d["in_effect"] == "on")["name"] == "Đường there"
    mqtt.wait_for("status/lightd-tu-3", lambda d: d["health"] and d["health"]["circuits"] == 1)
    assert mqtt.request("light/there/set", "OFF")["circuit"] == "there"
    cabinet.gpio.wait("sim:relays", 1, 0, 20)
    lights.lit(1)

    # Its last good plan is on its own disk: broker and commune may be gone.
    far.kill()
    cabinet.write_conf("thon.conf", broker={"host": "127.0.0.1", "port": 1})
    cabinet.start("lightd", "--sim-clock", "2026-11-23T20:00:00+07:00").wait_status("1 circuits, 1 on.*plan from disk")
    cabinet.gpio.wait("sim:relays", 1, 1, 20)


def test_a_cabinet_with_a_store_keeps_its_meters_and_its_history(lights, mqtt, cabinet):
    cabinet.ok("store", "init")
    lights.circuit("there", at_relay(1, node="tu-3", meter={**gpio("sim:inputs", 3), "pulses_per_kwh": 100}))
    lights.start(EVENING)
    far = cabinet.start("lightd", "--sim-clock", EVENING)
    cabinet.gpio.wait("sim:relays", 1, 1, 20)
    cabinet.gpio.pulses("sim:inputs", 3, 250)
    far.stop()
    cabinet.start("lightd", "--sim-clock", "2026-11-21T20:10:00+07:00")
    state_of(mqtt, "there", lambda d: d["in_effect"] == "on" and d["kwh"] == 2.5)
    rows = cabinet.ok("light", "history", "there", "--from", "2026-11-21 12:00", "--to", "2026-11-22 12:00")
    assert ("in_effect", "on") in [(row["what"], row["value"]) for row in rows]


def test_one_machine_answers_for_a_circuit_and_one_for_what_nobody_has(lights, mqtt, cabinet):
    lights.road("here", 1)
    lights.circuit("there", at_relay(1, node="tu-3"))
    lights.start(EVENING)
    cabinet.start("lightd", "--sim-clock", EVENING)
    state_of(mqtt, "here")
    state_of(mqtt, "there")
    since = mqtt.mark()
    for _ in range(5):
        for circuit in ("here", "there"):
            assert mqtt.request(f"light/{circuit}/set", "OFF")["circuit"] == circuit
        assert mqtt.request("light/nowhere/set", "OFF")["error"] == "unknown-circuit"
    # The last order to each has been answered by whoever would.
    assert len([m for m in mqtt.messages[since:] if m.topic.startswith("reply/")]) == 15


def test_a_cabinet_that_has_no_circuit_any_more_puts_its_lamps_out(lights, mqtt, cabinet):
    lights.road("here", 1)
    lights.circuit("there", at_relay(1, node="tu-3"))
    commune = lights.start(EVENING)
    cabinet.start("lightd", "--sim-clock", EVENING)
    cabinet.gpio.wait("sim:relays", 1, 1, 20)
    commune.stop()
    lights.site.ok("device", "remove", "there")  # nobody runs who could tell
    lights.start(EVENING)
    mqtt.wait_state("light/plan/tu-3", lambda d: d["circuits"] == [], timeout=30)
    cabinet.gpio.wait("sim:relays", 1, 0, 20)


BAD_PLANS = [
    b"",
    b"{",
    b"[]",
    b"{}",
    b'{"v":2,"site":"test","place":{"lat":1,"lon":1},"tz":"Asia/Ho_Chi_Minh","programs":[],"calendars":[],"circuits":[]}',
    b'{"v":1,"site":"test","place":{"lat":1,"lon":1},"tz":"Mars/Base","programs":[],"calendars":[],"circuits":[]}',
    b'{"v":1,"site":"test","place":{"lat":1,"lon":1},"tz":"Asia/Ho_Chi_Minh","programs":[],"calendars":[],"circuits":[{"id":"x"}]}',
    b"[" * 20000,
    b"x" * 70000,
    b"\xff\xfe",
]


def test_a_bad_plan_is_refused_whole_and_the_last_good_one_goes_on(lights, mqtt, cabinet):
    lights.circuit("there", at_relay(1, node="tu-3"))
    commune = lights.start(EVENING)
    far = cabinet.start("lightd", "--sim-clock", EVENING, env=LOG)
    cabinet.gpio.wait("sim:relays", 1, 1, 20)
    commune.stop()
    for payload in BAD_PLANS:
        mqtt.publish("light/plan/tu-3", payload)
    far.wait_log("The plan from mqtt cannot be used: .*The last good one goes on")
    assert mqtt.request("light/there/set", {"on": True})["ok"]
    assert cabinet.gpio.value("sim:relays", 1) == 1
    assert (cabinet.gpio.line("sim:relays", 1) / "log").read_text().count(" 0") == 0


# ---- reload ----


def test_a_reload_takes_a_new_configuration(lights, mqtt):
    lights.road()
    daemon = lights.start(EVENING, env=LOG)
    lights.lit()
    lights.site.write_conf("lightd.conf", light={"gpio_sim_dir": lights.gpio.dir, "override_default": "2h"})
    daemon.reload()
    answer = mqtt.request("light/road/set", "OFF")
    assert "2026-11-21T22:00" <= answer["until"][:16] < "2026-11-21T22:10"
    assert lights.changes() == [1, 0]


@pytest.mark.parametrize(
    "file, text, told",
    [
        ("lightd.conf", "[light]\nstagger_ms = 0\n", r"lightd\.conf:2: light\.stagger_ms: "),
        ("lightd.conf", "[light]\nplan = cloud\n", r"lightd\.conf:2: light\.plan: must be registry or mqtt"),
        ("lightd.conf", "[light\n", r"lightd\.conf:1: "),
        ("thon.conf", "[site]\nid = test\nlat = 95\n", r"thon\.conf:3: site\.lat: must be a number from -90 to 90"),
        ("thon.conf", "[site]\nid = test\n\n[broker]\nport = 1883\nport = 1884\n", r"thon\.conf:6: broker\.port: "),
        ("thon.conf", "[site]\nid = test\ntz = Mars/Base\n", r"thon\.conf:3: site\.tz: is no zone"),
        ("thon.conf", "[broker]\nhost = broker.example\n", r"thon\.conf.*host"),
    ],
)
def test_a_mistake_refuses_the_reload_and_the_start(lights, mqtt, file, text, told):
    lights.road()
    daemon = lights.start(EVENING, env=LOG)
    lights.lit()
    path = lights.site.config / file
    good = path.read_text()
    path.write_text(text)
    mark = daemon.mark()
    daemon.reload()
    daemon.wait_log(told, since=mark)
    daemon.wait_log("The new configuration is refused, the old one stays in force", since=mark)
    daemon.wait_status("new configuration refused, the old one stays")
    assert mqtt.request("light/road/set", {"on": True})["ok"] and lights.changes() == [1]

    check = lights.site.start("lightd", "--check-config", ready=False)
    assert check.wait() == 1
    check.wait_log(told)
    path.write_text(good)
    daemon.reload()
    assert "refused" not in daemon.status()


def test_check_config_of_a_sound_configuration_starts_nothing(lights, mqtt):
    lights.road()
    check = lights.site.start("lightd", "--check-config", ready=False)
    assert check.wait() == 0
    assert lights.level() is None and mqtt.seen("status/lightd") == []


def test_an_unknown_key_is_a_warning(lights):
    lights.site.write_conf("lightd.conf", light={"gpio_sim_dir": lights.gpio.dir, "colour": "blue"})
    check = lights.site.start("lightd", "--check-config", ready=False)
    assert check.wait() == 0
    check.wait_log(r"warning: lightd\.conf:\d+: light\.colour: unknown key")


def test_a_reload_moves_to_another_broker(lights, make_broker, make_mqtt):
    lights.road()
    daemon = lights.start(EVENING, env=LOG)
    lights.lit()
    other = make_broker()
    watch = make_mqtt(other)
    lights.site.write_conf("thon.conf", broker={"host": "127.0.0.1", "port": other.port})
    daemon.reload()
    assert state_of(watch, "road", timeout=40)["in_effect"] == "on"
    assert watch.request("light/road/set", "OFF")["ok"]
    assert lights.changes() == [1, 0]


# ---- Home Assistant ----


DISCOVERY = "/homeassistant/device/thon_test_light_road/config"


def test_home_assistant_hears_nothing_unless_it_is_asked_for(lights, mqtt):
    mqtt.watch("/homeassistant/#")
    lights.road()
    lights.start(EVENING)
    state_of(mqtt, "road")
    mqtt.request("light/road/set", "OFF")
    assert [m for m in mqtt.messages if m.topic.startswith("/homeassistant")] == []


def test_home_assistant_discovers_circuits_and_loses_them_again(lights, mqtt):
    mqtt.watch("/homeassistant/#")
    lights.site.write_conf("thon.conf", homeassistant={"discovery": "yes"})
    lights.road(meter=gpio(INPUTS, 1))
    daemon = lights.start(EVENING)
    document = mqtt.wait_for(DISCOVERY).data
    assert document["device"]["identifiers"] == ["thon_test_light_road"] and document["device"]["name"] == "Đường road"
    assert document["origin"]["name"] == "Thôn" and document["qos"] == 1
    assert document["state_topic"] == "thon/1/test/light/road/state"
    assert document["availability"] == [
        {
            "topic": "thon/1/test/status/lightd",
            "value_template": "{{ value_json.state }}",
            "payload_available": "online",
            "payload_not_available": "offline",
        }
    ]
    light, fault, kwh = (document["components"][c] for c in ("light", "fault", "kwh"))
    assert light["platform"] == "switch" and light["command_topic"] == "thon/1/test/light/road/set"
    assert light["default_entity_id"] == "switch.thon_test_light_road"
    assert fault["platform"] == "binary_sensor" and fault["device_class"] == "problem"
    assert (kwh["device_class"], kwh["state_class"], kwh["unit_of_measurement"]) == ("energy", "total_increasing", "kWh")
    assert len({c["unique_id"] for c in (light, fault, kwh)}) == 3

    since = mqtt.mark()
    mqtt.publish("/homeassistant/status", "online")  # it was restarted
    mqtt.wait_for(DISCOVERY, since=since)
    lights.site.write_conf("thon.conf", homeassistant={"discovery": "no"})
    daemon.reload()
    mqtt._until(lambda: mqtt.last(DISCOVERY).payload == b"", 20, "empty discovery document")


def test_home_assistants_switch_works(lights, mqtt):
    lights.site.write_conf("thon.conf", homeassistant={"discovery": "yes"})
    mqtt.watch("/homeassistant/#")
    lights.road()
    lights.start(EVENING)
    command = mqtt.wait_for(DISCOVERY).data["components"]["light"]["command_topic"]
    mqtt.publish("/" + command, "OFF")
    lights.dark()
    mqtt.publish("/" + command, "ON")
    lights.lit()


# ---- many ----


def test_a_thousand_circuits(lights, mqtt, tmp_path):
    """All are told, all obey one order, one of them obeys another, and a restart blinks none."""
    rows = ["id;kind;area;name;config"]
    for i in range(1000):
        config = json.dumps(at_relay(i)).replace('"', '""')
        rows.append(f'c{i};circuit;xa;Đường {i};"{config}"')
    (tmp_path / "devices.csv").write_text("\n".join(rows) + "\n")
    assert lights.site.ok("device", "import", tmp_path / "devices.csv")["added"] == 1000
    lights.site.write_conf("lightd.conf", light={"gpio_sim_dir": lights.gpio.dir, "stagger_ms": 20})
    # A hundred times the speed of life: they close one after the other 2 s of the clock apart, at most.
    daemon = lights.start("2026-11-21T12:30:00+07:00,x100", env=LOG, timeout=60)
    state_of(mqtt, "c999", timeout=60)
    assert mqtt.request("light/all/set", {"on": True, "for": 36000}, timeout=60)["circuits"] == 1000
    daemon.wait_status("1000 circuits, 1000 on", timeout=120)
    assert all(lights.level(i) == 1 for i in range(1000))
    assert mqtt.request("light/c500/lockout", {"on": True}, timeout=60)["ok"]
    lights.dark(500)
    assert len(lights.site.ok("light", "list")) == 1000
    assert daemon.stop(60) == 0
    lights.start("2026-11-21T13:00:00+07:00", env=LOG, timeout=60).wait_status("1000 circuits, 999 on", timeout=60)
    assert all(lights.changes(i) == [0, 1] for i in range(1000) if i != 500)
