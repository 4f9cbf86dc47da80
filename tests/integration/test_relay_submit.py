"""Submissions and commands of the relay: what is accepted is on disk, what is refused changes nothing, and nobody pays for
another's mistake."""

import contextlib
import json
import resource
import signal

import pytest

import relay as of
import thon


@pytest.fixture
def village(relay):
    """Three families on Zalo OA, one without anything, one that refused; the relay runs."""
    relay.channel("oa", "zalo-oa")
    relay.area("thon-1")
    for n in (1, 2, 3):
        relay.family(n, "thon-1")
    relay.household("H4", "thon-1")
    relay.household("H5", "thon-1")
    relay.person("p5", {"oa": of.oa(5)}, consent=None, household="H5")
    relay.start()
    return relay


def notices(relay):
    return {n["id"] for n in relay.site.ok("notify", "list", "--all")}


def test_the_answer_says_whom_a_notice_reaches(village):
    answer = village.ask("area:thon-1", "Họp thôn", by="chị Hoa")
    assert answer == {"ok": True, "id": 1, "recipients": 4, "left_out": 1, "unreachable": 1, "existing": False}
    village.wait_outcomes(1, sent=3, visit=1)
    assert village.show(1)["by"] == "chị Hoa"


def test_households_are_counted_once_however_they_are_named(village):
    answer = village.ask(["area:thon-1", "household:H1", "all", "household:H1"], "Họp thôn")
    assert (answer["recipients"], answer["left_out"]) == (4, 1)
    village.wait_outcomes(answer["id"], sent=3, visit=1)
    assert len(village.fakes.messages()) == 3


REFUSED = [
    ("invalid", {"to": []}),
    ("invalid", {"to": "hamlet:thon-1"}),
    ("invalid", {"to": "area:nowhere"}),
    ("invalid", {"to": ["all", 7]}),
    ("invalid", {"to": ["all"] * 513}),
    ("invalid", {"class": "urgent"}),
    ("invalid", {"purpose": "fun"}),
    ("invalid", {"text": ""}),
    ("invalid", {"text": " \n\t "}),
    ("invalid", {"text": 17}),
    ("too-long", {"text": "ơ" * 8193}),
    ("invalid", {"text": None, "template": None}),
    ("invalid", {"values": {"ten": "An"}}),
    ("unknown-template", {"text": None, "template": "khong-co"}),
    ("unknown-template", {"text": None, "template": "../relayd"}),
    ("invalid", {"text": None, "template": "moi", "values": {}}),
    ("invalid", {"text": None, "template": "moi", "values": {"ten": "An", "them": "1"}}),
    ("invalid", {"text": None, "template": "moi", "values": {"ten": 5}}),
    ("invalid", {"not_before": "tomorrow"}),
    ("expired", {"expires": "2026-11-21T08:59:59+07:00"}),
    ("invalid", {"not_before": "2026-11-22T08:00:00+07:00", "expires": "2026-11-22T07:00:00+07:00"}),
    ("invalid", {"key": ""}),
    ("invalid", {"key": "k" * 201}),
    ("invalid", {"by": "a\nb"}),
    ("not-found", {"supersedes": 99}),
    ("invalid", {"supersedes": -1}),
    ("invalid", {"supersedes": "1"}),
    ("invalid", {"ack": {"escalate": [{"to": ["role:officer"]}]}}),
    ("invalid", {"ack": {"escalate": [{"to": ["area:nowhere"], "after": 60}]}}),
    ("invalid", {"ack": {"escalate": [{"to": ["all"], "after": 600}, {"to": ["all"], "after": 60}]}}),
    ("invalid", {"ack": {"within": 0}}),
    ("invalid", {"expire": "2026-11-22T07:00:00+07:00"}),
    ("unknown-channel", {"to": "channel:telex"}),
    ("invalid", {"to": "channel:oa"}),
    ("invalid", {"to": "channel:oa/two words"}),
]


def test_what_is_not_understood_is_refused_whole(village):
    village.template("moi", "Kính mời {ten}")
    for error, fields in REFUSED:
        doc = {"to": "all", "text": "Họp thôn", **fields}
        answer = village.mqtt.request("notify/submit", {k: v for k, v in doc.items() if v is not None})
        assert (answer["ok"], answer.get("error")) == (False, error), (fields, answer)
        assert answer["detail"], fields
    for payload in (b"", b"Hop thon", b"[]", b'{"to":"all","to":"all","text":"x"}', b'{"to":"all"'):
        answer = village.mqtt.request("notify/submit", payload)
        assert (answer["ok"], answer.get("error")) == (False, "invalid"), payload
    assert notices(village) == set()


def test_a_template_is_filled_in(village):
    village.template("moi", "Kính mời {ten}\nđúng {gio} giờ")
    notice = village.submit("household:H1", template="moi", values={"ten": "ông An", "gio": "19"})
    village.wait_outcomes(notice, sent=1)
    assert village.fakes.texts() == ["Kính mời ông An\nđúng 19 giờ"]


def test_the_same_key_is_the_same_notice(village):
    first = village.ask("all", "Họp thôn", key="hop-21-11")
    again = village.ask("all", "Họp thôn", key="hop-21-11")
    assert (again["id"], again["existing"]) == (first["id"], True)
    other = village.ask("all", "Hoãn họp", key="hop-21-11")
    assert (other["ok"], other["error"]) == (False, "exists")
    village.wait_outcomes(first["id"], sent=3, visit=1)
    assert len(village.fakes.messages()) == 3


def test_a_mistake_among_many_undoes_itself_only(village):
    mqtt = village.mqtt
    for n in range(60):
        to = "household:H1" if n % 3 else "household:nobody"
        mqtt.publish("notify/submit", {"to": to, "text": f"Tin {n}"})
    wanted = sorted(f"Tin {n}" for n in range(60) if n % 3)
    village.fakes.wait(len(wanted))
    assert sorted(village.fakes.texts()) == wanted
    assert village.ask("all", "Sau cùng")["id"] == len(wanted) + 1


def test_what_supersedes_takes_the_place_of_what_waits(village):
    old = village.submit("all", "Họp 19 giờ", not_before="2026-11-21T18:00:00+07:00")
    new = village.submit("all", "Họp 20 giờ", supersedes=old)
    village.wait_outcomes(new, sent=3, visit=1)
    assert village.show(old)["state"] == "superseded"
    assert village.outcomes(old) == {"H1": "not_sent", "H2": "not_sent", "H3": "not_sent", "H4": "visit"}


def test_a_post_goes_to_the_channel_itself(village):
    village.channel("loa", "ntfy", topic="thon-1")
    village.daemon.reload()
    notice = village.submit("channel:loa", "Mất nước")
    village.wait_notice(notice, lambda doc: of.tally(doc) == {"sent": 1})
    assert [m["text"] for m in village.fakes.messages("ntfy")] == ["Mất nước"]


def test_a_channel_may_take_the_addresses_of_another(village):
    village.channel("loa", "ntfy", addresses="oa")
    village.conf(ladder="loa")
    village.daemon.reload()
    notice = village.submit("household:H1", "Họp thôn")
    village.wait_outcomes(notice, sent=1)
    assert [m["address"] for m in village.fakes.messages("ntfy")] == [of.oa(1)]


def test_what_waited_for_a_channel_that_is_gone_goes_on_without_it(village):
    village.channel("bot", "zalo-bot")
    village.person("p6", {"oa": of.oa(6), "bot": of.bot(6)}, household="H4")
    village.daemon.reload()
    village.fakes.fault("http_status", provider="zalo-oa", status=429, retry_after=3000)
    notice = village.submit("area:thon-1", "Họp thôn")
    village.health(lambda h: h["channels"]["oa"]["why"] == "paused" and h["channels"]["oa"]["queued"] == 4)
    conf = village.site.config / "relayd.conf"
    parts = conf.read_text(encoding="utf-8").split("[")
    conf.write_text("[".join(p for p in parts if not p.startswith("channel oa]")), encoding="utf-8")
    village.daemon.reload()
    village.wait_outcomes(notice, sent=1, visit=3)
    assert [m["provider"] for m in village.fakes.messages()] == ["zalo-bot"]


# ---- a full disk ----


def test_a_full_disk_refuses_all_of_it_and_writes_nothing(village):
    village.submit("household:H1", "Trước")
    village.wait_outcomes(1, sent=1)
    pid = village.daemon.pid
    wal = village.site.state / "thon.db-wal"
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (wal.stat().st_size, hard))
    answers = [village.ask("all", "ơ" * 4000, key=f"k{n}") for n in range(3)]
    assert {(a["ok"], a.get("error")) for a in answers} == {(False, "full")}, answers
    assert notices(village) == {1}
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    village.health(lambda h: h["store"] == "ok")
    notice = village.submit("household:H2", "Sau")
    village.wait_outcomes(notice, sent=1)
    assert village.fakes.texts() == ["Trước", "Sau"]


# ---- commands ----


def test_a_withdrawn_notice_is_not_sent(village):
    notice = village.submit("all", "Họp thôn", not_before="2026-11-21T18:00:00+07:00")
    answer = village.mqtt.request(f"notify/{notice}/cancel", {"by": "chị Hoa"})
    assert answer == {"ok": True, "id": notice, "deliveries": 3}
    doc = village.show(notice)
    assert (doc["state"], of.tally(doc)) == ("withdrawn", {"not_sent": 3, "visit": 1})


def test_what_was_for_a_visit_is_tried_again_when_there_is_a_way(village):
    notice = village.submit("household:H4", "Họp thôn")
    village.wait_outcomes(notice, visit=1)
    village.person("p4", {"oa": of.oa(4)}, household="H4")
    answer = village.mqtt.request(f"notify/{notice}/retry", {"by": "chị Hoa"})
    assert answer["ok"]
    # Its ladder was fixed when it was submitted: nobody was known then.
    village.wait_outcomes(notice, visit=1)


def test_a_command_that_is_not_understood_is_refused(village):
    notice = village.submit("household:H1", "Họp thôn")
    for verb in ("ack", "resolve", "retry", "cancel"):
        for payload in ({"by": "x", "more": 1}, {"by": 5}, [], "by"):
            answer = village.mqtt.request(f"notify/{notice}/{verb}", json.dumps(payload).encode())
            assert (answer["ok"], answer.get("error")) == (False, "invalid"), (verb, payload)
    answer = village.mqtt.request(f"notify/{notice}/resolve", {"as": "perhaps"})
    assert (answer["ok"], answer["error"]) == (False, "invalid")


def test_there_is_no_such_notice(village):
    for verb in ("ack", "retry", "cancel"):
        for notice in ("99", "0", "-1", "99999999999999999999", "x"):
            answer = village.mqtt.request(f"notify/{notice}/{verb}", {"by": "x"})
            assert (answer["ok"], answer.get("error")) == (False, "not-found"), (verb, notice)


def test_a_person_settles_what_is_unknown(village):
    village.fakes.fault("drop", provider="zalo-oa", endpoint="cs", next=3)
    notice = village.submit("area:thon-1", "Họp thôn")
    village.wait_outcomes(notice, unknown=3, visit=1)
    for household, how, left in (("H1", "sent", 2), ("H2", "not-sent", 1), ("H3", "repeat", 0)):
        answer = village.mqtt.request(
            f"notify/{notice}/resolve", {"as": how, "household": household, "by": "chị Hoa"}
        )
        assert answer == {"ok": True, "id": notice, "deliveries": 1}
        village.wait_notice(notice, lambda doc, left=left: of.tally(doc).get("unknown", 0) == left)
    village.wait_outcomes(notice, sent=2, visit=2)
    assert len(village.fakes.messages(address=of.oa(3))) == 2


def test_a_command_that_is_retained_by_mistake_is_carried_out_once(village):
    village.mqtt.publish("notify/submit", {"to": "household:H1", "text": "Ma"}, retain=True)
    village.fakes.wait(1)
    village.daemon.stop()
    village.start()
    village.daemon.wait_log("retained command was ignored")
    assert len(notices(village)) == 1


# ---- restarts ----


def test_what_was_said_while_the_relay_was_away_waits_at_the_broker(village):
    mqtt = village.mqtt
    village.daemon.kill()
    mqtt.wait_state("status/relayd", lambda d: d["state"] == "offline")
    mqtt.publish("notify/submit", {"to": "household:H1", "text": "Trong lúc vắng"})
    village.start()
    village.fakes.wait(1)
    assert village.fakes.texts() == ["Trong lúc vắng"]


def test_what_was_answered_survives_a_kill(village):
    village.fakes.fault("delay", delay_ms=60000)
    ids = [village.submit("household:H1", f"Tin {n}") for n in range(20)]
    village.daemon.kill()
    village.fakes.end_faults()
    village.start()
    assert notices(village) == set(ids)
    for notice in ids:
        village.wait_notice(notice, lambda doc: "pending" not in of.tally(doc), what="end")


def test_a_stop_in_order_leaves_nothing_unknown(village):
    ids = [village.submit("area:thon-1", f"Tin {n}") for n in range(10)]
    village.daemon.signal(signal.SIGTERM)
    assert village.daemon.wait(10) == 0
    village.start()
    for notice in ids:
        village.wait_outcomes(notice, sent=3, visit=1)
    assert len(village.fakes.messages()) == 30


def test_the_state_of_a_notice_is_told_until_it_is_done(village):
    mqtt = village.mqtt
    notice = village.submit("all", "Họp thôn", not_before="2026-11-21T18:00:00+07:00")
    state = mqtt.wait_state(f"notify/{notice}/state", lambda d: d["counts"]["pending"] == 3).data
    assert (state["id"], state["class"], state["state"]) == (notice, "normal", "open")
    mqtt.request(f"notify/{notice}/cancel", {})
    mqtt.wait_for(f"notify/{notice}/state", lambda payload: payload == "")
    with contextlib.closing(thon.Mqtt(village._broker)) as late:
        assert late.last(f"notify/{notice}/state") is None
