"""What comes in counts once: acknowledgements, receipts and webhooks, over crashes, repeats and forgeries."""

import copy
import json
import resource

import pytest

import relay as of
import thon

GROUP = "-1002003004"
ACK = {"within": 3600}


def acknowledged(relay, notice):
    """Whether the notice was taken on, and by whom of its recipients."""
    doc = relay.show(notice)
    return doc.get("acknowledged_by"), sorted(d["person"] or d["household"] for d in doc["deliveries"] if d["receipt"] == "acknowledged")


def wait_acknowledged(relay, notice):
    return relay.wait_notice(notice, lambda doc: doc.get("acknowledged_by"), what="acknowledgement")["acknowledged_by"]


def settled(relay, provider="telegram", n=900):
    """Everything that was pushed before has been dealt with: a stranger who says hello after it is answered."""
    settled.count = getattr(settled, "count", 0) + 1
    somebody = {"telegram": of.telegram, "zalo-bot": of.bot}[provider](n + settled.count)
    relay.fakes.push(provider, somebody, text="Xin chào")
    relay.fakes.wait_message(lambda m: m["address"] == somebody and "xin chào" in m["text"], provider)


def hooked(relay, n=900):
    """The same for webhooks."""
    settled.count = getattr(settled, "count", 0) + 1
    somebody = of.oa(n + settled.count)
    relay.webhook("oa", relay.fakes.push("zalo-oa", somebody, text="Xin chào"))
    relay.fakes.wait_message(lambda m: m["address"] == somebody and "xin chào" in m["text"], "zalo-oa")


def inbound(relay, **where):
    """Rows of what came in."""
    rows = relay.rows("inbound")
    return [r for r in rows if all(r[k] == v for k, v in where.items())]


# ---- acknowledging ----


@pytest.mark.parametrize("said", ["ok {}", "OK{}.", "đã nhận", "Đã nhận thông báo số {} ạ", "👍"])
def test_an_answer_in_the_private_chat_acknowledges(relay, fakes, said):
    relay.channel("tg", "telegram")
    relay.family(1, channels={"tg": of.telegram(1)})
    relay.start()
    notice = relay.submit("household:H1", "Sơ tán trước 17 giờ", ack=ACK)
    relay.wait_outcomes(notice, sent=1)
    fakes.push("telegram", of.telegram(1), text=said.format(notice))
    assert wait_acknowledged(relay, notice) == "Người p1"
    assert acknowledged(relay, notice)[1] == ["p1"]
    assert relay.site.ok("report", "list", "--all") == []


def test_what_is_not_meant_acknowledges_nothing(relay, fakes):
    relay.channel("tg", "telegram")
    relay.family(1, channels={"tg": of.telegram(1)})
    relay.family(2, channels={"tg": of.telegram(2)})
    relay.start()
    notice = relay.submit("household:H1", "Sơ tán", ack=ACK)
    plain = relay.submit("household:H2", "Lịch tiêm")
    relay.wait_outcomes(notice, sent=1)
    relay.wait_outcomes(plain, sent=1)
    fakes.push("telegram", of.telegram(1), text=f"ok {notice + 1000}")  # a number that is none
    fakes.push("telegram", of.telegram(2), text=f"ok {notice}")  # somebody else's notice
    fakes.push("telegram", of.telegram(2), text="đã nhận")  # nothing waits
    settled(relay)
    assert acknowledged(relay, notice) == (None, [])
    assert acknowledged(relay, plain) == (None, [])
    # Who gave a number is told that it was none; "đã nhận" is just courtesy.
    assert [m["text"] for m in fakes.messages("telegram", address=of.telegram(1))][1:] == [
        f"Không có thông báo số {notice + 1000} nào đang chờ ông/bà xác nhận."
    ]
    assert [m["text"] for m in fakes.messages("telegram", address=of.telegram(2))][1:] == [
        f"Không có thông báo số {notice} nào đang chờ ông/bà xác nhận."
    ]
    assert relay.site.ok("report", "list", "--all") == []


def test_in_a_group_somebody_of_the_registry_acknowledges(relay, fakes):
    relay.channel("tg", "telegram")
    relay.family(1, channels={"tg": GROUP})
    relay.person("truc", {"tg": of.telegram(5)})
    relay.start()
    notice = relay.submit("household:H1", "Mở cống số 3", ack=ACK)
    relay.wait_outcomes(notice, sent=1)
    fakes.push("telegram", of.telegram(66), group=GROUP, text="đã nhận")  # of money, and a stranger
    fakes.push("telegram", of.telegram(66), group=GROUP, text=f"ok {notice}")
    settled(relay)
    assert acknowledged(relay, notice)[0] is None
    fakes.push("telegram", of.telegram(5), group=GROUP, text=f"ok {notice}")
    assert wait_acknowledged(relay, notice) == "Người truc"
    # A group opens no report, and is not answered.
    fakes.push("telegram", of.telegram(5), group=GROUP, text="Chiều nay họp nhé mọi người")
    settled(relay)
    assert relay.site.ok("report", "list", "--all") == []
    assert [m["text"] for m in fakes.messages("telegram", address=GROUP)] == ["Mở cống số 3"]


def test_in_a_group_of_zalo_the_account_hears_for_the_group(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.channel("nhom", "zalo-group")
    relay.conf(ladder="nhom, oa")
    relay.family(1, channels={"nhom": "g7"})
    relay.person("truong-thon", {"oa": of.oa(5)})
    relay.start()
    notice = relay.submit("household:H1", "Mở cống số 3", ack=ACK)
    relay.wait_outcomes(notice, sent=1)
    relay.webhook("oa", fakes.push("zalo-oa", of.oa(5), group="g7", text="đã nhận"))
    assert wait_acknowledged(relay, notice) == "Người truong-thon"


# ---- once ----


def test_what_a_bot_is_given_twice_is_taken_once(relay, fakes):
    relay.channel("bot", "zalo-bot")
    relay.start()
    # Before the first word: a poll that hangs already would not meet the fault for a minute.
    fault = fakes.fault("duplicate", provider="zalo-bot", endpoint="getUpdates", next=4)
    fakes.push("zalo-bot", of.bot(1), text="Đèn ngõ Đông tắt")
    fakes.wait_message(lambda m: "đã nhận phản ánh số 1" in m["text"], "zalo-bot")
    fakes.wait(4, "zalo-bot", "requests")
    deadline = thon.Deadline(10)
    while fakes.faults()[fault]["fired"] < 4 and not deadline.passed():
        fakes.wait(len(fakes.requests("zalo-bot")), "zalo-bot", "requests")
    assert fakes.faults()[fault]["fired"] == 4
    assert len(inbound(relay)) == 1
    (report,) = relay.site.ok("report", "list", "--all")
    assert len(relay.site.ok("report", "show", report["id"])["entries"]) == 1
    assert len(fakes.messages("zalo-bot")) == 1


@pytest.mark.parametrize("provider, kind, who", [("zalo-bot", "zalo-bot", of.bot), ("telegram", "telegram", of.telegram)])
def test_a_crash_neither_loses_nor_repeats(relay, fakes, provider, kind, who):
    """Killed while updates stream in, again and again; all of them are there in the end, each once."""
    relay.channel("way", kind)
    relay.start()
    for n in range(40):
        fakes.push(provider, who(n), text=f"Cống số {n} tắc")
        if n % 10 == 5:
            fakes.wait(n - 4 - n // 10, provider)
            relay.daemon.kill()
            relay.start()
    settled(relay, provider)
    reports = relay.site.ok("report", "list", "--all", "--limit", "100")
    texts = sorted(r["text"] for r in reports)
    assert len(texts) == len(set(texts)), "nothing twice"
    lost = {f"Cống số {n} tắc" for n in range(40)} - set(texts)
    # A bot of Zalo forgets what it has handed out: what was on the wire at that moment is gone, one a kill at most.
    assert len(lost) <= (4 if provider == "zalo-bot" else 0), lost
    for r in reports:
        assert len(relay.site.ok("report", "show", r["id"])["entries"]) == 1


def test_telegram_goes_on_where_it_was_over_a_restart(relay, fakes):
    relay.channel("tg", "telegram")
    relay.start()
    fakes.push("telegram", of.telegram(1), text="Ngập đường liên thôn")
    fakes.wait_message(lambda m: "phản ánh số 1" in m["text"], "telegram")
    assert relay.daemon.stop() == 0
    fakes.push("telegram", of.telegram(2), text="Chó dữ thả rông")
    (before,) = relay.rows("poll_cursor")
    relay.start()
    fakes.wait_message(lambda m: "phản ánh số 2" in m["text"], "telegram")
    (after,) = relay.rows("poll_cursor")
    assert int(after["cursor"]) == int(before["cursor"]) + 1
    assert len(inbound(relay)) == 2 and len(fakes.messages("telegram")) == 2


def test_a_provider_that_answers_at_once_is_asked_at_a_walking_pace(relay, fakes):
    relay.channel("tg", "telegram")
    fakes.fault("error_code", provider="telegram", endpoint="getUpdates", status=200, code=0)
    relay.start()
    relay.daemon.wait_log("tg: messages cannot be received")
    fakes.end_faults()
    fakes.push("telegram", of.telegram(1), text="Xin chào")
    relay.daemon.wait_log("tg: messages are received again", timeout=20)
    fakes.wait(1, "telegram")
    # The same again for ever: nothing new in it.
    fakes.fault("duplicate", provider="telegram", endpoint="getUpdates")
    since = fakes.counts()["requests"]
    relay.family(2, channels={"tg": of.telegram(2)})
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=1)
    fakes.wait(since + 6, what="requests", timeout=20)
    seconds = [r["at"] for r in fakes.requests("telegram") if r["endpoint"] == "getUpdates"][-3:]
    assert all(b - a >= 900 for a, b in zip(seconds, seconds[1:])), seconds


def test_a_reload_keeps_the_poll_that_is_under_way(relay, fakes):
    relay.channel("bot", "zalo-bot")
    relay.channel("tg", "telegram")
    relay.start()
    settled(relay, "zalo-bot")
    settled(relay, "telegram")
    polls = lambda p: len([r for r in fakes.requests(p) if r["endpoint"] == "getUpdates"])  # noqa: E731
    before = polls("zalo-bot")
    for _ in range(3):
        relay.daemon.reload()
    fakes.push("zalo-bot", of.bot(1), text="Cột điện nghiêng")
    fakes.wait_message(lambda m: "phản ánh số 1" in m["text"], "zalo-bot")
    assert polls("zalo-bot") <= before + 3, "the poll went on over the reloads"
    # A channel that is switched off is asked no more; switched on, it is asked at once.
    relay.channel("tg", "telegram", receive="no")
    relay.daemon.reload()
    fakes.push("telegram", of.telegram(1), text="Nước bẩn")
    settled(relay, "zalo-bot")
    assert fakes.setting("telegram")["updates"] == 1
    relay.channel("tg", "telegram")
    relay.daemon.reload()
    fakes.wait_message(lambda m: "phản ánh số 2" in m["text"], "telegram")


def test_a_token_that_was_mended_is_tried_at_once(relay, fakes):
    fakes.settings("telegram", token="2002:other")
    relay.channel("tg", "telegram")
    relay.start()
    relay.daemon.wait_log("tg: messages cannot be received")
    fakes.settings("telegram", token="2002:telegram-bot")
    relay.daemon.reload()  # not in a quarter of an hour
    fakes.push("telegram", of.telegram(1), text="Xin chào")
    relay.daemon.wait_log("tg: messages are received again")


def test_what_comes_while_the_disk_is_full_waits(relay, fakes):
    relay.channel("bot", "zalo-bot")
    relay.channel("oa", "zalo-oa")
    relay.start()
    settled(relay, "zalo-bot")
    resource.prlimit(relay.daemon.pid, resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
    fakes.push("zalo-bot", of.bot(1), text="Cống tắc")
    relay.webhook("oa", fakes.push("zalo-oa", of.oa(2), text="Đèn tắt"))
    relay.health(lambda h: h and h["store"] != "ok")
    relay.daemon.wait_log("what came in waits")
    resource.prlimit(relay.daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    fakes.wait_message(lambda m: m["address"] == of.bot(1), "zalo-bot", timeout=30)
    fakes.wait_message(lambda m: m["address"] == of.oa(2), "zalo-oa", timeout=30)
    assert sorted(r["text"] for r in relay.site.ok("report", "list")) == ["Cống tắc", "Đèn tắt"]


# ---- webhooks ----


def test_only_a_signed_webhook_is_believed(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.start()
    good = fakes.push("zalo-oa", of.oa(1), text="Đèn ngõ Đông tắt")
    other = fakes.push("zalo-oa", of.oa(2), text="Cống tắc")
    forged = {**copy.deepcopy(good), "body": good["body"].replace("Đông", "Tây")}
    assert forged["body"] != good["body"]
    swapped = {"headers": other["headers"], "body": good["body"]}
    bare = {"headers": {"Content-Type": "application/json"}, "body": good["body"]}
    for bad in (forged, swapped, bare, {"body": good["body"]}, {"headers": good["headers"]}, [], "x", 17):
        relay.mqtt.publish("inbound/oa", bad if isinstance(bad, (dict, list)) else json.dumps(bad))
    relay.mqtt.publish("inbound/oa", b"\xff{")
    relay.mqtt.publish("inbound/none", good)
    hooked(relay)
    assert relay.site.ok("report", "list") == []
    assert len(inbound(relay)) == 1
    relay.webhook("oa", good)
    fakes.wait_message(lambda m: m["address"] == of.oa(1) and "phản ánh số 1" in m["text"], "zalo-oa")
    assert relay.site.ok("report", "list")[0]["text"] == "Đèn ngõ Đông tắt"


def test_a_replayed_webhook_and_a_retained_one_are_not_taken(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.start()
    first = fakes.push("zalo-oa", of.oa(1), text="Đèn ngõ Đông tắt")
    relay.webhook("oa", first)
    fakes.wait_message(lambda m: "phản ánh số 1" in m["text"], "zalo-oa")
    relay.webhook("oa", first)
    relay.daemon.kill()
    relay.mqtt.publish("inbound/oa", fakes.push("zalo-oa", of.oa(2), text="Còn giữ lại"), retain=True)
    relay.start()
    relay.webhook("oa", first)
    hooked(relay)
    texts = [r["text"] for r in relay.site.ok("report", "list")]
    assert sorted(texts) in (["Còn giữ lại", "Đèn ngõ Đông tắt"], ["Đèn ngõ Đông tắt"])
    assert len(relay.site.ok("report", "show", 1)["entries"]) == 1
    # What a broker retained comes with a new subscription, without end.
    assert len(inbound(relay, address=of.oa(1))) == 1


def test_without_the_key_no_webhook_is_believed(relay, fakes):
    relay.secret("zalo", oa_secret_key=None)
    relay.channel("oa", "zalo-oa")
    relay.start()
    relay.webhook("oa", fakes.push("zalo-oa", of.oa(1), text="Đèn tắt"))
    relay.daemon.wait_log("no oa_secret_key")
    assert inbound(relay) == []


# ---- receipts, follow, unfollow ----


def receipts(relay, notice):
    return [(d["outcome"], d["receipt"]) for d in relay.show(notice)["deliveries"]]


def test_receipts_only_raise(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=1)
    (message,) = fakes.messages("zalo-oa")
    seen = fakes.receipt("zalo-oa", message_id=message["message_id"], to=of.oa(1), what="seen")
    delivered = fakes.receipt("zalo-oa", message_id=message["message_id"], to=of.oa(1), what="delivered")
    none = fakes.receipt("zalo-oa", message_id="nobodys", to=of.oa(1), what="seen")
    relay.webhook("oa", seen)
    relay.wait_notice(notice, lambda doc: doc["deliveries"][0]["receipt"] == "seen", what="receipt")
    relay.webhook("oa", delivered)  # late
    relay.webhook("oa", none)
    hooked(relay)
    assert receipts(relay, notice) == [("sent", "seen")]
    assert relay.site.ok("notify", "coverage", notice)[-1]["seen"] == 1


def test_a_receipt_settles_what_was_unknown(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    fakes.fault("drop", provider="zalo-oa", endpoint="cs", next=1)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, unknown=1)
    (message,) = fakes.messages("zalo-oa")  # it had been accepted
    tracking = f"m{relay.rows('message')[0]['id']}"
    assert message.get("tracking_id", tracking) == tracking
    relay.webhook("oa", fakes.receipt("zalo-oa", message_id=tracking, to=of.oa(1), what="delivered"))
    relay.wait_outcomes(notice, sent=1)
    assert receipts(relay, notice) == [("sent", "delivered")]
    assert len(fakes.messages("zalo-oa")) == 1, "and it was not repeated"


def test_who_left_is_not_written_to_until_they_are_back(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    relay.webhook("oa", fakes.push("zalo-oa", of.oa(1), event="unfollow"))
    hooked(relay)
    notice = relay.submit("all", "Tin thứ nhất")
    relay.wait_outcomes(notice, visit=1)
    relay.webhook("oa", fakes.push("zalo-oa", of.oa(1), event="follow"))
    fakes.wait_message(lambda m: m["address"] == of.oa(1) and "xin viết vào đây" in m["text"], "zalo-oa")
    notice = relay.submit("all", "Tin thứ hai")
    relay.wait_outcomes(notice, sent=1)
    assert [m["text"] for m in fakes.messages("zalo-oa", address=of.oa(1))][1:] == ["Tin thứ hai"]
