"""What a relay lives through in bad hours: a configuration that changes under it, a clock that is wrong, a restart that comes
late, a store that is taken away. Nothing is lost, nothing goes out twice in silence, and it goes on working."""

import datetime
import re

import relay as of


def remove(relay, channel):
    """Takes its section out of relayd.conf."""
    path = relay.site.config / "relayd.conf"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(rf"\[channel {channel}\][^\[]*", "", text), encoding="utf-8")


def test_a_channel_is_removed_while_it_sends(relay, fakes):
    """What was under way is unknown; the daemon and the other channels go on."""
    relay.channel("oa", "zalo-oa")
    relay.channel("bot", "zalo-bot")
    relay.family(1, channels={"oa": of.oa(1)})
    relay.family(2, channels={"bot": of.bot(2)})
    relay.start()
    fakes.fault("hang", provider="zalo-oa", endpoint="cs", accept=True)
    notice = relay.submit("household:H1", "Đang gửi dở")
    fakes.wait(1, "zalo-oa", what="requests")
    relay.channel("oa", "zalo-oa", enabled="no")
    relay.daemon.reload()
    relay.wait_outcomes(notice, unknown=1)
    other = relay.submit("household:H2", "Kênh khác vẫn gửi")
    relay.wait_outcomes(other, sent=1)
    assert relay.daemon.running()


def test_the_history_is_asked_about_the_time_of_sending(relay, fakes):
    """Killed while it sent, started again half an hour later: what the provider took then is not sent again."""
    relay.channel("oa", "zalo-oa", unknown="receipt")
    relay.family(1)
    fakes.clock(of.MORNING + ",x1")
    relay.start(fakes.now())
    fakes.fault("hang", provider="zalo-oa", endpoint="cs", accept=True, next=1)
    notice = relay.submit("household:H1", "Họp thôn lúc 19 giờ")
    fakes.wait(1, "zalo-oa")
    relay.daemon.kill()
    fakes.end_faults()
    fakes.advance(1800)
    fakes.clock(fakes.now() + ",x60")
    relay.start(fakes.now() + ",x60")
    relay.wait_outcomes(notice, sent=1)
    assert fakes.texts("zalo-oa") == ["Họp thôn lúc 19 giờ"]


def test_a_day_that_comes_twice_has_one_quota(relay, fakes):
    """The clock crosses midnight, is set back over it, and crosses it again."""
    relay.channel("oa", "zalo-oa", daily_quota=5)
    relay.families(1, 20)
    relay.start("2026-11-21T23:50:00+07:00,x600,step=-1h@1200s")
    notice = relay.submit("area:xa", "Hạn mức", expires="2026-11-22T01:00:00+07:00")
    relay.wait_outcomes(notice, sent=10, not_sent=10, timeout=60)
    assert len(fakes.messages("zalo-oa")) == 10


def test_what_waits_for_a_removed_channel_keeps_its_time(relay, fakes):
    """A notice for tomorrow whose first way is taken out of the configuration today goes another way tomorrow, in time."""
    relay.channel("oa", "zalo-oa")
    relay.channel("bot", "zalo-bot")
    relay.conf(ladder="oa bot")
    relay.family(1, channels={"oa": of.oa(1), "bot": of.bot(1)})
    relay.start("2026-11-21T09:00:00+07:00,x3000")
    notice = relay.submit("household:H1", "Sáng mai tiêm phòng", not_before="2026-11-22T06:00:00+07:00")
    relay.conf(ladder="bot")
    remove(relay, "oa")
    relay.daemon.reload()
    relay.wait_outcomes(notice, sent=1, timeout=60)
    assert fakes.texts("zalo-bot") == ["Sáng mai tiêm phòng"] and not fakes.messages("zalo-oa")
    assert "T06:" in relay.deliveries(notice)["H1"]["at"]


def test_a_clock_that_nobody_vouches_for(relay, fakes):
    """It may be night: what is bound to hours waits. Whoever is warned is told at once, and so is what has no hours."""
    relay.channel("oa", "zalo-oa", hours="06:00-22:00")
    relay.channel("bot", "zalo-bot")
    relay.family(1, channels={"oa": of.oa(1)})
    relay.family(2, channels={"bot": of.bot(2)})
    relay.start("2026-11-21T12:00:00+07:00,x20,untrusted=100s")
    bound = relay.submit("household:H1", "Họp thôn")
    warning = relay.submit("household:H1", "Lũ về", **{"class": "emergency"})
    event = relay.submit("household:H2", "Đèn tắt", **{"class": "priority"})
    relay.wait_outcomes(warning, sent=1)
    relay.wait_outcomes(event, sent=1)
    relay.health(lambda h: h["channels"]["oa"]["why"] == "clock")
    assert relay.outcomes(bound) == {"H1": "pending"}
    relay.wait_outcomes(bound, sent=1)


def test_nothing_ends_by_a_wrong_clock(relay, fakes):
    """A clock that begins years ahead: what has an end waits until it is put right, and then goes. What is old by it stays."""
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    old = relay.submit("household:H1", "Đã gửi")
    relay.wait_outcomes(old, sent=1)
    fakes.shut()
    notice = relay.submit("household:H1", "Họp tối nay", expires="2026-11-21T20:00:00+07:00")
    warning = relay.submit("household:H1", "Lũ", expires="2026-11-21T20:00:00+07:00", **{"class": "emergency"})
    relay.daemon.kill()
    fakes.open()
    ahead = (datetime.date(2030, 1, 1) - datetime.date(2026, 11, 21)).days * 86400
    relay.start(f"2030-01-01T10:00:00+07:00,x20,untrusted=150s,step=-{ahead}s@140s")
    relay.wait_outcomes(warning, sent=1)
    later = relay.submit("household:H1", "Mời bà con", expires="2026-11-21T21:00:00+07:00")
    assert relay.outcomes(notice) == relay.outcomes(later) == {"H1": "pending"}
    relay.wait_outcomes(notice, sent=1)
    relay.wait_outcomes(later, sent=1)
    assert relay.outcomes(old) == {"H1": "sent"}, "history is not removed by such a clock"


def test_nobody_waits_a_day_longer_for_help(relay, fakes):
    """The clock is set back while a notice waits for an answer: the next ones are asked after the minutes that were said."""
    relay.channel("oa", "zalo-oa")
    for n in (1, 2, 3):
        relay.family(n)
    relay.start("2026-11-22T09:00:00+07:00,x60,step=-1d@240s")
    steps = [{"to": ["person:p2"], "after": 600}, {"to": ["person:p3"], "after": 900}]
    relay.submit("person:p1", "Máy bơm hỏng", ack={"within": 600, "escalate": steps})
    relay.daemon.wait_log("stepped", timeout=20)
    fakes.wait_message(lambda m: m["address"] == of.oa(2), timeout=30)
    fakes.wait_message(lambda m: m["address"] == of.oa(3), timeout=30)
    assert len(fakes.messages()) == 3


def test_strangers_do_not_fill_the_journal(relay, fakes):
    """Webhooks that nobody signed come to an address that the world knows."""
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    for n in range(200):
        relay.mqtt.publish("inbound/oa", {"headers": {"X-ZEvent-Signature": f"mac={n:064x}"}, "body": "{}"})
    relay.wait_outcomes(relay.submit("household:H1", "Vẫn gửi"), sent=1)
    told = [line for line in relay.daemon.log().splitlines() if "webhook" in line]
    assert len(told) == 1 and "signature is wrong" in told[0]


def test_the_store_is_moved_away(relay, fakes):
    """What is accepted is on a disk that has a name: nothing is while the file is gone, and all goes on when it is back."""
    relay.channel("oa", "zalo-oa", rate="20/s")
    relay.families(1, 100)
    relay.start()
    notice = relay.submit("area:xa", "Tin dài ngày")
    fakes.wait(10)
    files = [relay.site.state / f"thon.db{suffix}" for suffix in ("", "-wal", "-shm")]
    for path in files:
        path.rename(f"{path}.away")
    relay.health(lambda h: h["store"] == "missing")
    assert relay.ask("household:H1", "Không nhận")["error"] == "missing"
    for path in files:
        path.with_name(f"{path.name}.away").rename(path)
    relay.health(lambda h: h["store"] == "ok")
    relay.wait_notice(notice, lambda doc: doc["counts"]["pending"] == 0, timeout=40)
    assert sorted(m["address"] for m in fakes.messages()) == [of.oa(n) for n in range(1, 101)]
