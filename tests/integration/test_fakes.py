"""The fake providers refuse what the real ones refuse, keep what they accepted, and break as they are told to. Without
that no other test of the relay would prove anything."""

import contextlib
import hashlib
import hmac
import http.client
import json
import socket
import threading
import time

import pytest

import relay as of
from thon import Deadline

TOKEN = {"access_token": "at-0"}
CS = "/v3.0/oa/message/cs"
BOT, TELEGRAM = "/zalo-bot/bot1001:zalo-bot", "/telegram/bot2002:telegram-bot"


def say(fakes, text="Chào bà con", user=of.oa(1), headers=TOKEN, **options):
    doc = {"recipient": {"user_id": user}, "message": {"text": text}}
    return fakes.call("POST", CS, doc, headers, **options)


def code(answer):
    status, doc, _ = answer
    assert status == 200, "Zalo's errors are HTTP 200"
    return doc["error"]


def zns(fakes, phone=of.zns(1), template="100001", data=None, tracking="m1", **more):
    doc = {"phone": phone, "template_id": template, "template_data": data or {"noi_dung": "Tin"}, **more}
    if tracking is not None:
        doc["tracking_id"] = tracking
    return fakes.call("POST", "/message/template", doc, TOKEN)


def refresh(fakes, token, secret="app-secret", app="1000"):
    body = f"refresh_token={token}&app_id={app}&grant_type=refresh_token"
    heads = {"Content-Type": "application/x-www-form-urlencoded", "secret_key": secret}
    return fakes.call("POST", "/v4/oa/access_token", body.encode(), heads)


def in_background(function):
    """Starts it; wait() gives its result."""
    box = {}

    def run():
        box["result"] = function()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait(timeout=20):
        thread.join(timeout)
        assert "result" in box, "it has not come back"
        return box["result"]

    return wait


# ---- Zalo OA ----


def test_a_consultation_message_is_accepted_and_kept(fakes):
    status, doc, _ = say(fakes, "Mời họp\n8 giờ 🌾")
    assert status == 200 and doc["error"] == 0 and doc["data"]["user_id"] == of.oa(1)
    (message,) = fakes.messages()
    assert (message["provider"], message["endpoint"], message["address"]) == ("zalo-oa", "cs", of.oa(1))
    assert message["text"] == "Mời họp\n8 giờ 🌾" and message["message_id"] == doc["data"]["message_id"]


@pytest.mark.parametrize(
    "headers", [{}, {"access_token": "at-1"}, {"access_token": "Bearer at-0"}, {"Authorization": "Bearer at-0"}]
)
def test_a_wrong_token_is_refused_with_http_200(fakes, headers):
    assert code(say(fakes, headers=headers)) == -216
    assert fakes.messages() == []


@pytest.mark.parametrize(
    "doc",
    [
        {},
        {"message": {"text": "x"}},
        {"recipient": {}, "message": {"text": "x"}},
        {"recipient": {"user_id": of.oa(1)}},
        {"recipient": {"user_id": of.oa(1)}, "message": {"text": ""}},
        {"recipient": {"user_id": of.oa(1)}, "message": {"text": 5}},
        {"recipient": {"user_id": int(of.oa(1))}, "message": {"text": "ids are text"}},
        [],
        b'{"recipient":',
    ],
)
def test_what_is_missing_or_broken_is_refused(fakes, doc):
    assert code(fakes.call("POST", CS, doc, TOKEN)) == -201
    assert fakes.messages() == []


def test_two_thousand_characters_and_not_one_more(fakes):
    assert code(say(fakes, "ệ" * 2000)) == 0
    assert code(say(fakes, "ệ" * 2001)) == -210
    assert len(fakes.messages()) == 1


def test_strangers_and_those_who_have_been_silent_too_long_are_refused(fakes):
    week = 7 * 86400
    fakes.person("zalo-oa", of.oa(2), idle_s=week - 60)
    fakes.person("zalo-oa", of.oa(3), idle_s=week + 60)
    fakes.person("zalo-oa", of.oa(4), idle_s=None)
    fakes.person("zalo-oa", of.oa(5), exists=False)
    fakes.person("zalo-oa", of.oa(6), error=-227)
    answers = [code(say(fakes, user=user)) for user in ("7123456789", *map(of.oa, range(2, 7)))]
    assert answers == [-213, 0, -230, -232, -213, -227]
    assert [m["address"] for m in fakes.messages()] == [of.oa(2)]


def test_who_writes_opens_the_window_again(fakes):
    fakes.person("zalo-oa", of.oa(1), idle_s=8 * 86400)
    assert code(say(fakes)) == -230
    fakes.push("zalo-oa", of.oa(1), text="Cho tôi hỏi")
    assert code(say(fakes)) == 0


def test_the_window_shuts_as_its_clock_goes_on(fakes):
    fakes.person("zalo-oa", of.oa(1), idle_s=0)
    assert code(say(fakes)) == 0
    fakes.advance(8 * 86400)
    assert code(say(fakes)) == -230


def test_free_and_paid_messages_run_out(fakes):
    fakes.settings("zalo-oa", reply_total=2, sub_quota=1)
    assert [code(say(fakes)) for _ in range(3)] == [0, 0, -218]
    fakes.person("zalo-oa", of.oa(2), idle_s=3 * 86400)  # beyond the free 48 hours
    assert [code(say(fakes, user=of.oa(2))) for _ in range(2)] == [0, -211]


def test_the_quota_call_tells_the_last_interaction(fakes):
    fakes.person("zalo-oa", of.oa(1), idle_s=100)
    fakes.person("zalo-oa", of.oa(2), idle_s=None)
    now = fakes.control("GET", "clock")["ms"]
    _, known, _ = fakes.call("POST", "/v3.0/oa/quota/message", {"user_id": of.oa(1)}, TOKEN)
    assert abs(int(known["data"]["last_interaction"]) - (now - 100_000)) < 10_000
    _, never, _ = fakes.call("POST", "/v3.0/oa/quota/message", {"user_id": of.oa(2)}, TOKEN)
    assert never["data"]["last_interaction"] is None and never["data"]["cs_reply"]["remain"] == 0
    assert code(fakes.call("POST", "/v3.0/oa/quota/message", {"user_id": "7"}, TOKEN)) == -213


def test_history_shows_what_was_accepted_newest_first_with_bare_numbers(fakes):
    user = "8199999999999999999"  # above 2^53
    fakes.fault("drop", provider="zalo-oa", next=1)
    with pytest.raises(http.client.HTTPException):
        say(fakes, "một", user)
    say(fakes, "hai", user)
    query = "data=" + json.dumps({"user_id": user, "offset": 0, "count": 10}).replace('"', "%22").replace(" ", "")
    status, _, _ = fakes.call("GET", f"/v2.0/oa/conversation?{query}", headers=TOKEN)
    assert status == 200
    _, raw, _ = fakes._call(fakes.port, "GET", f"/v2.0/oa/conversation?{query}", None, TOKEN)
    assert f'"to_id":{user}'.encode() in raw, "ids are bare numbers there"
    assert [line["message"] for line in json.loads(raw)["data"]] == ["hai", "một"]
    too_many = query.replace(":10", ":11")
    assert code(fakes.call("GET", f"/v2.0/oa/conversation?{too_many}", headers=TOKEN)) == -201


def test_groups_are_those_the_oa_is_in(fakes):
    def to(group):
        doc = {"recipient": {"group_id": group}, "message": {"text": "Chào cả nhóm"}}
        return code(fakes.call("POST", "/v3.0/oa/group/message", doc, TOKEN))

    fakes.person("zalo-oa", "g2", error=-237)
    assert [to("g1"), to("x1"), to("g2")] == [0, -403, -237]


def test_a_template_by_user_id_wants_its_parameters_and_no_tracking_id(fakes):
    def send(template, data, **more):
        doc = {"user_id": of.oa(1), "template_id": template, "template_data": data, **more}
        return code(fakes.call("POST", "/v3.0/oa/message/template", doc, TOKEN))

    assert send("100001", {"noi_dung": "Tin"}) == 0
    assert send("100001", {"noi_dung": "Tin"}, tracking_id="m1") == -201
    assert send("100001", {}) == -201
    assert send("100003", {"noi_dung": "Tin"}) == -249
    assert len(fakes.messages()) == 1


def test_stopped_calls_answer_that_they_are_stopped(fakes):
    for path in ("/v2.0/oa/message", "/v3.0/oa/message/transaction", "/v3.0/oa/message/promotion"):
        assert code(fakes.call("POST", path, {"recipient": {"user_id": of.oa(1)}}, TOKEN)) == -240


def test_appsecret_proof_is_asked_for_when_the_app_wants_it(fakes):
    fakes.app(proof=True)
    assert code(say(fakes)) == -242
    proof = hmac.new(b"app-secret", b"at-0", hashlib.sha256).hexdigest()
    assert code(say(fakes, headers={**TOKEN, "appsecret_proof": proof})) == 0


# ---- tokens ----


def test_a_refresh_gives_a_new_pair_and_the_old_one_is_dead(fakes):
    status, pair, _ = refresh(fakes, "rt-0")
    assert status == 200 and pair["expires_in"] == "90000", "it is text"
    assert code(say(fakes)) == -216
    assert code(say(fakes, headers={"access_token": pair["access_token"]})) == 0
    for used in ("rt-0", "rt-0", "nonsense"):
        status, doc, _ = refresh(fakes, used)
        assert status == 200 and doc["error"] == -14014 and "access_token" not in doc
    assert "access_token" in refresh(fakes, pair["refresh_token"])[1]


@pytest.mark.parametrize("wrong", [{"secret": "x"}, {"app": "2000"}])
def test_a_refresh_wants_the_app_and_its_secret(fakes, wrong):
    assert "access_token" not in refresh(fakes, "rt-0", **wrong)[1]
    assert fakes.tokens()["refreshes"] == 0


def test_a_refresh_whose_answer_is_lost_has_used_the_token_up(fakes):
    fakes.fault("drop", provider="zalo-oauth", next=1)
    with pytest.raises(http.client.HTTPException):
        refresh(fakes, "rt-0")
    assert refresh(fakes, "rt-0")[1]["error"] == -14014


def test_a_token_ends_with_its_day_and_on_order(fakes):
    _, pair, _ = refresh(fakes, "rt-0")
    head = {"access_token": pair["access_token"]}
    fakes.advance(89_000)
    assert code(say(fakes, headers=head)) == 0
    fakes.advance(1_100)
    assert code(say(fakes, headers=head)) == -216
    fakes.app(access_token="neu", code=-220)
    assert code(say(fakes, headers={"access_token": "neu"})) == 0
    fakes.app(expire=True)
    assert code(say(fakes, headers={"access_token": "neu"})) == -220


# ---- templates by phone ----


def test_a_template_by_phone_is_accepted_and_counted(fakes):
    _, doc, _ = zns(fakes, tracking="m17")
    assert doc["error"] == 0 and doc["data"]["quota"]["remainingQuota"] == "499999"
    (message,) = fakes.messages("zalo-zns")
    assert message["tracking_id"] == "m17" and message["template_data"] == {"noi_dung": "Tin"}
    _, status, _ = fakes.call("GET", f"/message/status?message_id={doc['data']['msg_id']}", headers=TOKEN)
    assert status["data"]["status"] == 1


@pytest.mark.parametrize(
    "wrong, expected",
    [
        ({"phone": "0912345678"}, -108),
        ({"phone": "+84912345678"}, -108),
        ({"phone": "84212345678"}, -118),  # a fixed line
        ({"template": "999999"}, -109),
        ({"template": "100004"}, -131),
        ({"data": {"noi_dung": "a" * 301}}, -1121),
        ({"data": {"khac": "a"}}, -112),
        ({"template": "100002", "data": {"ho_ten": "A", "ma_hs": "B"}}, -1122),
        ({"data": {"noi_dung": 5}}, -1124),
        ({"tracking": None}, -132),
        ({"tracking": "m" * 49}, -132),
        ({"mode": "development"}, -127),
    ],
)
def test_a_template_that_does_not_fit_is_refused(fakes, wrong, expected):
    assert code(zns(fakes, **wrong)) == expected
    assert fakes.messages() == []


def test_by_phone_the_token_error_has_another_code(fakes):
    doc = {"phone": of.zns(1), "template_id": "100001", "template_data": {"noi_dung": "x"}, "tracking_id": "m"}
    assert code(fakes.call("POST", "/message/template", doc, {"access_token": "x"})) == -124


def test_a_number_without_zalo(fakes):
    fakes.person("zalo-zns", of.zns(5), exists=False)
    assert code(zns(fakes, of.zns(5))) == -118
    assert code(zns(fakes, of.zns(6))) == 0


def test_nights_are_barred_by_its_own_clock(fakes):
    for at, expected in (("21:59:50", 0), ("22:00:01", -133), ("05:59:50", -133), ("06:00:01", 0)):
        fakes.clock(f"2026-11-21T{at}+07:00")
        assert code(zns(fakes)) == expected, at


def test_the_quota_of_a_day_ends_and_comes_back_at_midnight(fakes):
    fakes.settings("zalo-zns", night_bar=False, daily_quota=3, remaining=3)
    fakes.clock("2026-11-21T23:59:00+07:00")
    assert [code(zns(fakes)) for _ in range(4)][-2:] == [0, -144]
    fakes.clock("2026-11-22T00:00:01+07:00")
    assert code(zns(fakes)) == 0


def test_the_same_tracking_id_twice_is_two_messages(fakes):
    assert [code(zns(fakes)), code(zns(fakes))] == [0, 0]
    assert len(fakes.messages()) == 2


# ---- bots ----


@pytest.mark.parametrize("base, chat", [(BOT, of.bot(1)), (TELEGRAM, int(of.telegram(1)))])
def test_bots_send_and_refuse(fakes, base, chat):
    ok = fakes.call("POST", f"{base}/sendMessage", {"chat_id": chat, "text": "Chào"})[1]
    assert ok["ok"] and fakes.messages()[0]["address"] == str(chat)
    for path, doc, expected in (
        (f"{base}/sendMessage", {"chat_id": chat, "text": ""}, 400),
        (f"{base}/sendMessage", {"text": "x"}, 400),
        (f"{base}/sendMessage", {"chat_id": "555", "text": "x"}, 400),
        (f"{base}/sendMessage", {"chat_id": chat, "text": "x" * 4097}, 400),
        (f"{base}x/sendMessage", {"chat_id": chat, "text": "x"}, 401),
        (f"{base}/noSuchMethod", {}, 404),
    ):
        status, doc, _ = fakes.call("POST", path, doc)
        assert not doc["ok"] and doc["error_code"] == expected, path
        assert status == (expected if base == TELEGRAM else 200)
    assert len(fakes.messages()) == 1


def test_telegram_counts_in_utf16(fakes):
    def to(text):
        return fakes.call("POST", f"{TELEGRAM}/sendMessage", {"chat_id": 7001, "text": text})[0]

    assert [to("🌾" * 2048), to("🌾" * 2049)] == [200, 400]


def test_telegram_knows_the_blocked_and_the_migrated(fakes):
    fakes.person("telegram", 7001, error=403)
    fakes.person("telegram", -5, migrated_to="-1000000000005")
    assert fakes.call("POST", f"{TELEGRAM}/sendMessage", {"chat_id": 7001, "text": "x"})[0] == 403
    _, moved, _ = fakes.call("POST", f"{TELEGRAM}/sendMessage", {"chat_id": -5, "text": "x"})
    assert moved["parameters"]["migrate_to_chat_id"] == -1000000000005


def test_telegram_gives_updates_until_an_offset_confirms_them(fakes):
    fakes.push("telegram", 7001, text="một")
    fakes.push("telegram", 7001, text="hai")
    poll = f"{TELEGRAM}/getUpdates"
    first = fakes.call("POST", poll, {"timeout": 0})[1]["result"]
    again = fakes.call("POST", poll, {"timeout": 0})[1]["result"]
    assert first == again and [u["message"]["text"] for u in first] == ["một", "hai"]
    assert isinstance(first[0]["message"]["chat"]["id"], int)
    rest = fakes.call("POST", poll, {"timeout": 0, "offset": first[0]["update_id"] + 1})[1]["result"]
    assert rest == first[1:]
    assert fakes.call("POST", poll, {"timeout": 0, "offset": rest[0]["update_id"] + 1})[1]["result"] == []


@pytest.mark.parametrize("provider, base", [("telegram", TELEGRAM), ("zalo-bot", BOT)])
def test_a_long_poll_waits_for_what_comes(fakes, provider, base):
    poll = in_background(lambda: fakes.call("POST", f"{base}/getUpdates", {"timeout": 15}, timeout=18))
    fakes.wait(1, provider, "requests")
    fakes.push(provider, "7001" if provider == "telegram" else of.bot(1), text="Đèn tắt")
    result = poll()[1]["result"]
    update = result[0] if provider == "telegram" else result
    assert update["message"]["text"] == "Đèn tắt"


def test_the_zalo_bot_gives_one_update_at_a_time_and_408_for_none(fakes):
    fakes.push("zalo-bot", of.bot(1), text="một")
    fakes.push("zalo-bot", of.bot(1), image=True, text="hai")
    one = fakes.call("POST", f"{BOT}/getUpdates", {"timeout": "0"})[1]["result"]
    two = fakes.call("POST", f"{BOT}/getUpdates", {"timeout": "0"})[1]["result"]
    assert one["event_name"] == "message.text.received" and one["message"]["text"] == "một"
    assert two["event_name"] == "message.image.received" and two["message"]["photo_url"].startswith("http://")
    none = fakes.call("POST", f"{BOT}/getUpdates", {"timeout": "0"})[1]
    assert none == {"ok": False, "error_code": 408, "description": "Request timeout"}


def test_an_update_whose_answer_was_lost_is_given_again(fakes):
    fakes.push("zalo-bot", of.bot(1), text="một")
    fakes.fault("drop", endpoint="getUpdates", next=1)
    with pytest.raises(http.client.HTTPException):
        fakes.call("POST", f"{BOT}/getUpdates", {"timeout": "0"})
    assert fakes.call("POST", f"{BOT}/getUpdates", {"timeout": "0"})[1]["result"]["message"]["text"] == "một"


@pytest.mark.parametrize("provider, base", [("telegram", TELEGRAM), ("zalo-bot", BOT)])
def test_updates_come_twice_on_order(fakes, provider, base):
    fakes.push(provider, "7001" if provider == "telegram" else of.bot(1), text="một")
    first = fakes.call("POST", f"{base}/getUpdates", {"timeout": 0})[1]["result"]
    fakes.fault("duplicate", provider=provider, next=1)
    offset = {"offset": first[0]["update_id"] + 1} if provider == "telegram" else {}
    assert fakes.call("POST", f"{base}/getUpdates", {"timeout": 0, **offset})[1]["result"] == first


def test_pictures_can_be_fetched(fakes):
    fakes.push("telegram", 7001, image=True, size=30_000)
    photo = fakes.call("POST", f"{TELEGRAM}/getUpdates", {})[1]["result"][0]["message"]["photo"][-1]
    path = fakes.call("POST", f"{TELEGRAM}/getFile", {"file_id": photo["file_id"]})[1]["result"]["file_path"]
    status, data, heads = fakes._call(fakes.port, "GET", f"/telegram/file/bot2002:telegram-bot/{path}")
    assert status == 200 and len(data) == 30_000 and data[:3] == b"\xff\xd8\xff"
    assert heads["Content-Type"] == "image/jpeg"
    assert fakes._call(fakes.port, "GET", f"/telegram/file/botx/{path}")[0] == 404


# ---- ntfy, Facebook, webhook ----


def test_ntfy(fakes):
    doc = {"topic": "xa", "title": "Cảnh báo", "message": "Mưa lớn", "priority": 4}
    assert fakes.call("POST", "/ntfy/", doc)[1]["event"] == "message"
    assert fakes.call("POST", "/ntfy/", {**doc, "priority": 6})[0] == 400
    assert fakes.call("POST", "/ntfy/", {**doc, "topic": "a b"})[0] == 400
    assert fakes.call("POST", "/ntfy/", doc, {"Authorization": "Bearer x"})[0] == 401
    assert fakes.call("POST", "/ntfy/", {**doc, "topic": "private-xa"})[0] == 403
    assert fakes.call("POST", "/ntfy/", {**doc, "topic": "private-xa"}, {"Authorization": "Bearer tk_test"})[0] == 200
    assert [m["title"] for m in fakes.messages("ntfy")] == ["Cảnh báo"] * 2


def test_facebook(fakes):
    page, token = "/facebook/100064000000001/feed", {"access_token": "fb-page-token"}
    assert fakes.call("POST", page, {"message": "Tin", **token})[1]["id"].startswith("100064000000001_")
    assert fakes.call("POST", page, {"message": "Tin"})[1]["error"]["code"] == 190
    assert fakes.call("POST", page, token)[1]["error"]["code"] == 100
    assert fakes.call("POST", "/facebook/5/feed", {"message": "Tin", **token})[1]["error"]["code"] == 200
    assert len(fakes.messages("facebook")) == 1


def test_a_webhook_is_believed_when_it_is_signed(fakes):
    body = json.dumps({"to": "tinh", "text": "Tin"}).encode()
    sign = "sha256=" + hmac.new(b"hook-key", body, hashlib.sha256).hexdigest()
    head = {"Content-Type": "application/json"}
    assert fakes.call("POST", "/webhook", body, head)[0] == 401
    assert fakes.call("POST", "/webhook", body + b" ", {**head, "X-Thon-Signature": sign})[0] == 401
    assert fakes.call("POST", "/webhook", body, {**head, "X-Thon-Signature": sign})[0] == 200
    assert [m["address"] for m in fakes.messages()] == ["tinh"]


def test_what_is_nobodys_is_refused_and_kept(fakes):
    assert fakes.call("POST", "/v9/none/such", {})[0] == 404
    assert fakes.requests()[0]["path"] == "/v9/none/such"


# ---- what comes in over the OA's webhook ----


def test_a_pushed_event_is_signed_as_zalo_signs(fakes):
    for what in ({"text": "Đèn tắt"}, {"image": True}, {"location": [19.8, 105.77]}, {"event": "follow"}):
        event = fakes.push("zalo-oa", of.oa(1), **what)
        stamp = json.loads(event["body"])["timestamp"]
        plain = f"1000{event['body']}{stamp}webhook-secret".encode()
        assert event["headers"]["X-ZEvent-Signature"] == "mac=" + hashlib.sha256(plain).hexdigest()
    seen = fakes.receipt("zalo-oa", message_id="m1", to=of.oa(1), what="seen")
    assert json.loads(seen["body"])["message"] == {"msg_ids": ["m1"]}


# ---- faults ----

TORN = [
    ("drop", http.client.RemoteDisconnected, True),
    ("reset_before", ConnectionResetError, False),
    ("reset_after", ConnectionResetError, True),
    ("half", http.client.IncompleteRead, True),
    ("not_http", http.client.BadStatusLine, True),
]


@pytest.mark.parametrize("do, error, accepted", TORN)
def test_connections_are_torn(fakes, do, error, accepted):
    fakes.fault(do, provider="zalo-oa", next=1)
    with pytest.raises(error):
        say(fakes, "một")
    assert [m["text"] for m in fakes.messages()] == (["một"] if accepted else [])
    assert [m["answered"] for m in fakes.messages()] == [False] * accepted
    assert fakes.requests()[0]["fault"] == do
    assert code(say(fakes, "hai")) == 0, "the next one is served"


@pytest.mark.parametrize("do", ["drop", "reset_after", "half", "garbage"])
def test_a_torn_connection_may_have_taken_nothing(fakes, do):
    fakes.fault(do, provider="zalo-oa", next=1, accept=False)
    with contextlib.suppress(OSError, http.client.HTTPException):
        say(fakes)
    assert fakes.messages() == []


def test_a_provider_that_hangs_has_taken_it_and_never_answers(fakes):
    fault = fakes.fault("hang", provider="zalo-oa", next=1)
    with pytest.raises(TimeoutError):
        say(fakes, timeout=0.5)
    assert len(fakes.messages()) == 1 and fakes.faults()[fault]["fired"] == 1
    assert code(say(fakes)) == 0


def test_the_end_of_faults_ends_what_hangs(fakes):
    fakes.fault("hang", provider="zalo-oa")
    hung = in_background(lambda: _torn(lambda: say(fakes)))
    fakes.wait(1)
    fakes.end_faults()
    assert hung() is True


def _torn(function):
    try:
        function()
    except (OSError, http.client.HTTPException):
        return True
    return False


@pytest.mark.parametrize(
    "rule, status, doc",
    [
        ({"do": "http_status", "status": 500}, 500, None),
        ({"do": "error_code", "code": -118, "message": "x"}, 200, {"error": -118, "message": "x"}),
        ({"do": "quota"}, 200, {"error": -211, "message": "fault"}),
        ({"do": "token"}, 200, {"error": -216, "message": "fault"}),
    ],
)
def test_refusals_take_nothing(fakes, rule, status, doc):
    fakes.fault(**rule, provider="zalo-oa", next=1)
    answer = say(fakes)
    assert answer[0] == status and (doc is None or answer[1] == doc)
    assert fakes.messages() == []
    fakes.fault(**rule, provider="zalo-oa", next=1, accept=True)
    assert say(fakes)[0] == status
    assert len(fakes.messages()) == 1, "accepted all the same"


def test_retry_after(fakes):
    fakes.fault("http_status", status=429, retry_after=7, next=1)
    status, _, heads = say(fakes)
    assert status == 429 and heads["Retry-After"] == "7"
    fakes.fault("error_code", code=429, retry_after=15, next=1)
    assert fakes.call("POST", f"{TELEGRAM}/sendMessage", {"chat_id": 7001, "text": "x"})[1]["parameters"] == {
        "retry_after": 15
    }


def test_garbage_and_answers_without_an_end(fakes):
    fakes.fault("garbage", next=1)
    assert isinstance(say(fakes)[1], bytes)
    fakes.fault("huge", size=3_000_000, next=1)
    assert len(say(fakes)[1]) == 3_000_000
    assert len(fakes.messages()) == 2


def test_a_slow_provider_delays_nobody_else(fakes):
    fakes.fault("delay", delay_ms=1000, address=of.oa(1))
    slow = in_background(lambda: (say(fakes), time.monotonic()))
    fakes.wait(1)
    assert code(say(fakes, user=of.oa(2))) == 0
    quick = time.monotonic()
    answer, late = slow()
    assert code(answer) == 0 and late > quick


def test_faults_fall_on_the_nth_on_the_next_n_and_after_a_while(fakes):
    fakes.fault("error_code", code=-1, every=3, next=2, after=1)
    assert [code(say(fakes)) for _ in range(10)] == [0, 0, 0, -1, 0, 0, -1, 0, 0, 0]


def test_the_same_seed_hits_the_same_requests(fakes):
    def round(seed):
        fakes.end_faults()
        fakes.fault("error_code", code=-1, probability=0.3, seed=seed)
        return [code(say(fakes)) for _ in range(100)]

    first, second, other = round(5), round(5), round(6)
    assert first == second != other
    assert 10 < first.count(-1) < 50


def test_a_fault_hits_only_what_it_names(fakes):
    fakes.fault("error_code", code=-1, provider="zalo-oa", endpoint="cs", address=of.oa(2))
    assert [code(say(fakes)), code(say(fakes, user=of.oa(2)))] == [0, -1]
    assert code(zns(fakes)) == 0


@pytest.mark.parametrize(
    "rule", [{"do": "nonsense"}, {"do": "drop", "provider": "x"}, {"do": "drop", "next": 0}, {"do": "drop", "nxt": 1}]
)
def test_a_wrong_order_is_refused_loudly(fakes, rule):
    with pytest.raises(ValueError):
        fakes.control("POST", "faults", rule)


def test_a_shut_door_refuses_and_the_port_stays_its_own(fakes):
    fakes.shut()
    with pytest.raises(ConnectionRefusedError):
        say(fakes)
    with socket.socket() as s, pytest.raises(OSError):
        s.bind(("127.0.0.1", fakes.port))
    fakes.open()
    assert code(say(fakes)) == 0


def test_too_many_requests_are_told_so(fakes):
    fakes.limit("zalo-oa", 2, 60_000)
    assert [code(say(fakes)) for _ in range(3)] == [0, 0, -32]
    fakes.limit("telegram", 1, 60_000)
    send = lambda: fakes.call("POST", f"{TELEGRAM}/sendMessage", {"chat_id": 7001, "text": "x"})  # noqa: E731
    assert send()[0] == 200
    status, _, heads = send()
    assert status == 429 and 1 <= int(heads["Retry-After"]) <= 60


# ---- the record ----


def test_waiting_ends_when_the_last_one_has_come(fakes):
    waiting = in_background(lambda: fakes.wait(3))
    for n in range(3):
        say(fakes, f"Tin {n}")
    assert [m["text"] for m in waiting()] == ["Tin 0", "Tin 1", "Tin 2"]
    assert not fakes.control("GET", "wait", count=4, timeout=50)["ok"]


def test_what_was_answered_is_known(fakes):
    say(fakes)
    deadline = Deadline(10)
    while not fakes.messages()[0]["answered"]:  # noted when the answer has left
        assert not deadline.passed()


def test_the_record_outlives_the_program(fakes, tmp_path):
    say(fakes, "một")
    fakes.process.kill()
    lines = [json.loads(line) for line in (tmp_path / "fakes.jsonl").read_text().splitlines()]
    assert [line["text"] for line in lines] == ["một"]
    fakes.process.child.returncode = 0


def test_a_reset_forgets_everything_but_the_file(fakes):
    say(fakes)
    refresh(fakes, "rt-0")
    fakes.fault("drop")
    fakes.person("zalo-oa", of.oa(1), exists=False)
    fakes.reset()
    assert fakes.messages() == [] and fakes.counts()["requests"] == 0
    assert code(say(fakes)) == 0
    assert len(fakes.record.read_text().splitlines()) == 2


def test_four_hundred_connections_at_once(fakes):
    """Each sends half a request, then the other half."""
    body = json.dumps({"recipient": {"user_id": of.oa(1)}, "message": {"text": "x"}}).encode()
    head = f"POST {CS} HTTP/1.1\r\nHost: x\r\naccess_token: at-0\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_connection(("127.0.0.1", fakes.port), 20)) for _ in range(400)]
        for s in sockets:
            s.sendall(head)
        for s in sockets:
            s.sendall(body)
        assert all(s.recv(4096).startswith(b"HTTP/1.1 200") for s in sockets)
    assert fakes.counts()["messages"] == 400
