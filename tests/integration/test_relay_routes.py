"""Events into notices, with the real broker, the real daemon and fake providers: from a lamp that goes dark to the word in
somebody's hand that it is lit again."""

import json
import time

import pytest

from lights import EVENING, INPUTS, Lights, gpio
from relay import telegram

NIGHT = "2026-11-21T20:10:00+07:00"
TECHNICIAN, OFFICER = telegram(1), telegram(2)


def people(relay):
    """A technician and an officer, both on Telegram."""
    relay.channel("tg", "telegram")
    relay.person("tho", {"tg": TECHNICIAN}, role="technician", area="xa")
    relay.person("can-bo", {"tg": OFFICER}, role="officer", area="xa")


def event(mqtt, name, state="raised", kind="light-dark", severity="critical", cause=None, at=None, **values):
    text = f"Đèn {name}: " + ("mất điện" if state == "raised" else "đã sáng lại")
    doc = {
        "id": f"ev-{name}",
        "at": at or NIGHT,
        "state": state,
        "severity": severity,
        "subject": name,
        "text": text,
        "values": {"name": f"Đèn {name}", **values},
        "cause_id": cause,
    }
    mqtt.publish(f"event/{kind}", doc)


def texts(fakes, who):
    return fakes.texts("telegram", address=who)


def wait_text(fakes, who, *words, timeout=20):
    """The first message to `who` that has all these words."""
    return fakes.wait_message(
        lambda m: m["address"] == who and all(w in m["text"] for w in words), "telegram", timeout
    )


def nothing_more(relay, mqtt):
    """What came before this event has been dealt with, as it has: its notice is the last word of the queue."""
    event(mqtt, "cuoi", kind="light-last")
    return wait_text(relay.fakes, OFFICER, "Đèn cuoi")


@pytest.fixture
def routed(relay):
    people(relay)
    relay.route("lamps", match="light-dark", to="role:technician", **{"class": "priority"})
    relay.route("last", match="light-last", to="role:officer", **{"class": "priority"})
    return relay


def test_a_lamp_that_goes_dark_is_at_the_technicians_in_two_seconds(relay, site):
    """From the contact of the cabinet to the phone. lightd takes two seconds to be sure; ours count from its event."""
    lights = Lights.__new__(Lights)
    lights.site, lights.gpio = site, site.gpio
    lights.program({"id": "night", "steps": [{"at": "18:00", "set": "on"}, {"at": "05:30", "set": "off"}]})
    lights.calendar({"id": "nightly", "rules": [], "default": "night"})
    lights.road(feedback=gpio(INPUTS, 1))
    lights.gpio.pull(INPUTS, 1, True)
    people(relay)
    relay.route("lamps", match="light-*", to="role:technician", **{"class": "priority"})
    relay.start(EVENING)
    mqtt = relay.mqtt
    lights.start(EVENING)
    mqtt.wait_for("light/road/state", lambda d: d["physical"] == "on", timeout=20)

    lights.gpio.pull(INPUTS, 1, False)
    mqtt.wait_for("event/light-dark", lambda d: d["state"] == "raised", timeout=20)
    begun = time.monotonic()
    message = wait_text(relay.fakes, TECHNICIAN, "Đường road", "đèn đang sáng thì mất điện", "(từ 20:00)")
    assert time.monotonic() - begun < 2
    assert message["text"].startswith("⚠ ")

    lights.gpio.pull(INPUTS, 1, True)
    wait_text(relay.fakes, TECHNICIAN, "✓ Đã khắc phục: Đường road: đèn đã sáng lại")
    assert len(texts(relay.fakes, TECHNICIAN)) == 2


def test_it_escalates_is_taken_by_a_reply_and_ends(relay, mqtt):
    people(relay)
    relay.route(
        "lamps",
        match="light-*",
        to="role:technician",
        escalate="role:officer after 2min",
        **{"class": "priority"},
    )
    relay.start(f"{NIGHT},x60")
    event(mqtt, "lang")
    first = wait_text(relay.fakes, TECHNICIAN, "Đèn lang: mất điện", "Trả lời «ok ")
    number = int(first["text"].split("«ok ")[1].split("»")[0])
    second = wait_text(relay.fakes, OFFICER, "chưa ai nhận", "kỹ thuật viên", "Đèn lang: mất điện")
    escalated = int(second["text"].split("«ok ")[1].split("»")[0])
    assert escalated != number

    relay.fakes.push("telegram", OFFICER, text=f"OK {escalated}")
    wait_text(relay.fakes, TECHNICIAN, "Người can-bo đã nhận lúc ", "Đèn lang: mất điện")
    assert relay.show(number)["state"] in ("open", "done")

    event(mqtt, "lang", "cleared")
    for who in (TECHNICIAN, OFFICER):
        wait_text(relay.fakes, who, "✓ Đã khắc phục: Đèn lang: đã sáng lại")
    assert len([t for t in texts(relay.fakes, OFFICER) if "chưa ai nhận" in t]) == 1


def test_a_command_takes_it_too(relay, mqtt):
    people(relay)
    relay.route(
        "lamps", match="light-*", to="role:technician", escalate="role:officer after 1h", **{"class": "priority"}
    )
    relay.start(NIGHT)
    event(mqtt, "lang")
    first = wait_text(relay.fakes, TECHNICIAN, "«ok ")
    number = int(first["text"].split("«ok ")[1].split("»")[0])
    answer = mqtt.request(f"notify/{number}/ack", {"by": "anh Hùng"})
    assert answer["ok"], answer
    wait_text(relay.fakes, TECHNICIAN, "✓ anh Hùng đã nhận lúc 20:1")

    # Who answers to that news, or once more, or when all is over, is not told of as another one.
    relay.fakes.push("telegram", TECHNICIAN, text="đã nhận")
    assert mqtt.request(f"notify/{number}/ack", {"by": "chị Lan"})["first"] is False
    event(mqtt, "lang", "cleared")
    wait_text(relay.fakes, TECHNICIAN, "✓ Đã khắc phục: Đèn lang")
    relay.fakes.push("telegram", TECHNICIAN, text="ok")
    relay.submit("role:technician", "Hết việc")
    wait_text(relay.fakes, TECHNICIAN, "Hết việc")
    assert len([t for t in texts(relay.fakes, TECHNICIAN) if "đã nhận lúc" in t]) == 1


def test_an_answer_when_all_is_over_takes_nothing_on(relay, mqtt):
    people(relay)
    relay.route("lamps", match="light-*", to="role:technician", ack="yes", **{"class": "priority"})
    relay.start(NIGHT)
    event(mqtt, "lang")
    wait_text(relay.fakes, TECHNICIAN, "«ok ")
    event(mqtt, "lang", "cleared")
    wait_text(relay.fakes, TECHNICIAN, "✓ Đã khắc phục: Đèn lang")
    state = mqtt.mark()
    relay.fakes.push("telegram", TECHNICIAN, text="ok 1")
    mqtt.wait_for("notify/1/state", since=state)
    relay.submit("role:technician", "Hết việc")
    wait_text(relay.fakes, TECHNICIAN, "Hết việc")
    assert not [t for t in texts(relay.fakes, TECHNICIAN) if "đã nhận lúc" in t]


def test_a_notice_with_steps_of_its_own_escalates_likewise(relay, mqtt):
    people(relay)
    relay.start(f"{NIGHT},x60")
    notice = relay.submit(
        "role:technician",
        "Cống số 3 tắc",
        ack={"within": 60, "escalate": [{"to": ["role:officer"], "after": 120}]},
    )
    second = wait_text(relay.fakes, OFFICER, "chưa ai nhận (đã báo: kỹ thuật viên): Cống số 3 tắc")
    assert relay.fakes.messages("telegram", address=TECHNICIAN)
    number = int(second["text"].split("«ok ")[1].split("»")[0])
    assert number != notice
    relay.fakes.push("telegram", OFFICER, text="đã nhận")
    wait_text(relay.fakes, TECHNICIAN, "Người can-bo đã nhận lúc ", "Cống số 3 tắc")


def test_a_restart_neither_tells_again_nor_forgets_the_end(routed, mqtt):
    routed.start(NIGHT)
    event(mqtt, "lang")
    wait_text(routed.fakes, TECHNICIAN, "Đèn lang: mất điện")
    routed.daemon.kill()
    routed.start(NIGHT)
    event(mqtt, "lang")  # its outbox did not know that we have it
    nothing_more(routed, mqtt)
    assert len(texts(routed.fakes, TECHNICIAN)) == 1
    assert routed.daemon.stop() == 0
    event(mqtt, "lang", "cleared")  # waits at the broker
    routed.start(NIGHT)
    wait_text(routed.fakes, TECHNICIAN, "✓ Đã khắc phục: Đèn lang")
    assert len(texts(routed.fakes, TECHNICIAN)) == 2


def test_a_storm_of_a_hundred_lamps_with_one_cause_is_one_message(routed, mqtt):
    routed.start(NIGHT)
    for i in range(100):
        event(mqtt, f"{i:02d}", cause="tram-1")
    message = wait_text(routed.fakes, TECHNICIAN, "100 nơi: mất điện", "và 90 nơi khác")
    assert "Đèn 00, Đèn 01" in message["text"]
    for i in range(100):
        event(mqtt, f"{i:02d}", "cleared", cause="tram-1")
    wait_text(routed.fakes, TECHNICIAN, "✓ Đã khắc phục: ", "và 90 nơi khác")
    nothing_more(routed, mqtt)
    assert len(texts(routed.fakes, TECHNICIAN)) == 2


def test_what_clears_while_the_network_is_away_is_never_sent(routed, mqtt):
    routed.start(NIGHT)
    event(mqtt, "cau")
    wait_text(routed.fakes, TECHNICIAN, "Đèn cau: mất điện")
    routed.fakes.shut()
    routed.daemon.freeze()  # both are heard in one breath, and told in the order in which they came
    event(mqtt, "lang")
    event(mqtt, "moi")
    routed.daemon.thaw()
    mqtt.wait_for("notify/3/state", timeout=20)
    assert ["lang" in routed.show(2)["text"], "moi" in routed.show(3)["text"]] == [True, True]
    event(mqtt, "lang", "cleared")
    mqtt.wait_for("notify/2/state", lambda d: d["state"] == "withdrawn")
    routed.fakes.open()
    wait_text(routed.fakes, TECHNICIAN, "Đèn moi: mất điện", timeout=60)
    nothing_more(routed, mqtt)
    assert not [t for t in texts(routed.fakes, TECHNICIAN) if "lang" in t]


def test_what_comes_and_goes_is_told_once_as_unstable(routed, mqtt):
    routed.start(f"{NIGHT},x10")
    for i in range(9):
        for state in ("raised", "cleared"):
            doc = {
                "id": f"flap-{i}",
                "at": NIGHT,
                "state": state,
                "severity": "warning",
                "subject": "lang",
                "text": "Đèn lang: mất điện",
                "values": {"name": "Đèn lang"},
                "cause_id": None,
            }
            mqtt.publish("event/light-dark", doc)
    wait_text(routed.fakes, TECHNICIAN, "Đèn lang: chập chờn, 7 lần trong một giờ")
    nothing_more(routed, mqtt)
    assert len(texts(routed.fakes, TECHNICIAN)) == 1


def test_a_quiet_night_is_told_in_one_digest(relay, mqtt):
    people(relay)
    relay.route("doors", match="light-*", to="role:technician", quiet="21:30-05:30", **{"class": "normal"})
    relay.start("2026-11-22T05:20:00+07:00,x60")
    at = "2026-11-22T05:20:00+07:00"
    event(mqtt, "a", at=at)
    event(mqtt, "b", at=at)
    relay.submit("role:officer", "Một phút đã qua", not_before="2026-11-22T05:21:00+07:00")
    wait_text(relay.fakes, OFFICER, "Một phút đã qua")  # and with it what a group waits
    event(mqtt, "a", "cleared", at="2026-11-22T05:22:00+07:00")
    message = wait_text(relay.fakes, TECHNICIAN, "Tổng hợp trong giờ yên tĩnh (21:30–05:30)", timeout=40)
    assert "Đang còn (1):\n– Đèn b: mất điện (từ 05:20)" in message["text"]
    assert "Đã xảy ra và đã hết (1):\n– Đèn a: mất điện (05:20–05:22)" in message["text"]
    event(mqtt, "b", "cleared", at="2026-11-22T05:31:00+07:00")
    wait_text(relay.fakes, TECHNICIAN, "✓ Đã khắc phục: Đèn b: đã sáng lại, sau 11 phút.")
    assert len(texts(relay.fakes, TECHNICIAN)) == 2


def test_a_power_cut_holds_back_its_lamps_until_it_ends(relay, mqtt):
    people(relay)
    relay.route("lamps", match="light-dark power-cut", to="role:technician", **{"class": "priority"})
    relay.site.write_conf(
        "relayd.conf", **{"inhibit luoi": {"source": "power-cut", "target": "light-dark", "same": "area"}}
    )
    relay.start(NIGHT)
    event(mqtt, "luoi", kind="power-cut", area="thon-1")
    wait_text(relay.fakes, TECHNICIAN, "Đèn luoi")
    event(mqtt, "mot", area="thon-1")
    event(mqtt, "hai", area="thon-2")
    wait_text(relay.fakes, TECHNICIAN, "Đèn hai: mất điện")
    assert not [t for t in texts(relay.fakes, TECHNICIAN) if "Đèn mot" in t]
    event(mqtt, "luoi", "cleared", kind="power-cut", area="thon-1")
    wait_text(relay.fakes, TECHNICIAN, "Đèn mot: mất điện")


def test_a_route_that_is_taken_away_still_tells_the_end(routed, mqtt):
    routed.start(NIGHT)
    event(mqtt, "lang")
    wait_text(routed.fakes, TECHNICIAN, "Đèn lang: mất điện")
    conf = routed.site.config / "relayd.conf"
    text = conf.read_text(encoding="utf-8")
    head, rest = text.split("[route lamps]", 1)
    conf.write_text(head + rest[rest.index("[") :] if "[" in rest else head, encoding="utf-8")
    routed.daemon.reload()
    event(mqtt, "moi")
    event(mqtt, "lang", "cleared")
    wait_text(routed.fakes, TECHNICIAN, "✓ Đã khắc phục: Đèn lang")
    nothing_more(routed, mqtt)
    assert not [t for t in texts(routed.fakes, TECHNICIAN) if "moi" in t]


def test_hostile_events_change_nothing(routed, mqtt):
    routed.start(NIGHT)
    good = {"id": "x", "at": NIGHT, "state": "raised", "severity": "critical", "subject": "x", "text": "x"}
    for bad in (
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 5000,
        json.dumps({**good, "id": ""}).encode(),
        json.dumps({**good, "id": "a" * 200}).encode(),
        json.dumps({**good, "id": "flapping:light-dark:x"}).encode(),
        json.dumps({**good, "state": "gone"}).encode(),
        json.dumps({**good, "severity": 3}).encode(),
        json.dumps({**good, "cause_id": "a b"}).encode(),
    ):
        mqtt.publish("event/light-dark", bad)
    long = {**good, "id": "long", "text": "Đ" * 20000, "subject": "s" * 5000, "at": "morgen", "values": {"name": "Đèn dài"}}
    mqtt.publish("event/light-dark", long)
    message = wait_text(routed.fakes, TECHNICIAN, "Đèn dài: ĐĐĐ")
    assert len(message["text"]) < 700
    nothing_more(routed, mqtt)
    assert len(texts(routed.fakes, TECHNICIAN)) == 1


def test_a_channel_that_is_shut_is_told_over_another_one_and_makes_no_loop(relay, mqtt):
    """The notice about a broken channel is itself for people on that channel, and for one who is on another."""
    people(relay)
    relay.channel("chuong", "ntfy", topic="xa")
    relay.route("relay", match="relay-*", to="role:technician channel:chuong", **{"class": "priority"})
    relay.start(NIGHT)
    relay.fakes.settings("telegram", token="another")
    relay.submit("role:officer", "Họp lúc 8 giờ")
    message = relay.fakes.wait_message(lambda m: "Kênh tg" in m["text"], "ntfy", timeout=30)
    raised = mqtt.wait_for("event/relay-channel", lambda d: d["state"] == "raised").data
    assert raised["subject"] == "tg" and message["text"].startswith("⚠ ")
    relay.submit("role:officer", "Họp lúc 9 giờ")
    relay.submit("channel:chuong", "Xong")
    relay.fakes.wait_message(lambda m: m["text"].endswith("Xong"), "ntfy")
    assert len(mqtt.seen("event/relay-channel")) == 1
    assert len([t for t in relay.fakes.texts("ntfy") if "Kênh tg" in t]) == 1
