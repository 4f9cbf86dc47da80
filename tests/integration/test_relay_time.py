"""Hours, days, steps of the clock and long outages, in simulated time: limits are kept to the message, and what waited
goes when it may, neither before nor all at once."""

import json

import pytest

import relay as of


def begin(relay, fakes, at, **options):
    """relayd and the providers at the same civil time; `at` as for --sim-clock."""
    fakes.clock(at)
    return relay.start(at, **options)


def times(relay, notice):
    """When each delivery that was sent was sent, as relayd says: "2026-11-21T09:00:00+07:00"."""
    return sorted(d["at"] for d in relay.show(notice)["deliveries"] if d["outcome"] == "sent")


# ---- the quota of a day ----


def test_a_days_quota_is_kept_to_the_message_over_midnight(relay, fakes):
    relay.channel("oa", "zalo-oa", daily_quota=8, reserve=2)
    relay.families(1, 11)
    begin(relay, fakes, "2026-11-21T22:00:00+07:00,x300")
    bulk = relay.submit("area:xa", "Tin")
    doc = relay.wait_outcomes(bulk, sent=6, pending=5)
    assert {d["due"][:14] for d in doc["deliveries"] if d["outcome"] == "pending"} == {"2026-11-22T00:"}
    storm = relay.submit(["household:H1", "household:H2", "household:H3"], "Bão", **{"class": "emergency"})
    relay.wait_outcomes(storm, sent=2, pending=1)  # the reserve, and no more
    relay.wait_outcomes(storm, timeout=40, sent=3)
    relay.wait_outcomes(bulk, timeout=40, sent=11)
    days = [at[:10] for at in times(relay, bulk) + times(relay, storm)]
    assert (days.count("2026-11-21"), days.count("2026-11-22")) == (8, 6)
    assert len(fakes.messages()) == 14


def test_a_restart_gives_no_quota_back_and_an_unknown_counts(relay, fakes):
    relay.channel("oa", "zalo-oa", daily_quota=5, unknown="ask")
    relay.families(1, 4)
    begin(relay, fakes, of.MORNING)
    fakes.fault("drop", provider="zalo-oa", endpoint="cs", next=1)
    first = relay.submit("all", "Một")
    relay.wait_outcomes(first, sent=3, unknown=1)
    relay.daemon.kill()
    begin(relay, fakes, of.MORNING)
    second = relay.submit("all", "Hai")
    relay.wait_outcomes(second, sent=1, pending=3)
    relay.health(lambda h: h["channels"]["oa"]["quota"]["used"] == 5)
    assert len(fakes.messages()) == 5


def test_a_long_text_counts_its_parts_and_goes_on_one_day(relay, fakes):
    relay.channel("oa", "zalo-oa", daily_quota=5)
    relay.families(1, 2)
    begin(relay, fakes, "2026-11-21T23:00:00+07:00,x600")
    text = " ".join(f"Câu số {n} của một thông báo dài về lịch cấp nước sinh hoạt." for n in range(100))
    notice = relay.submit("all", text)
    relay.wait_outcomes(notice, sent=1, pending=1)
    parts = len(fakes.messages())
    assert 2 < parts <= 5 < 2 * parts, "one text fits into the day, two do not"
    relay.wait_outcomes(notice, timeout=40, sent=2)
    first, second = (m["address"] for m in (fakes.messages()[0], fakes.messages()[-1]))
    assert [m["address"] for m in fakes.messages()] == [first] * parts + [second] * parts


# ---- hours ----


def test_hours_are_kept_and_an_emergency_passes_them(relay, fakes):
    relay.channel("oa", "zalo-oa", hours="06:00-22:00", rate="1/min")
    relay.families(1, 60)
    begin(relay, fakes, "2026-11-21T21:20:00+07:00,x1200")
    bulk = relay.submit("area:xa", "Tin")
    relay.wait_notice(
        bulk,
        lambda doc: [d["due"] for d in doc["deliveries"] if d["outcome"] == "pending" and (d["due"] or "")[11:13] == "06"],
        what="deferral to the morning",
    )
    storm = relay.submit("household:H1", "Nước lên", **{"class": "emergency"})
    relay.wait_outcomes(storm, sent=1)
    (at,) = times(relay, storm)
    assert at[11:13] in ("22", "23", "00", "01", "02", "03", "04", "05"), at
    relay.wait_outcomes(bulk, timeout=90, sent=60)
    sent = [at[11:16] for at in times(relay, bulk)]
    assert all("06:00" <= at < "22:20" for at in sent), "one that began at 21:59:59 is answered within a second, 20 minutes here"
    assert any(at > "21:19" for at in sent) and any(at < "08:00" for at in sent)
    assert len(fakes.messages()) == 61


def test_the_providers_own_night_is_taken_at_its_word(relay, fakes):
    """Its clock is an hour ahead of ours."""
    relay.channel("zns", "zalo-template", hours="always")
    relay.family(1, channels={}, phone=of.phone(1))
    fakes.clock("2026-11-21T22:30:00+07:00,x2400")
    relay.start("2026-11-21T21:30:00+07:00,x2400")
    notice = relay.submit("all", "Tin")
    relay.wait_notice(notice, lambda doc: (doc["deliveries"][0]["due"] or "").startswith("2026-11-22T06:"))
    relay.wait_outcomes(notice, timeout=60, sent=1)
    (at,) = times(relay, notice)
    assert "2026-11-22T06:0" < at < "2026-11-22T09:00", "06:05, up to 20 minutes of jitter, and a second or two of ours: " + at
    assert [r["code"] for r in fakes.requests("zalo-zns")] == [-133, 0]


# ---- two hours without the network ----


def test_a_two_hour_outage(relay, fakes):
    relay.channel("oa", "zalo-oa", rate="10/s")
    relay.families(1, 40)
    begin(relay, fakes, "2026-11-21T14:00:00+07:00,x1200")
    relay.wait_outcomes(relay.submit("area:xa", "Trước đó"), sent=40)
    fakes.shut()
    gone = relay.submit("area:xa", "Họp lúc 15 giờ", expires="2026-11-21T15:00:00+07:00")
    wrong = relay.submit("area:xa", "Tiêm chủng ngày 5/12")
    right = relay.submit("area:xa", "Tiêm chủng ngày 6/12", supersedes=wrong)
    sowing = relay.submit("area:xa", "Lịch gieo mạ")
    relay.mqtt.wait_for("event/relay-offline", lambda e: e["state"] == "raised", timeout=30)
    relay.wait_outcomes(gone, timeout=30, not_sent=40)
    storm = relay.submit("area:xa", "Bão đổ bộ", **{"class": "emergency"})
    two_hours = relay.submit("household:H1", "Mượn loa", expires="2026-11-21T16:00:00+07:00")
    relay.wait_outcomes(two_hours, timeout=30, not_sent=1)
    before = len(fakes.messages())
    assert before == 40
    fakes.open()
    for notice in (storm, right, sowing):
        relay.wait_outcomes(notice, timeout=60, sent=40)
    relay.wait_outcomes(wrong, not_sent=40)
    relay.mqtt.wait_for("event/relay-offline", lambda e: e["state"] == "cleared", timeout=30)
    assert len(relay.mqtt.seen("event/relay-offline")) == 2, "said once that it went, once that it came back"

    back = fakes.messages(since=before)
    probes = 0
    for n in range(1, 41):
        mine = [m["text"] for m in back if m["address"] == of.oa(n)]
        words = " ".join(mine)
        assert mine.count("Bão đổ bộ") == 1 and words.count("6/12") == 1 and words.count("Lịch gieo mạ") == 1, mine
        assert "5/12" not in words and "15 giờ" not in words and "loa" not in words
        probes += len(mine) - 2  # the emergency, and one for all the rest
    assert probes <= 3, "but for those whose messages found out that the network is back"
    knocks = [r["at"] for r in fakes.requests("zalo-oa") if r["endpoint"] == "cs" and r["at"] >= back[0]["at"]]
    assert knocks[1] > knocks[0], "the first comes alone"
    assert len(back) == 80 + probes


def test_down_and_up_again_within_the_outage_is_nothing_to_say(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.person("tho-dien", {"oa": of.oa(1)}, role="technician")
    relay.route("den", match="light-*", to="role:technician", group_wait="1s")
    begin(relay, fakes, "2026-11-21T20:00:00+07:00,x60")
    fakes.shut()
    event = {"id": "light:road:dark", "at": "2026-11-21T20:00:00+07:00", "severity": "warning", "subject": "road"}
    event |= {"text": "Đường làng: đèn không sáng", "values": {}, "cause_id": None}
    relay.mqtt.publish("event/light-dark", {**event, "state": "raised"})
    relay.mqtt.wait_for("notify/1/state", lambda d: d["counts"]["pending"] == 1, timeout=20)
    relay.mqtt.publish("event/light-dark", {**event, "state": "cleared"})
    relay.wait_outcomes(1, timeout=20, not_sent=1)
    fakes.open()
    probe = relay.submit("person:tho-dien", "Thử")
    relay.wait_outcomes(probe, timeout=60, sent=1)
    assert fakes.texts() == ["Thử"]


# ---- steps of the clock ----


def test_a_step_forward_brings_what_is_due_at_once(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    begin(relay, fakes, "2026-11-21T09:00:00+07:00,x60,step=+3h@2min")
    notice = relay.submit("all", "Mười một giờ", not_before="2026-11-21T11:00:00+07:00")
    relay.wait_outcomes(notice, timeout=20, sent=1)
    (at,) = times(relay, notice)
    assert at.startswith("2026-11-21T12:0"), at


def test_a_step_back_keeps_nothing_waiting_that_the_clock_put_off(relay, fakes):
    """What waited for a few seconds of back-off must not wait for the hours that the clock went back."""
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    begin(relay, fakes, "2026-11-21T12:00:00+07:00,x60,step=-3h@3min")
    fakes.shut()
    notice = relay.submit("all", "Tin")
    relay.wait_notice(notice, lambda doc: doc["deliveries"][0]["detail"])  # it was tried
    relay.wait_notice(notice, lambda doc: (doc["deliveries"][0]["due"] or "Z") < "2026-11-21T10", timeout=20)
    fakes.open()
    relay.wait_outcomes(notice, timeout=30, sent=1)
    assert times(relay, notice)[0] < "2026-11-21T10"
    assert len(fakes.messages()) == 1


def test_a_step_back_sends_nothing_twice_and_nothing_early(relay, fakes):
    relay.channel("oa", "zalo-oa", rate="1/s")
    relay.families(1, 30)
    begin(relay, fakes, "2026-11-21T12:00:00+07:00,x10,step=-2h@10s")
    late = relay.submit("household:H1", "Một giờ", not_before="2026-11-21T13:00:00+07:00")
    bulk = relay.submit("area:xa", "Tin")
    relay.wait_outcomes(bulk, timeout=40, sent=30)
    assert relay.outcomes(late) == {"H1": "pending"}
    counts = {}
    for m in fakes.messages():
        counts[m["address"]] = counts.get(m["address"], 0) + 1
    assert counts == {of.oa(n): 1 for n in range(1, 31)}


def test_a_step_over_midnight_begins_a_new_quota_and_back_again_gives_none(relay, fakes):
    relay.channel("oa", "zalo-oa", daily_quota=3)
    relay.families(1, 5)
    begin(relay, fakes, "2026-11-21T23:59:00+07:00,x10")
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=3, pending=2)
    assert relay.daemon.stop() == 0
    begin(relay, fakes, "2026-11-22T00:01:00+07:00")  # the next day
    relay.wait_outcomes(notice, timeout=20, sent=5)
    assert relay.daemon.stop() == 0
    begin(relay, fakes, "2026-11-21T23:59:30+07:00")  # and the clock was set back
    more = relay.submit("all", "Nữa")
    relay.wait_notice(more, lambda doc: doc["counts"]["pending"] == 5 and all(d["due"] > "2026-11-22" for d in doc["deliveries"]))
    assert len(fakes.messages()) == 5


# ---- days ----


def test_the_chain_of_tokens_goes_on_for_days_and_no_message_meets_an_old_one(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    fakes.app(expire=True)
    begin(relay, fakes, "2026-11-21T09:00:00+07:00,x36000")  # a day in 2.4 s
    first = relay.submit("all", "Ngày đầu")
    relay.wait_outcomes(first, sent=1)
    fakes.wait(4, "zalo-oauth", "requests", timeout=40)
    fakes.push("zalo-oa", of.oa(1), text="Chào xã")  # the window is open
    last_one = relay.submit("all", "Ngày thứ ba")
    relay.wait_outcomes(last_one, timeout=20, sent=1)
    assert [r["code"] for r in fakes.requests("zalo-oauth")] == [0] * len(fakes.requests("zalo-oauth"))
    refused = [r for r in fakes.requests("zalo-oa") if r["code"] in (-216, -220)]
    assert len(refused) <= 1, "at most the very first token was found to be old"
    pair = json.loads(next((relay.site.state / "relay").glob("token-*.json")).read_text())
    assert fakes.tokens()["access_token"] in json.dumps(pair)


@pytest.mark.parametrize("idle_days, outcome", [(6, "sent"), (8, "visit")])
def test_the_window_of_seven_days_is_known_without_failing(relay, fakes, idle_days, outcome):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    fakes.person("zalo-oa", of.oa(1), idle_s=idle_days * 86400)
    begin(relay, fakes, of.MORNING)
    fakes.person("zalo-oa", of.oa(1), idle_s=idle_days * 86400)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, **{outcome: 1})
    sends = [r["code"] for r in fakes.requests("zalo-oa") if r["endpoint"] == "cs"]
    assert sends == ([0] if outcome == "sent" else []), "nobody is asked whether it is shut by failing"


def test_who_writes_opens_the_window_for_us_too(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    begin(relay, fakes, of.MORNING)
    fakes.person("zalo-oa", of.oa(1), idle_s=8 * 86400)
    first = relay.submit("all", "Một")
    relay.wait_outcomes(first, visit=1)
    relay.webhook("oa", fakes.push("zalo-oa", of.oa(1), text="Xã ơi đèn tắt"))
    relay.mqtt.wait_for("event/relay-report", timeout=20)
    second = relay.submit("all", "Hai")
    relay.wait_outcomes(second, sent=1)
    assert "Hai" in fakes.texts()
