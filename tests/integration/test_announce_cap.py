"""CAP alerts with the real daemons: one document, and the loudspeakers, the lamps and the households act together."""

import lights
import pytest
import relay as relay_of

MORNING = relay_of.MORNING


def alert(identifier="XL-1", sent="2026-11-21T08:59:00+07:00", status="Actual", kind="Alert", references="", response="Evacuate",
          severity="Extreme", urgency="Immediate", expires="2026-11-21T14:00:00+07:00", headline="Hồ Yên Mỹ xả lũ"):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>{identifier}</identifier><sender>ho@yenmy.example.vn</sender><sent>{sent}</sent>
  <status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>
  {f"<references>{references}</references>" if references else ""}
  <info><language>vi-VN</language><category>Infra</category><event>Xả lũ hồ chứa</event>
    <responseType>{response}</responseType><urgency>{urgency}</urgency><severity>{severity}</severity><certainty>Observed</certainty>
    <expires>{expires}</expires><headline>{headline}</headline>
    <instruction>Bà con ven sông lên chỗ cao ngay.</instruction>
    <area><areaDesc>Ven sông</areaDesc><geocode><valueName>VN</valueName><value>16012</value></geocode></area>
  </info>
</alert>"""


@pytest.fixture
def station(air):
    air.conf(cap={"unsigned": "accept", "geocodes": "VN:16012"})
    air.zones("thon-4", quiet="00:00-23:59")
    return air


def take(air, xml):
    answer = air.ask("cap", {"xml": xml})
    assert answer["ok"], answer
    return answer


def test_an_evacuation_is_heard_lit_and_told_to_every_household(station, relay, site):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    for noun, form in (("program", lights.NIGHT), ("calendar", {"id": "nightly", "rules": [], "default": "night"})):
        site.ok("light", noun, "set", "-", stdin=lights.json.dumps(form))
    site.ok("device", "add", "road", "--kind", "circuit", "--area", "xa", "--name", "Đường", "--config", lights.json.dumps(lights.at_relay(1)))
    site.start("lightd", "--sim-clock", MORNING)
    site.gpio.wait(lights.RELAYS, 1, 0)
    station.start(MORNING)
    answer = take(station, alert())
    assert answer["accepted"] and answer["class"] == "emergency" and answer["level"] >= 4 and answer["lamps"] and answer["notify"]
    site.gpio.wait(lights.RELAYS, 1, 1, 20)
    relay.fakes.wait_message(lambda m: "Yên Mỹ" in m["text"], "zalo-oa")
    station.aired(answer["id"], "thon-4", timeout=60)
    assert station.sounds("thon-4")[0].seconds > 6


def test_an_unsigned_alert_is_refused_unless_it_is_configured_otherwise(air):
    air.conf(cap={"geocodes": "VN:16012"})
    air.zones("thon-4")
    air.start(MORNING)
    answer = take(air, alert())
    assert not answer["accepted"] and answer["reason"] == "unsigned" and air.played("thon-4") == []


def test_an_update_takes_the_place_of_what_it_names_and_the_same_again_is_known(station):
    station.start(MORNING)
    first = take(station, alert())
    again = take(station, alert())
    assert not again["accepted"] and again["reason"] == "known"
    second = take(station, alert("XL-2", "2026-11-21T08:59:30+07:00", kind="Update",
                                 references="ho@yenmy.example.vn,XL-1,2026-11-21T08:59:00+07:00", headline="Hồ Yên Mỹ xả lũ lớn hơn"))
    assert second["accepted"]
    station.airing(first["id"], "thon-4", "dropped", reason="replaced")
    station.airing(second["id"], "thon-4", "on-air")


def test_what_comes_after_its_own_update_is_not_aired_any_more(station):
    station.start(MORNING)
    update = alert("XL-2", "2026-11-21T08:59:30+07:00", kind="Update", references="ho@yenmy.example.vn,XL-1,2026-11-21T08:59:00+07:00")
    assert take(station, update)["accepted"]
    late = take(station, alert())
    assert not late["accepted"] and late["reason"] in ("old", "known")


def test_a_cancel_says_that_it_is_over(station):
    station.zones("thon-4", quiet="22:00-05:00")  # it is no emergency: at night it waits
    station.start(MORNING)
    first = take(station, alert())
    over = take(station, alert("XL-3", "2026-11-21T08:59:40+07:00", kind="Cancel", response="AllClear",
                               references="ho@yenmy.example.vn,XL-1,2026-11-21T08:59:00+07:00"))
    assert over["accepted"] and over["id"] != first["id"] and not over["lamps"]
    station.airing(over["id"], "thon-4", "on-air", timeout=60)


def test_an_exercise_says_so_before_and_after_and_lights_nothing(station):
    station.start(MORNING)
    answer = take(station, alert(status="Exercise"))
    assert answer["accepted"] and answer["exercise"]
    assert answer["text"].lower().count("diễn tập") >= 2


def test_a_file_in_the_inbox_is_taken_and_put_aside(station):
    station.start(MORNING)
    inbox = station.site.state / "cap"
    part = inbox / ".xl.xml.part"
    part.write_text(alert(), encoding="utf-8")
    part.rename(inbox / "xl.xml")
    station.daemon.wait_log(r"On air in thon-4: cap-", timeout=40)
    assert not (inbox / "xl.xml").exists() and list((inbox / "done").iterdir())


@pytest.mark.parametrize("xml", ["", "nonsense", "<alert/>", '<!DOCTYPE a [<!ENTITY b "c">]><alert>&b;</alert>', "<a>" * 5000])
def test_what_is_no_alert_changes_nothing(station, xml):
    station.start(MORNING)
    answer = station.ask("cap", {"xml": xml})
    assert not answer["ok"] and answer["error"] == "invalid" and answer["detail"]
    assert station.mqtt.seen("event/announce-alert") == []
