"""A notice reaches everybody whom it concerns, once, on the best way that works, in order of urgency."""

import unicodedata

import pytest

import relay as of


def said(fakes, provider="zalo-oa"):
    return sorted((m["address"], m["text"]) for m in fakes.messages(provider))


# ---- every kind of channel ----

WAYS = {
    "zalo-oa": ("zalo-oa", "cs", of.oa(1)),
    "zalo-group": ("zalo-oa", "group", "g1"),
    "zalo-bot": ("zalo-bot", "sendMessage", of.bot(1)),
    "telegram": ("telegram", "sendMessage", of.telegram(1)),
}


@pytest.mark.parametrize("kind", WAYS)
def test_a_notice_arrives_by_chat(relay, fakes, kind):
    provider, endpoint, address = WAYS[kind]
    relay.channel("way", kind)
    relay.family(1, channels={"way": address})
    relay.start()
    notice = relay.submit("household:H1", "Kính mời bà con họp lúc 8 giờ.\nXin cảm ơn 🌾")
    message = fakes.wait(1, provider)[0]
    assert (message["endpoint"], message["address"]) == (endpoint, address)
    assert message["text"] == "Kính mời bà con họp lúc 8 giờ.\nXin cảm ơn 🌾"
    relay.wait_outcomes(notice, sent=1)
    delivery = relay.deliveries(notice)["H1"]
    assert (delivery["channel"], delivery["message_id"], delivery["attempts"]) == ("way", message["message_id"], 1)


def test_a_notice_arrives_by_phone_as_a_template(relay, fakes):
    relay.channel("zns", "zalo-template")
    relay.family(1, channels={}, phone=of.phone(1))
    relay.start()
    notice = relay.submit("household:H1", "Cắt điện từ 8 giờ đến 11 giờ")
    (message,) = fakes.wait(1, "zalo-zns")
    assert message["address"] == of.zns(1) and message["template_data"] == {"noi_dung": "Cắt điện từ 8 giờ đến 11 giờ"}
    relay.wait_outcomes(notice, sent=1)


def test_a_notice_arrives_by_user_id_as_a_template(relay, fakes):
    relay.channel("oa", "zalo-oa", enabled="yes")
    relay.channel("mau", "zalo-template", by="uid")
    relay.conf(ladder="mau")
    relay.family(1)  # known on "oa" only: the user id is the same
    relay.start()
    notice = relay.submit("household:H1", "Tin theo mẫu")
    (message,) = fakes.wait(1, "zalo-oa")
    assert (message["endpoint"], message["address"]) == ("template", of.oa(1))
    relay.wait_outcomes(notice, sent=1)


@pytest.mark.parametrize(
    "kind, provider, options, address",
    [
        ("ntfy", "ntfy", {"topic": "xa-mau"}, "xa-mau"),
        ("facebook-page", "facebook", {}, "100064000000001"),
        ("webhook", "webhook", {"chat": "tinh"}, "tinh"),
    ],
)
def test_a_channel_itself_can_be_written_to(relay, fakes, kind, provider, options, address):
    relay.channel("trang", kind, **options)
    relay.start()
    notice = relay.submit("channel:trang", "Thông báo chung")
    (message,) = fakes.wait(1, provider)
    assert message["address"] == address and message["text"] == "Thông báo chung"
    relay.wait_notice(notice, lambda doc: of.tally(doc) == {"sent": 1})


# ---- to whom ----


def test_an_area_is_all_below_it_and_a_household_is_told_once(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.area("thon-1")
    relay.area("ngo-1", parent="thon-1")
    relay.area("thon-2")
    relay.family(1, "thon-1")
    relay.family(2, "ngo-1")
    relay.person("p2b", {"oa": of.oa(22)}, household="H2")  # a second telephone in the same house
    relay.family(3, "thon-2")
    relay.start()
    notice = relay.submit(["area:thon-1", "household:H2", "area:ngo-1"], "Tiêm chủng ngày mai")
    relay.wait_outcomes(notice, sent=2)
    addresses = [m["address"] for m in fakes.messages()]
    assert len(addresses) == 2 and of.oa(1) in addresses and set(addresses) < {of.oa(1), of.oa(2), of.oa(22)}


def test_households_that_share_a_group_share_its_message(relay, fakes):
    relay.channel("nhom", "zalo-group")
    for n in (1, 2, 3):
        relay.family(n, channels={"nhom": "g7"})
    relay.family(4, channels={"nhom": "g8"})
    relay.start()
    notice = relay.submit("all", "Lịch gieo cấy vụ xuân")
    relay.wait_outcomes(notice, sent=4)
    assert [m["address"] for m in sorted(fakes.messages(), key=lambda m: m["address"])] == ["g7", "g8"]
    ids = {who: d["message_id"] for who, d in relay.deliveries(notice).items()}
    assert ids["H1"] == ids["H2"] == ids["H3"] != ids["H4"]


def test_roles_groups_and_persons(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1, role="hamlet-head")
    relay.family(2)
    relay.family(3)
    relay.family(4)
    relay.site.ok("group", "add", "nong-dan", "--name", "Hội nông dân", "--members", "p2")
    relay.start()
    notice = relay.submit(["role:hamlet-head", "group:nong-dan", "person:p3", "person:p3"], "Họp")
    relay.wait_outcomes(notice, sent=3)
    assert [m["address"] for m in sorted(fakes.messages(), key=lambda m: m["address"])] == list(map(of.oa, (1, 2, 3)))


def test_without_consent_nobody_is_told_and_that_is_counted(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.family(2, consent="emergency")
    relay.family(3, consent=None)
    relay.start()
    notice = relay.submit("all", "Mời dự lễ")
    relay.wait_outcomes(notice, sent=1)
    assert relay.show(notice)["counts"]["left_out"] == 2
    storm = relay.submit("all", "Bão số 5", **{"class": "emergency"})
    relay.wait_outcomes(storm, sent=2)
    assert relay.show(storm)["counts"]["left_out"] == 1
    assert said(fakes) == [(of.oa(1), "Bão số 5"), (of.oa(1), "Mời dự lễ"), (of.oa(2), "Bão số 5")]


def test_a_household_that_nothing_reaches_is_to_be_visited(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.household("H2")
    relay.start()
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=1, visit=1)
    assert relay.outcomes(notice)["H2"] == "visit"


@pytest.mark.parametrize("to", ["household:NONE", "area:none", "person:none", "group:none", "nonsense", "channel:none", ""])
def test_unknown_recipients_are_refused_and_nothing_is_kept(relay, fakes, to):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    answer = relay.ask(["household:H1", to], "Tin")
    assert not answer["ok"] and answer["error"] and answer["detail"]
    assert relay.site.ok("notify", "list") == []
    after = relay.submit("household:H1", "Sau")
    relay.wait_outcomes(after, sent=1)
    assert fakes.texts() == ["Sau"]


# ---- what is said ----


def test_a_template_is_filled_in_and_checked(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.template("tiem", "title = Lịch tiêm\n\nKính gửi {ho}, tiêm chủng ngày {ngay}.\n")
    relay.start()
    assert not relay.ask("all", template="tiem", values={"ho": "hộ ông A"})["ok"]
    assert not relay.ask("all", template="tiem", values={"ho": "A", "ngay": "5/12", "thua": "x"})["ok"]
    assert not relay.ask("all", template="khong-co", values={})["ok"]
    notice = relay.submit("all", template="tiem", values={"ho": "hộ ông A", "ngay": "5/12"})
    relay.wait_outcomes(notice, sent=1)
    assert fakes.texts() == ["Lịch tiêm\nKính gửi hộ ông A, tiêm chủng ngày 5/12."], "the title goes in front"


def test_an_approved_template_gets_the_values_themselves(relay, fakes):
    relay.channel("zns", "zalo-template")
    relay.family(1, channels={}, phone=of.phone(1))
    relay.template("ho-so", "zalo_template = 100002\n\n{ho_ten}: hồ sơ {ma_hs} có kết quả ngày {ngay}")
    relay.start()
    values = {"ho_ten": "Nguyễn Văn A", "ma_hs": "H01-42", "ngay": "5/12"}
    notice = relay.submit("all", template="ho-so", values=values)
    (message,) = fakes.wait(1)
    assert (message["template_id"], message["template_data"]) == ("100002", values)
    relay.wait_outcomes(notice, sent=1)


def test_text_goes_out_in_nfc(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    text = "Ủy ban nhân dân xã kính mời"
    relay.submit("all", unicodedata.normalize("NFD", text))
    assert fakes.wait(1)[0]["text"] == text


@pytest.mark.parametrize("kind, address, limit", [("zalo-oa", of.oa(1), 2000), ("telegram", of.telegram(1), 4096)])
def test_a_long_text_is_split_at_sentences_and_arrives_in_order(relay, fakes, kind, address, limit):
    relay.channel("way", kind)
    relay.family(1, channels={"way": address})
    relay.start()
    sentences = [f"Câu thứ {n}: bà con chú ý lịch cắt nước sinh hoạt của thôn." for n in range(1, 161)]
    notice = relay.submit("all", " ".join(sentences))
    relay.wait_outcomes(notice, sent=1)
    texts = fakes.texts()
    n = len(texts)
    assert n > 1 and all(t.startswith(f"({i}/{n}) ") for i, t in enumerate(texts, 1)), [t[:40] for t in texts]
    assert all(len(t.encode("utf-16-le")) // 2 <= limit for t in texts)
    assert " ".join(t.split(" ", 1)[1] for t in texts) == " ".join(sentences)
    assert all(t.endswith(".") for t in texts), "cut at the end of a sentence"


# ---- in which order ----


def test_an_emergency_overtakes_a_bulk(relay, fakes):
    relay.channel("oa", "zalo-oa", rate="20/s", parallel=2)
    relay.families(1, 200)
    relay.family(1000)
    relay.start()
    bulk = relay.submit("area:xa", "Tin thường")
    fakes.wait(20)
    storm = relay.submit("person:p1000", "Nước lên", **{"class": "emergency"})
    overtaken = len(fakes.messages())
    message = fakes.wait_message(lambda m: m["text"] == "Nước lên")
    assert message["number"] <= overtaken + 20, "within a second of the channel's rate"
    relay.wait_outcomes(storm, sent=1)
    relay.wait_outcomes(bulk, timeout=40, sent=201)
    texts = fakes.texts()
    assert (len(texts), texts.count("Nước lên")) == (202, 1)


def test_priority_goes_before_normal_and_normal_is_not_starved(relay, fakes):
    relay.channel("oa", "zalo-oa", rate="50/s", parallel=1)
    relay.families(1, 60)
    relay.start()
    fakes.shut()
    normal = relay.submit("area:xa", "thường")
    urgent = relay.submit("area:xa", "gấp", **{"class": "priority"})
    fakes.open()
    relay.wait_outcomes(urgent, timeout=60, sent=60)
    relay.wait_outcomes(normal, timeout=60, sent=60)
    order = fakes.texts()
    last_urgent = len(order) - 1 - order[::-1].index("gấp")
    assert last_urgent < 100, "urgent ones were done long before the end"
    assert "thường" in order[: order.index("gấp") + 40], "and normal ones went all the while"


def test_a_slow_channel_holds_no_other(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.channel("bot", "zalo-bot")
    relay.families(1, 20)
    relay.families(101, 20, channels=lambda n: {"bot": of.bot(n)})
    relay.start()
    fakes.fault("hang", provider="zalo-oa")
    notice = relay.submit("all", "Tin")
    fakes.wait(20, "zalo-bot", timeout=5)
    relay.wait_notice(notice, lambda doc: of.tally(doc).get("sent") == 20)
    fakes.end_faults()


def test_the_rate_is_kept(relay, fakes):
    relay.channel("oa", "zalo-oa", rate="40/s")
    relay.families(1, 100)
    relay.start()
    relay.wait_outcomes(relay.submit("all", "Tin"), timeout=30, sent=100)
    at = [m["at"] for m in fakes.messages()]
    windows = [sum(1 for t in at if start <= t < start + 1000) for start in at]
    assert max(windows) <= 44, "40, and what the network shifts"
    assert at[-1] - at[0] >= 2300


# ---- once ----


def test_the_same_key_is_the_same_notice(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    first = relay.ask("all", "Tin", key="k1")
    again = relay.ask("all", "Tin", key="k1")
    assert again["ok"] and again["id"] == first["id"]
    other = relay.ask("all", "Tin khác", key="k1")
    assert not other["ok"]
    relay.wait_outcomes(first["id"], sent=1)
    third = relay.ask("all", "Tin", key="k1")
    assert third["ok"] and third["id"] == first["id"], "also when it is done"
    relay.wait_outcomes(relay.submit("all", "Cuối"), sent=1)
    assert fakes.texts() == ["Tin", "Cuối"]


def test_the_same_key_after_a_restart(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    notice = relay.submit("all", "Tin", key="k1")
    relay.wait_outcomes(notice, sent=1)
    relay.daemon.kill()
    relay.start()
    assert relay.ask("all", "Tin", key="k1")["id"] == notice
    relay.wait_outcomes(relay.submit("all", "Cuối"), sent=1)
    assert fakes.texts() == ["Tin", "Cuối"]


def test_what_was_accepted_survives_a_kill_at_once(relay, fakes):
    """Some were on their way to a provider that was not there: its history says a minute later that they never came."""
    relay.channel("oa", "zalo-oa")
    relay.families(1, 50)
    fakes.clock("2026-11-21T09:00:00+07:00,x60")
    relay.start(fakes.now() + ",x60")
    fakes.shut()
    notice = relay.submit("all", "Tin")
    relay.daemon.kill()
    fakes.open()
    relay.start(fakes.now() + ",x60")
    relay.wait_outcomes(notice, sent=50, timeout=40)
    assert sorted(m["address"] for m in fakes.messages()) == sorted(map(of.oa, range(1, 51)))


# ---- later, instead, or not at all ----


def test_not_before(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start("2026-11-21T09:00:00+07:00,x60")
    notice = relay.submit("all", "Mười giờ", not_before="2026-11-21T09:05:00+07:00")
    assert relay.outcomes(notice) == {"H1": "pending"}
    relay.wait_outcomes(notice, timeout=30, sent=1)
    at = relay.deliveries(notice)["H1"]["at"]
    assert "09:05" <= at[11:16] <= "09:06", at


def test_what_was_superseded_is_not_sent(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.families(1, 5)
    relay.start()
    old = relay.submit("all", "Họp 8 giờ", not_before="2026-11-21T18:00:00+07:00")
    new = relay.submit("all", "Họp 9 giờ", supersedes=old)
    relay.wait_outcomes(new, sent=5)
    relay.wait_outcomes(old, not_sent=5)
    assert relay.show(old)["state"] == "superseded"
    assert set(fakes.texts()) == {"Họp 9 giờ"}


def test_what_expired_is_not_sent(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start("2026-11-21T09:00:00+07:00,x60")
    fakes.shut()
    notice = relay.submit("all", "Cắt điện 9 giờ", expires="2026-11-21T09:05:00+07:00")
    relay.wait_outcomes(notice, timeout=30, not_sent=1)
    assert "hạn" in relay.deliveries(notice)["H1"]["detail"]
    fakes.open()
    after = relay.submit("all", "Sau")
    relay.wait_outcomes(after, timeout=40, sent=1)
    assert fakes.texts() == ["Sau"]


def test_what_was_withdrawn_is_not_sent(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    notice = relay.submit("all", "Nhầm", not_before="2026-11-21T18:00:00+07:00")
    relay.site.ok("notify", "cancel", notice)
    relay.wait_outcomes(notice, not_sent=1)
    relay.wait_outcomes(relay.submit("all", "Đúng"), sent=1)
    assert fakes.texts() == ["Đúng"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "x" * 20_000},
        {"text": "x", "class": "urgent"},
        {"text": "x", "expires": "yesterday"},
        {"text": "x", "template": "t"},
        {},
        {"text": "x", "unknown": 1},
        {"text": "x", "supersedes": 999},
        {"text": "x\u0000"},
    ],
)
def test_a_notice_that_cannot_be_is_refused_whole(relay, fakes, wrong):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    relay.start()
    answer = relay.ask("all", **wrong)
    assert not answer["ok"] and answer["detail"]
    assert relay.site.ok("notify", "list") == []
