"""What people, machines and cards do to lightd in the worst case. Each of these once put out lamps, or lost an order."""

import json
import sqlite3

import pytest
import thon

NIGHT = {"id": "night", "steps": [{"at": "18:00", "set": "on"}, {"at": "05:30", "set": "off"}]}
NEVER = {"id": "never", "steps": []}
EVENING = "2026-11-21T20:00:00+07:00"


class Commune:
    def __init__(self, site):
        self.site, self.gpio = site, site.gpio
        site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")
        for program in (NIGHT, NEVER):
            site.ok("light", "program", "set", "-", stdin=json.dumps(program))
            calendar = {"id": program["id"], "rules": [], "default": program["id"]}
            site.ok("light", "calendar", "set", "-", stdin=json.dumps(calendar))

    def road(self, name, calendar="night", verb="add", **config):
        text = json.dumps({"calendar": calendar, "min_dwell": 0, **config})
        more = ("--kind", "circuit", "--area", "xa", "--name", f"Đường {name}") if verb == "add" else ()
        return self.site.ok("device", verb, name, *more, "--config", text)

    def start(self, clock=EVENING, **options):
        return self.site.start("lightd", "--sim-clock", clock, **options)


@pytest.fixture
def commune(site):
    return Commune(site)


def relay(line, **more):
    return {"relay": {"gpio": {"chip": "sim:relays", "line": line, **more}}}


def test_circuits_that_change_their_lines_take_their_levels_along(commune, mqtt):
    """The electrician swapped two wires, and the registry follows: the lit road is lit on its new line."""
    commune.road("lit", "night", **relay(1))
    commune.road("dark", "never", **relay(2))
    lightd = commune.start()
    commune.gpio.wait("sim:relays", 1, 1)
    commune.gpio.wait("sim:relays", 2, 0)

    at = lightd.mark()
    rows = "id,kind,area,name,config\n"
    for name, calendar, line in (("lit", "night", 2), ("dark", "never", 1)):
        config = json.dumps({"calendar": calendar, "min_dwell": 0, **relay(line)}).replace('"', '""')
        rows += f'{name},circuit,xa,Đường {name},"{config}"\n'
    path = commune.site.dir / "devices.csv"
    path.write_text(rows)
    commune.site.ok("device", "import", path)
    lightd.wait_log("Plan from registry", since=at)
    commune.gpio.wait("sim:relays", 2, 1)
    commune.gpio.wait("sim:relays", 1, 0)


def test_a_circuit_of_another_name_on_the_same_line_has_its_own_level(commune, mqtt):
    commune.road("old", "night", **relay(1))
    lightd = commune.start()
    commune.gpio.wait("sim:relays", 1, 1)
    at = lightd.mark()
    lightd.freeze()
    commune.site.ok("device", "remove", "old")
    commune.road("new", "never", **relay(1))
    lightd.thaw()
    lightd.wait_log("Plan from registry", since=at)
    commune.gpio.wait("sim:relays", 1, 0)


def test_a_long_vietnamese_reason_is_told_and_kept(commune, mqtt):
    """Cut at a byte, such a text was no UTF-8 any more: the state stayed untold, and the history lost its row."""
    commune.road("road", "night", **relay(1))
    commune.start()
    mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "on")
    for letters in range(60, 76):
        reason = "x" * (letters % 3) + "ả" * (letters // 2) + "đ" * (letters - letters // 2)
        reason = reason.encode()[:159].decode(errors="ignore")
        on = letters % 2 == 1
        answer = mqtt.request("light/road/set", {"on": on, "reason": reason, "by": "Ư" * 31})
        assert answer["ok"], answer
        level = "on" if on else "off"
        state = mqtt.wait_state(
            "light/road/state", lambda d: d["in_effect"] == level and d["override"]["reason"] == reason
        )
        assert state.data["cause"].startswith("override: ")
    span = ("--from", "2026-11-01 00:00", "--to", "2027-01-01 00:00")
    deadline = thon.Deadline(5)  # it is told before it is written
    while (told := sum(r["what"] == "in_effect" for r in commune.site.ok("light", "history", "road", *span))) < 17 and not deadline.passed():
        pass
    assert told == 17


def test_orders_to_a_thousand_circuits_outlive_a_restart(commune, broker, make_mqtt):
    """What is written must be readable again, with the longest reasons everywhere."""
    rows = "id,kind,area,name,config\n"
    for i in range(1000):
        config = {"calendar": "night", "relay": {"mqtt": {"driver": "plain", "topic": f"relay/{i}", "feedback": False}}}
        rows += f'{"c" * 50}{i},circuit,xa,Đường {i},"{json.dumps(config).replace(chr(34), chr(34) * 2)}"\n'
    (commune.site.dir / "devices.csv").write_text(rows)
    commune.site.ok("device", "import", commune.site.dir / "devices.csv")
    lightd = commune.start(timeout=60)
    # Not all of them: a broker drops what a reader does not take in time.
    last = f"light/{'c' * 50}999/state"
    mqtt = make_mqtt(broker, watch=("status/#", "reply/#", last))
    order = {"reason": '"' * 159, "by": '"' * 63, "for": 3600}
    mqtt.wait_for("status/lightd", timeout=60)
    assert mqtt.request("light/all/set", {"on": False, **order}, timeout=60)["durable"]
    assert mqtt.request("light/all/set", {"on": True, **order}, timeout=60)["durable"]
    lightd.kill()

    after = mqtt.mark()
    lightd = commune.start(timeout=60)
    assert "forgotten" not in lightd.log()
    state = mqtt.wait_for(last, timeout=60, since=after).data
    assert state["override"]["reason"] == state["emergency"]["reason"] == '"' * 159


def test_changes_that_are_told_without_end_do_not_put_off_the_plan(commune, mqtt):
    commune.road("first", "night", **relay(1))
    lightd = commune.start()
    commune.road("second", "night", **relay(2))
    for _ in range(400):
        mqtt.publish("registry/changed", {"tables": ["device"]})
        if any("2 circuits" in line for line in lightd.lines):
            break
        mqtt.request("light/first/meter", "no pause between two is as long as the daemon gathers them")
    lightd.wait_log("2 circuits", timeout=0.1)


def test_a_relay_that_chatters_does_not_fill_the_history(commune, mqtt):
    commune.road("road", "night", relay={"mqtt": {"driver": "plain", "topic": "relay/road"}})
    lightd = commune.start()
    mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "on")
    for i in range(1000):
        mqtt.publish("/relay/road/state", "OFF" if i % 2 else "ON", qos=0)
    assert mqtt.request("light/road/set", {"on": True, "reason": "the end"})["ok"]
    lightd.wait_log("feedback changed 120 times within an hour")
    rows = commune.site.ok("light", "history", "road", "--from", "2026-11-01 00:00", "--to", "2027-01-01 00:00")
    assert sum(r["what"] == "physical" for r in rows) == 120
    assert any(r["what"] == "override" for r in rows)


def test_off_for_all_ends_the_emergency(commune, mqtt):
    """Else the lamps that an officer puts out after a fire would burn on into the day, answered with ok."""
    commune.road("road", "never", **relay(1))
    commune.start()
    mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "off")
    assert mqtt.request("light/all/set", "ON")["ok"]
    commune.gpio.wait("sim:relays", 1, 1)
    one = mqtt.request("light/road/set", "OFF")
    assert one["ok"] and "emergency" in one["warning"]
    assert mqtt.request("light/all/set", "OFF")["ok"]
    commune.gpio.wait("sim:relays", 1, 0)
    state = mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "off").data
    assert state["emergency"] is None

    assert mqtt.request("light/road/lockout", {"on": True})["ok"]
    assert "locked out" in mqtt.request("light/road/set", "ON")["warning"]
    assert "warning" not in mqtt.request("light/all/set", "OFF")


def test_events_of_months_arrive_in_their_order_and_once(make_broker, make_site, make_mqtt):
    broker = make_broker(extra="max_queued_messages 0")
    site = make_site(broker)
    site.ok("store", "init")
    commune = Commune(site)
    door = {"gpio": {"chip": "sim:inputs", "line": 1}}
    commune.road("road", "night", door=door, **relay(1))
    n = 9000
    store = sqlite3.connect(site.state / "thon.db")
    with store:
        store.executemany(
            "INSERT INTO light_event (topic, payload) VALUES (?, ?)",
            (("event/light-dark", json.dumps({"id": f"old-{i}", "state": "raised"})) for i in range(n)),
        )
    # What no broker takes must not hold up what follows it.
    with store:
        store.execute("UPDATE light_event SET topic = 'event/#' WHERE serial = 100")

    mqtt = make_mqtt(broker)
    commune.start()
    mqtt.wait_for("event/light-dark", timeout=30)
    site.gpio.pull("sim:inputs", 1, True)  # while they are on their way
    mqtt.wait_for("event/light-door", timeout=60)
    ids = [m.data["id"] for m in mqtt.messages if m.topic.startswith("event/")]
    assert ids[:-1] == [f"old-{i}" for i in range(n) if i != 99]
    assert ids[-1].startswith("light-road-")


def test_what_a_full_disk_did_not_take_is_kept_when_there_is_room(commune, mqtt):
    """A new plan and an order; long after, the store is lost and the power cut."""
    commune.road("road", "never", **relay(1))
    # A directory is in the way of both files.
    files = [commune.site.state / name for name in ("lightd-plan.json", "lightd-state.json")]
    for file in files:
        (file / "full").mkdir(parents=True)
    lightd = commune.start(EVENING + ",x3600")
    mqtt.wait_state("light/road/state", lambda d: d["in_effect"] == "off")
    answer = mqtt.request("light/road/set", {"on": True, "for": 30 * 86400})
    assert answer["ok"] and not answer["durable"] and "not kept on disk" in answer["warning"]
    for file in files:
        (file / "full").rmdir()
        file.rmdir()
    lightd.wait_log("orders that the disk did not take are kept now", timeout=20)
    # The plan follows in the same turn; the status is told after it.
    mqtt.request("light/road/meter", "{}")
    lightd.kill()

    for file in commune.site.state.glob("thon.db*"):
        file.unlink()
    commune.gpio.line("sim:relays", 1).joinpath("value").unlink()
    commune.start(EVENING)
    commune.gpio.wait("sim:relays", 1, 1)


def test_a_mistake_in_the_configuration_does_not_darken_the_roads_after_a_power_cut(commune):
    """The reload that refused it was days ago; the lamps must not pay for it now."""
    commune.road("road", "night", **relay(1))
    lightd = commune.start()
    commune.gpio.wait("sim:relays", 1, 1)
    commune.site.write_conf("lightd.conf", light={"gpio_sim_dir": commune.gpio.dir, "stagger_ms": "soon"})
    lightd.reload()
    lightd.kill()
    commune.gpio.line("sim:relays", 1).joinpath("value").unlink()

    lightd = commune.start()
    commune.gpio.wait("sim:relays", 1, 1)
    lightd.wait_log("starting with the last one that was")
    lightd.wait_status("configuration not usable")

    commune.site.write_conf("lightd.conf", light={"gpio_sim_dir": commune.gpio.dir})
    since = len(lightd.notifications)
    lightd.reload()
    lightd.wait_status("^SIMULATED CLOCK; 1 circuits", since=since)


def test_a_first_start_with_a_mistake_fails_in_words(commune):
    commune.site.write_conf("lightd.conf", light={"stagger_ms": "soon"})
    lightd = commune.start(ready=False)
    assert lightd.wait() == 1
    assert "stagger_ms" in lightd.log()


@pytest.mark.parametrize("running", [True, False])
def test_the_first_rows_of_a_new_store_do_not_put_out_the_lamps(commune, mqtt, running):
    """The store was lost; whoever imports it anew begins with the areas, and the lamps come last."""
    commune.road("road", "night", **relay(1))
    commune.road("far", "night", node="tu-1", **relay(2))
    mqtt.watch("light/plan/tu-1")
    lightd = commune.start()
    commune.gpio.wait("sim:relays", 1, 1)
    mqtt.wait_for("light/plan/tu-1")
    lightd.kill()
    for file in commune.site.state.glob("thon.db*"):
        file.unlink()
    since = mqtt.mark()
    if running:
        lightd = commune.start()
    commune.site.ok("store", "init")
    commune.site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")
    if not running:
        lightd = commune.start()
    lightd.reload()
    lightd.wait_log("has no circuits" if running else "Plan from disk")
    mqtt.wait_for("light/road/state", since=since)
    assert commune.gpio.value("sim:relays", 1) == 1
    assert all(m.data["circuits"] for m in mqtt.seen("light/plan/tu-1", since))

    commune.site.ok("light", "program", "set", "-", stdin=json.dumps(NEVER))
    commune.site.ok(
        "light", "calendar", "set", "-", stdin=json.dumps({"id": "never", "rules": [], "default": "never"})
    )
    commune.road("road", "never", **relay(1))
    commune.gpio.wait("sim:relays", 1, 0)
