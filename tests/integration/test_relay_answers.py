"""Every way in which a provider can answer, or not: what becomes of the delivery, and nothing is lost or said twice."""

import json
import socket

import pytest

import relay as of

FAST = "2026-11-21T09:00:00+07:00,x60"  # back-off and doubts pass in seconds


def counts_by_address(fakes, provider="zalo-oa"):
    counts = {}
    for message in fakes.messages(provider):
        counts[message["address"]] = counts.get(message["address"], 0) + 1
    return counts


def five(relay, fakes, kind="zalo-oa", clock=FAST, **options):
    """Five families on one channel "oa"; its daemon runs. Who has a history is not asked about."""
    address = {"zalo-oa": of.oa, "zalo-bot": of.bot, "telegram": of.telegram}[kind]
    relay.channel("oa", kind, **options)
    relay.families(1, 5, channels=lambda n: {"oa": address(n)})
    fakes.clock(clock)
    relay.start(clock)


# ---- refusals of the message or the person ----


@pytest.mark.parametrize("error", [-201, -210, -213, -230, -248])
def test_a_refusal_in_a_200_is_no_success(relay, fakes, error):
    five(relay, fakes)
    fakes.fault("error_code", provider="zalo-oa", endpoint="cs", code=error, message="No")
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, visit=5)
    delivery = relay.deliveries(notice)["H1"]
    assert delivery["code"] == error or any(rung["code"] == error for rung in delivery["rungs"]), delivery
    assert fakes.messages() == [] and relay.daemon.running()


def test_a_number_without_zalo_goes_on_at_once_and_is_remembered(relay, fakes):
    relay.channel("zns", "zalo-template")
    relay.channel("bot", "zalo-bot")
    relay.conf(ladder="zns bot")
    relay.family(1, channels={"bot": of.bot(1)}, phone=of.phone(1))
    fakes.person("zalo-zns", of.zns(1), exists=False)
    relay.start()
    first = relay.submit("all", "Một")
    relay.wait_outcomes(first, sent=1)
    assert relay.deliveries(first)["H1"]["channel"] == "bot"
    second = relay.submit("all", "Hai")
    relay.wait_outcomes(second, sent=1)
    asked = [r for r in fakes.requests("zalo-zns") if r["endpoint"] == "template"]
    assert [r["code"] for r in asked] == [-118], "asked once, remembered then"
    assert fakes.texts() == ["Một", "Hai"]


def test_a_ladder_is_walked_to_its_end(relay, fakes):
    relay.channel("nhom", "zalo-group")
    relay.channel("oa", "zalo-oa")
    relay.channel("bot", "zalo-bot")
    relay.conf(ladder="nhom oa bot")
    ways = {1: {"nhom": "g1", "oa": of.oa(1), "bot": of.bot(1)}}
    ways[2] = {"nhom": "x2", "oa": of.oa(2), "bot": of.bot(2)}
    ways[3] = {"nhom": "x3", "oa": "5555555555", "bot": of.bot(3)}
    ways[4] = {"nhom": "x4", "oa": "5555555556", "bot": "55"}
    relay.families(1, 4, channels=ways.get)
    relay.start()
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=3, visit=1)
    taken = {who: d["channel"] for who, d in relay.deliveries(notice).items() if d["outcome"] == "sent"}
    assert taken == {"H1": "nhom", "H2": "oa", "H3": "bot"}
    assert len(fakes.messages()) == 3


def test_telegram_moves_a_group_and_we_follow(relay, fakes):
    relay.channel("tg", "telegram")
    relay.family(1, channels={"tg": "-500"})
    fakes.person("telegram", "-500", migrated_to="-1000000000500")
    relay.start()
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=1)
    assert [m["address"] for m in fakes.messages()] == ["-1000000000500"]


def test_ids_beyond_a_double_arrive_unharmed(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.channel("tg", "telegram")
    relay.family(1, channels={"oa": "8199999999999999997"})
    relay.family(2, channels={"tg": "-1002147483647999"})
    relay.start()
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=2)
    assert sorted(m["address"] for m in fakes.messages()) == ["-1002147483647999", "8199999999999999997"]


def test_an_unknown_code_is_a_refusal_and_is_shown(relay, fakes):
    five(relay, fakes)
    fakes.fault("error_code", provider="zalo-oa", endpoint="cs", code=-7777, message="Something new", next=5)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, timeout=60, sent=5)
    assert set(counts_by_address(fakes).values()) == {1}


# ---- wait ----


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_pauses_the_whole_channel(relay, fakes, status):
    five(relay, fakes, clock=of.MORNING, parallel=1, rate="20/s")
    fakes.fault("http_status", provider="zalo-oa", endpoint="cs", status=status, retry_after=2, next=1)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=5)
    sends = [r for r in fakes.requests("zalo-oa") if r["endpoint"] == "cs"]
    refused = next(i for i, r in enumerate(sends) if r["status"] == status)
    assert sends[refused + 1]["at"] - sends[refused]["at"] >= 1900, "nobody was asked meanwhile"
    assert set(counts_by_address(fakes).values()) == {1} and len(fakes.messages()) == 5


def test_telegrams_retry_after_is_in_the_body_too(relay, fakes):
    five(relay, fakes, "telegram", clock=of.MORNING, parallel=1)
    fakes.fault("error_code", provider="telegram", endpoint="sendMessage", code=429, retry_after=2, next=1)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=5)
    sends = [r for r in fakes.requests("telegram") if r["endpoint"] == "sendMessage"]
    assert sends[0]["code"] == 429 and sends[1]["at"] - sends[0]["at"] >= 1900
    assert len(fakes.messages()) == 5


def test_a_used_up_quota_waits_for_tomorrow_and_nobody_knocks_meanwhile(relay, fakes):
    relay.channel("zns", "zalo-template")
    for n in (1, 2):
        relay.family(n, channels={}, phone=of.phone(n))
    fakes.settings("zalo-zns", daily_quota=1, remaining=1, night_bar=False)
    relay.start()
    notice = relay.submit("all", "Tin")
    relay.wait_notice(  # pending is also what is under way, which is due at no time
        notice,
        lambda doc: sorted((d["outcome"], (d["due"] or "")[:14]) for d in doc["deliveries"])
        == [("pending", "2026-11-22T00:"), ("sent", "")],
        what="wait for tomorrow",
    )
    later = relay.submit("all", "Sau", **{"class": "priority"})
    relay.health(lambda h: h["channels"]["zns"]["why"] == "paused")
    assert set(relay.outcomes(later).values()) == {"pending"}
    asked = [r["code"] for r in fakes.requests("zalo-zns") if r["endpoint"] == "template"]
    assert asked.count(0) == 1 and asked.count(-144) <= 1 and len(asked) == 2, asked


def test_too_fast_for_the_provider(relay, fakes):
    relay.channel("tg", "telegram")
    relay.families(1, 40, channels=lambda n: {"tg": of.telegram(n)})
    fakes.limit("telegram", 30, 1000)  # also for the polls
    relay.start()
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, timeout=30, sent=40)
    assert len(counts_by_address(fakes, "telegram")) == 40 == len(fakes.messages())


# ---- unknown ----

LOST = [
    {"do": "drop"},
    {"do": "reset_after"},
    {"do": "half"},
    {"do": "garbage"},
    {"do": "not_http"},
    {"do": "huge", "size": 3_000_000},
    {"do": "http_status", "status": 500, "accept": True},
    {"do": "http_status", "status": 503, "accept": True},
]


@pytest.mark.parametrize("fault", LOST, ids=lambda f: f"{f['do']}-{f.get('status', '')}")
def test_an_answer_that_is_lost_is_unknown_and_never_repeated(relay, fakes, fault):
    five(relay, fakes, unknown="ask")
    fakes.fault(**fault, provider="zalo-oa", endpoint="cs", address=of.oa(3))
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=4, unknown=1)
    assert relay.outcomes(notice)["H3"] == "unknown"
    fakes.end_faults()
    after = relay.submit("all", "Sau")  # what comes later is sent, what is unknown is left alone
    relay.wait_outcomes(after, timeout=40, sent=5)
    assert relay.outcomes(notice)["H3"] == "unknown"
    assert counts_by_address(fakes) == {of.oa(n): 2 for n in range(1, 6)}


def test_a_provider_that_hangs_is_unknown_after_a_while(relay, fakes):
    five(relay, fakes, clock=of.MORNING, unknown="ask")
    fakes.fault("hang", provider="zalo-oa", endpoint="cs", address=of.oa(3))
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=4, pending=1)
    relay.wait_outcomes(notice, timeout=60, sent=4, unknown=1)
    assert counts_by_address(fakes) == {of.oa(n): 1 for n in range(1, 6)}
    fakes.end_faults()


def test_the_history_settles_what_was_accepted(relay, fakes):
    five(relay, fakes)  # unknown = receipt, the default
    fakes.fault("drop", provider="zalo-oa", endpoint="cs", address=of.oa(2))
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, timeout=40, sent=5)
    (message,) = fakes.messages(address=of.oa(2))
    assert relay.deliveries(notice)["H2"]["message_id"] == message["message_id"]
    asked = [r["endpoint"] for r in fakes.requests("zalo-oa") if r["endpoint"] == "conversation"]
    assert len(asked) == 1


def test_what_the_history_does_not_show_was_not_sent_and_is_sent_once(relay, fakes):
    five(relay, fakes)
    fakes.fault("drop", provider="zalo-oa", endpoint="cs", address=of.oa(3), accept=False, next=1)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, timeout=40, sent=5)
    assert counts_by_address(fakes) == {of.oa(n): 1 for n in range(1, 6)}


def test_an_emergency_is_repeated_knowingly_once(relay, fakes):
    five(relay, fakes, unknown="ask")
    fakes.fault("drop", provider="zalo-oa", endpoint="cs", address=of.oa(1), next=1)
    fakes.fault("drop", provider="zalo-oa", endpoint="cs", address=of.oa(2))
    notice = relay.submit("all", "Nước lên", **{"class": "emergency"})
    relay.wait_outcomes(notice, timeout=40, sent=4, unknown=1)
    assert relay.outcomes(notice)["H2"] == "unknown"
    counts = counts_by_address(fakes)
    assert counts[of.oa(1)] == 2 and counts[of.oa(2)] == 2, "once more, and then never again"


@pytest.mark.parametrize("word, outcome, sends", [("sent", "sent", 1), ("not-sent", "visit", 1), ("repeat", "sent", 2)])
def test_a_person_resolves_what_nobody_knows(relay, fakes, word, outcome, sends):
    five(relay, fakes, unknown="ask")
    fakes.fault("drop", provider="zalo-oa", endpoint="cs", address=of.oa(1), next=1)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, sent=4, unknown=1)
    relay.site.ok("notify", "resolve", notice, "--as", word, "--household", "H1")
    relay.wait_notice(notice, lambda doc: relay.outcomes(notice)["H1"] == outcome)
    assert counts_by_address(fakes)[of.oa(1)] == sends


def test_a_receipt_settles_what_nobody_knew(relay, fakes):
    relay.channel("zns", "zalo-template", unknown="receipt")
    relay.family(1, channels={}, phone=of.phone(1))
    relay.start()
    fakes.fault("drop", provider="zalo-zns", next=1)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, unknown=1)
    (message,) = fakes.messages()
    signed = fakes.receipt(
        "zalo-zns", message_id=message["message_id"], tracking_id=message["tracking_id"], to=of.zns(1)
    )
    relay.webhook("zns", signed)
    relay.wait_outcomes(notice, sent=1)
    assert relay.deliveries(notice)["H1"]["receipt"] == "delivered"
    assert len(fakes.messages()) == 1


# ---- nothing went out ----


def test_a_refused_connection_is_tried_again_until_the_door_opens(relay, fakes):
    five(relay, fakes)
    fakes.shut()
    notice = relay.submit("all", "Tin")
    relay.wait_notice(notice, lambda doc: any(d["attempts"] or d["detail"] for d in doc["deliveries"]))
    fakes.open()
    relay.wait_outcomes(notice, timeout=60, sent=5)
    assert counts_by_address(fakes) == {of.oa(n): 1 for n in range(1, 6)}


def test_a_reset_before_anything_was_read_doubles_nothing(relay, fakes):
    five(relay, fakes, unknown="ask")
    fakes.fault("reset_before", provider="zalo-oa", endpoint="cs", next=3)
    notice = relay.submit("all", "Tin")
    doc = relay.wait_notice(notice, lambda doc: "pending" not in of.tally(doc), timeout=40)
    counts = counts_by_address(fakes)
    for n in range(1, 6):
        outcome = next(d["outcome"] for d in doc["deliveries"] if d["household"] == f"H{n}")
        assert (outcome, counts.get(of.oa(n), 0)) in (("sent", 1), ("unknown", 0))


# ---- tokens ----


@pytest.mark.parametrize("code", [-216, -220])
def test_an_expired_token_is_refreshed_once_and_nothing_is_lost(relay, fakes, code):
    relay.channel("oa", "zalo-oa")
    relay.families(1, 60)
    fakes.app(expire=True, code=code)
    relay.start()
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, timeout=30, sent=60)
    assert fakes.tokens()["refreshes"] == 1
    assert len(counts_by_address(fakes)) == 60 == len(fakes.messages())


def test_the_new_pair_is_on_disk_and_outlives_a_kill(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.family(1)
    fakes.app(expire=True)
    relay.start()
    relay.wait_outcomes(relay.submit("all", "Một"), sent=1)
    relay.daemon.kill()
    relay.start()
    relay.wait_outcomes(relay.submit("all", "Hai"), sent=1)
    assert fakes.tokens()["refreshes"] == 1 and fakes.texts() == ["Một", "Hai"]
    (kept,) = (relay.site.state / "relay").glob("token-*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert fakes.tokens()["refresh_token"] in kept.read_text()


def test_channels_with_one_credential_share_the_chain(relay, fakes):
    relay.channel("oa", "zalo-oa")
    relay.channel("nhom", "zalo-group")
    relay.channel("zns", "zalo-template")
    relay.families(1, 10)
    relay.families(101, 10, channels=lambda n: {"nhom": f"g{n}"})
    relay.family(201, channels={}, phone=of.phone(201))
    fakes.app(expire=True)
    relay.start()
    relay.wait_outcomes(relay.submit("all", "Tin"), timeout=30, sent=21)
    assert fakes.tokens()["refreshes"] == 1


def test_a_used_refresh_token_is_an_alarm_and_the_deliveries_wait(relay, fakes):
    five(relay, fakes, clock=of.MORNING)
    fakes.app(expire=True, refresh_token="somebody-else-has-it")
    notice = relay.submit("all", "Tin")
    relay.health(lambda h: h["channels"]["oa"]["token"] == "lost")
    relay.wait_outcomes(notice, pending=5)
    refreshes = [r for r in fakes.requests("zalo-oauth")]
    assert len(refreshes) == 1, "an answer that says no is not asked again"
    alarm = relay.mqtt.wait_for("event/relay-channel", lambda e: e["state"] == "raised").data
    assert (alarm["severity"], alarm["subject"]) == ("critical", "oa")
    assert fakes.messages() == []


def test_a_new_credential_and_a_restart_end_the_alarm(relay, fakes):
    five(relay, fakes, clock=of.MORNING)
    fakes.app(expire=True, refresh_token="somebody-else-has-it")
    notice = relay.submit("all", "Tin")
    relay.health(lambda h: h["channels"]["oa"]["token"] == "lost")
    fakes.app(access_token="at-neu", refresh_token="rt-neu")
    relay.secret("zalo", access_token="at-neu", refresh_token="rt-neu")
    assert relay.daemon.stop() == 0
    relay.start()
    relay.wait_outcomes(notice, timeout=30, sent=5)
    assert len(fakes.messages()) == 5


def test_a_lost_answer_to_a_refresh_is_asked_for_once_more_and_then_an_alarm(relay, fakes):
    five(relay, fakes)
    fakes.app(expire=True)
    fakes.fault("drop", provider="zalo-oauth", next=1)
    notice = relay.submit("all", "Tin")
    relay.health(lambda h: h["channels"]["oa"]["token"] == "lost", timeout=40)
    relay.wait_outcomes(notice, pending=5)
    assert len(fakes.requests("zalo-oauth")) == 2
    pair = json.loads(next((relay.site.state / "relay").glob("token-*.json")).read_text())
    assert "rt-0" in json.dumps(pair), "nothing of an error body took its place"


def test_a_refresh_that_did_not_go_out_is_tried_again(relay, fakes):
    five(relay, fakes)
    fakes.app(expire=True)
    fakes.fault("drop", provider="zalo-oauth", next=1, accept=False)
    notice = relay.submit("all", "Tin")
    relay.wait_outcomes(notice, timeout=40, sent=5)
    assert fakes.tokens()["refreshes"] == 1 and len(fakes.messages()) == 5


def test_a_wrong_bot_token_holds_the_channel_and_its_deliveries(relay, fakes):
    five(relay, fakes, "zalo-bot", clock=of.MORNING)
    fakes.settings("zalo-bot", token="9:other")
    notice = relay.submit("all", "Tin")
    relay.health(lambda h: h["channels"]["oa"]["trouble"])
    relay.wait_outcomes(notice, pending=5)
    assert fakes.messages() == []


def test_secrets_are_in_no_log_and_no_topic(relay, fakes):
    five(relay, fakes)
    fakes.app(expire=True)
    fakes.fault("drop", provider="zalo-oa", endpoint="cs", next=2)
    fakes.fault("http_status", status=500, provider="zalo-oauth", next=1)
    notice = relay.submit("all", "Tin")
    relay.wait_notice(notice, lambda doc: of.tally(doc).get("pending", 0) < 5, timeout=40)
    secrets = ["app-secret", "webhook-secret", "at-0", "rt-0", "at-1-1000", "rt-1-1000", "zalo-bot"]
    everything = relay.daemon.log() + "".join(f"{m.topic} {m.payload!r}" for m in relay.mqtt.messages)
    command = open(f"/proc/{relay.daemon.pid}/cmdline").read()
    assert [s for s in secrets if s in everything or s in command] == []


# ---- the network ----


def test_a_name_server_or_host_that_is_gone_is_told_once_and_survived(relay, fakes):
    five(relay, fakes)
    fakes.shut()
    notice = relay.submit("all", "Tin")
    relay.health(lambda h: h["offline"], timeout=60)
    assert relay.mqtt.wait_for("event/relay-offline").data["state"] == "raised"
    fakes.open()
    relay.wait_outcomes(notice, timeout=60, sent=5)
    relay.mqtt.wait_for("event/relay-offline", lambda e: e["state"] == "cleared")
    assert len(relay.mqtt.seen("event/relay-offline")) == 2, "said once, and once that it is over"
    relay.health(lambda h: not h["offline"])


def test_a_port_that_speaks_no_http(relay, fakes):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        relay.channel("oa", "zalo-oa", api_url=f"http://127.0.0.1:{port}", unknown="ask")
        relay.channel("bot", "zalo-bot")
        relay.conf(ladder="oa bot")
        relay.family(1, channels={"oa": of.oa(1), "bot": of.bot(1)})
        relay.start(FAST)
        storm = relay.submit("all", "Bão", **{"class": "emergency"})
        relay.wait_outcomes(storm, timeout=90, sent=1)
    assert relay.deliveries(storm)["H1"]["channel"] == "bot", "an emergency does not wait for a dead channel"
