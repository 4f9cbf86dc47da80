"""What the cabinet shows: contacts, meter, door, switch. What is wrong becomes an event, once, and its end has the same id."""

import shutil

import pytest

from lights import DAY, EVENING, INPUTS, LOG, RELAYS, Lights, gpio

FAST = f"{EVENING},x10"
CONTACT = gpio(INPUTS, 1)


def raised(mqtt, kind, timeout=20, since=0):
    return mqtt.wait_for(f"event/light-{kind}", lambda d: d["state"] == "raised", timeout=timeout, since=since).data


def cleared(mqtt, kind, timeout=20, since=0):
    return mqtt.wait_for(f"event/light-{kind}", lambda d: d["state"] == "cleared", timeout=timeout, since=since).data


def follow(lights, line=1, contact=1):
    """The contact follows the relay, as a contactor's does."""
    directory = lights.gpio.line(RELAYS, line)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "drives").write_text(f"inputs/{contact}")


@pytest.fixture
def watched(lights, mqtt):
    """A lit road with a feedback contact that shows its light, at ten times the speed of life."""
    lights.road(feedback=CONTACT)
    lights.gpio.pull(INPUTS, 1, True)
    lights.start(FAST)
    mqtt.wait_for("light/road/state", lambda d: d["physical"] == "on")
    return lights


def test_a_road_that_goes_dark_in_the_night(watched, mqtt):
    """The thief's trick: told on, was lit, and the light is gone."""
    watched.gpio.pull(INPUTS, 1, False)
    event = raised(mqtt, "dark")
    assert event["severity"] == "critical" and event["values"]["fault"] == "dark"
    state = mqtt.wait_state("light/road/state", lambda d: d["faults"]).data
    assert (state["in_effect"], state["physical"]) == ("on", "off")
    assert [f["fault"] for f in state["faults"]] == ["dark"]

    watched.gpio.pull(INPUTS, 1, True)
    assert cleared(mqtt, "dark")["id"] == event["id"]
    mqtt.wait_state("light/road/state", lambda d: d["faults"] == [] and d["physical"] == "on")
    mqtt.request("light/road/set", "AUTO")  # answered when all before it is in the store
    rows = watched.history()
    assert ("fault", "raised dark") in rows and ("fault", "cleared dark") in rows
    assert rows.index(("fault", "raised dark")) < rows.index(("fault", "cleared dark"))


def test_feedback_pulled_away_is_told_within_five_seconds_of_the_clock(lights, mqtt):
    """At the speed of life: 2 s to be sure, and the rest of the five for a busy machine."""
    lights.road(feedback=CONTACT)
    lights.gpio.pull(INPUTS, 1, True)
    lights.start(EVENING)
    mqtt.wait_for("light/road/state", lambda d: d["physical"] == "on")
    lights.gpio.pull(INPUTS, 1, False)
    assert raised(mqtt, "dark", timeout=5)["subject"] == "road"


def test_a_contactor_that_sticks(watched, mqtt):
    mqtt.request("light/road/set", "OFF")
    event = raised(mqtt, "stuck-on")
    assert mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "off").data["physical"] == "on"
    watched.gpio.pull(INPUTS, 1, False)
    assert cleared(mqtt, "stuck-on")["id"] == event["id"]


def test_a_contactor_that_does_not_pull(lights, mqtt):
    lights.road(feedback=CONTACT)
    lights.gpio.pull(INPUTS, 1, False)
    lights.start(FAST)
    event = raised(mqtt, "stuck-off")
    assert event["severity"] == "critical"
    lights.gpio.pull(INPUTS, 1, True)
    assert cleared(mqtt, "stuck-off")["id"] == event["id"]


def test_a_contact_that_follows_its_relay_raises_nothing(lights, mqtt):
    lights.road(feedback=CONTACT)
    follow(lights)
    lights.start(FAST)
    mqtt.wait_for("light/road/state", lambda d: d["physical"] == "on")
    for word, level in (("OFF", "off"), ("ON", "on"), ("OFF", "off")):
        mqtt.request("light/road/set", word)
        mqtt.wait_state("light/road/state", lambda d, level=level: d["physical"] == level)
    assert mqtt.last("light/road/state").data["faults"] == []
    assert [m for m in mqtt.messages if m.topic.startswith("event/")] == []


@pytest.mark.parametrize("kind", ["door", "manual"])
def test_a_contact_of_the_cabinet(lights, mqtt, kind):
    lights.road(**{kind: gpio(INPUTS, 5, active_low=True)})
    lights.gpio.pull(INPUTS, 5, True)
    lights.start(FAST)
    lights.lit()
    lights.gpio.pull(INPUTS, 5, False)
    event = raised(mqtt, kind)
    assert event["severity"] == "warning" and event["values"]["circuit"] == "road"
    lights.gpio.pull(INPUTS, 5, True)
    assert cleared(mqtt, kind)["id"] == event["id"]


def test_on_manual_the_neighbours_switch_is_no_fault(lights, mqtt):
    """On manual the light is whatever the neighbour made it; the stuck and dark faults rest."""
    lights.road(feedback=CONTACT, manual=gpio(INPUTS, 2))
    lights.gpio.pull(INPUTS, 1, True)
    lights.gpio.pull(INPUTS, 2, False)
    lights.start(f"{EVENING},x60")
    mqtt.wait_for("light/road/state", lambda d: d["physical"] == "on")
    lights.gpio.pull(INPUTS, 2, True)
    raised(mqtt, "manual")
    lights.gpio.pull(INPUTS, 1, False)
    mqtt.wait_state("light/road/state", lambda d: d["physical"] == "off")
    lights.gpio.pull(INPUTS, 2, False)
    cleared(mqtt, "manual")
    raised(mqtt, "stuck-off")  # now it is one
    assert mqtt.seen("event/light-dark") == []


def test_one_door_of_two_circuits_is_told_for_both(lights, mqtt):
    lights.road("a", 1, door=gpio(INPUTS, 5))
    lights.road("b", 2, door=gpio(INPUTS, 5))
    lights.gpio.pull(INPUTS, 5, False)
    lights.start(FAST)
    lights.lit(2)
    lights.gpio.pull(INPUTS, 5, True)
    for circuit in ("a", "b"):
        mqtt.wait_for("event/light-door", lambda d, c=circuit: d["subject"] == c and d["state"] == "raised")


def test_pulses_are_counted_and_the_reading_is_corrected(lights, mqtt):
    lights.road(meter={**gpio(INPUTS, 3), "pulses_per_kwh": 800})
    lights.start(EVENING)
    lights.lit()
    lights.gpio.pulses(INPUTS, 3, 400)
    lights.gpio.pulses(INPUTS, 3, 400)
    mqtt.request("light/road/set", "OFF")
    assert mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "off").data["kwh"] == 1.0
    answer = mqtt.request("light/road/meter", {"kwh": 20481.7, "by": "anh Tư"})
    assert answer == {"ok": True, "circuit": "road", "kwh": 20481.7}
    lights.gpio.pulses(INPUTS, 3, 80)
    mqtt.request("light/road/set", "ON")
    assert mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "on").data["kwh"] == 20481.8
    assert ("meter", "1.000 -> 20481.700") in lights.history()


def test_energy_alone_is_told_once_a_minute(lights, mqtt):
    lights.road(meter=gpio(INPUTS, 3))
    lights.start(f"{EVENING},x100")
    mqtt.wait_for("light/road/state", lambda d: d["in_effect"] == "on")
    lights.gpio.pulses(INPUTS, 3, 100)
    lights.gpio.pulses(INPUTS, 3, 150)
    mqtt.wait_state("light/road/state", lambda d: d["kwh"] == 0.25)


def test_energy_while_off_is_theft(lights, mqtt):
    lights.road(meter=gpio(INPUTS, 3), lamps=8, watts=100)
    lights.start(f"{DAY},x200")
    mqtt.wait_for("light/road/state", lambda d: d["in_effect"] == "off")
    for _ in range(100):
        lights.gpio.pulses(INPUTS, 3, 2)
        if mqtt.seen("event/light-energy-off"):
            break
    event = raised(mqtt, "energy-off")
    assert event["severity"] == "critical"
    assert cleared(mqtt, "energy-off", timeout=40)["id"] == event["id"]


def test_the_cut_cable_of_a_metered_road(lights, mqtt):
    """Told on, and the meter stands still."""
    lights.road(meter=gpio(INPUTS, 3), lamps=8, watts=100)
    lights.start(f"{EVENING},x60")
    lights.lit()
    event = raised(mqtt, "no-energy", timeout=30)
    assert event["severity"] == "critical" and event["values"]["value"] >= 60


def test_a_relay_line_that_another_program_holds(lights, mqtt, make_site, broker):
    """Two daemons on one line: the second says so, and takes the line when the first lets go of it."""
    lights.road()
    first = lights.start(EVENING)
    lights.lit()
    other = make_site(broker, site_id="other")
    other.write_conf("lightd.conf", light={"gpio_sim_dir": lights.gpio.dir})
    other.ok("store", "init")
    other_lights = Lights(other)
    other_lights.road()
    second = other_lights.start(f"{EVENING},x60")
    second.wait_log("road: relay line .* cannot be had")
    second.wait_log("road: fault relay raised", timeout=20)
    first.stop()
    second.wait_log("road: fault relay cleared", timeout=20)


def test_who_holds_a_line_is_named(lights, make_site, broker):
    """Of a contact as of a relay, so that the technician need not guess."""
    lights.road(door=gpio(INPUTS, 1))
    lights.start(EVENING)
    lights.lit()
    other = make_site(broker, site_id="other")
    other.ok("store", "init")
    other.write_conf("lightd.conf", light={"gpio_sim_dir": lights.gpio.dir})
    second = Lights(other)
    second.road("lane", 2, door=gpio(INPUTS, 1))
    daemon = second.start(EVENING)
    daemon.wait_log("lane: door input sim:inputs 1 cannot be had: another program holds the GPIO line: thon-lightd road")


def test_a_chip_that_is_unplugged_and_comes_back(lights, mqtt):
    lights.road()
    daemon = lights.start(f"{EVENING},x60")
    mqtt.wait_for("light/road/state", lambda d: d["in_effect"] == "on")
    shutil.rmtree(lights.gpio.line(RELAYS, 1))
    mqtt.request("light/road/set", "OFF")
    daemon.wait_log("road: fault relay raised", timeout=20)
    daemon.wait_log("road: fault relay cleared", timeout=20)
    lights.dark()
    mqtt.request("light/road/set", "ON")
    lights.lit()


def test_the_photocell_joins_the_program(lights, mqtt):
    """"or": dark in a thunderstorm at noon lights the road; "and": the program alone does not."""
    lights.road("or", 1, photocell={**gpio(INPUTS, 7), "join": "or", "delay": 30})
    lights.road("and", 2, photocell={**gpio(INPUTS, 7), "join": "and", "delay": 30})
    lights.gpio.pull(INPUTS, 7, False)
    lights.start(f"{DAY},x60")
    lights.dark(1)
    lights.gpio.pull(INPUTS, 7, True)
    lights.lit(1)
    state = mqtt.wait_state("light/or/state", lambda d: d["in_effect"] == "on").data
    assert state["why"] == "photocell" and state["commanded"] == "off"
    assert lights.level(2) == 0


def test_the_relay_rests_between_two_operations(lights, mqtt):
    """A cloud that comes and goes does not rattle the contactor."""
    lights.road(min_dwell=600, photocell={**gpio(INPUTS, 7), "join": "or", "delay": 0})
    lights.gpio.pull(INPUTS, 7, False)
    lights.start(f"{DAY},x120", env=LOG)
    lights.dark()
    lights.gpio.pull(INPUTS, 7, True)
    mqtt.wait_for("light/road/state", lambda d: d["in_effect"] == "on")  # the first operation waits for nothing
    lights.gpio.pull(INPUTS, 7, False)
    assert mqtt.wait_for("light/road/state", lambda d: d["why"] == "dwell").data["in_effect"] == "on"
    lights.dark(timeout=40)
    assert lights.changes() == [0, 1, 0]
