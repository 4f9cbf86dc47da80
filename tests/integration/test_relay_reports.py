"""A citizen's words become a report with a number, an answer and an end, whatever the network and the citizen do."""

import contextlib

import pytest

import relay as of

CITIZEN = of.telegram(1)
MORNING = of.MORNING


def said(fakes, address=CITIZEN, provider="telegram"):
    return [m["text"] for m in fakes.messages(provider, address=address)]


def wait_said(fakes, text, address=CITIZEN, provider="telegram", timeout=20):
    return fakes.wait_message(lambda m: m["address"] == address and text in m["text"], provider, timeout)


def show(relay, number=1):
    return relay.site.ok("report", "show", number)


def entries(relay, number=1):
    return [(e["kind"], e["by"], e["text"]) for e in show(relay, number)["entries"]]


def wait_entries(relay, fakes, count, number=1):
    """Until a report has so many entries; looked at whenever the provider has been asked for something."""
    requests = fakes.counts()["requests"]
    deadline = of.thon.Deadline(30)
    while len(found := show(relay, number)["entries"]) < count:
        assert not deadline.passed(), f"{found}\n{relay.daemon.log()}"
        with contextlib.suppress(AssertionError):
            fakes.wait(requests + 1, what="requests", timeout=0.2)
            requests = fakes.counts()["requests"]
    return show(relay, number)["entries"]


def files(relay):
    return sorted(p.name for p in (relay.site.state / "reports").iterdir())


@pytest.fixture
def chat(relay, fakes):
    """relayd with a Telegram bot."""
    relay.channel("tg", "telegram")
    relay.start()
    return relay


# ---- from the first word to the answer ----


def test_a_text_opens_a_report_and_is_answered_with_number_and_date(relay, fakes):
    relay.channel("tg", "telegram")
    relay.conf(sender="UBND xã Sao Mai", report_due="3d")
    relay.area("thon-4")
    relay.family(1, "thon-4", channels={"tg": CITIZEN})
    relay.start()
    fakes.push("telegram", CITIZEN, name="Tí", text="Đèn ngõ Đông tắt từ tối qua\nba hôm rồi")
    wait_said(fakes, "UBND xã Sao Mai đã nhận phản ánh số 1. Hạn trả lời: ngày 24/11/2026.")
    report = show(relay)
    assert (report["state"], report["name"], report["person"], report["household"], report["area"]) == (
        "new",
        "Người p1",
        "p1",
        "H1",
        "thon-4",
    ), "the registry knows better than the chat"
    assert report["due"].startswith("2026-11-24T09:00:0") and not report["overdue"]
    assert entries(relay) == [("text", "", "Đèn ngõ Đông tắt từ tối qua\nba hôm rồi")]
    assert CITIZEN not in relay.site.ctl("report", "show", 1).out, "answers go through relayd"


def test_the_next_words_and_the_place_go_on_with_it(chat, fakes):
    fakes.push("telegram", CITIZEN, name="Cô Tấm", text="Đường liên thôn ngập")
    fakes.push("telegram", CITIZEN, location=[19.8067, 105.7766])
    fakes.push("telegram", CITIZEN, text="Nước đến đầu gối")
    wait_said(fakes, "phản ánh số 1")
    wait_entries(chat, fakes, 3)
    assert entries(chat) == [
        ("text", "", "Đường liên thôn ngập"),
        ("location", "", "19.806700, 105.776600"),
        ("text", "", "Nước đến đầu gối"),
    ]
    report = show(chat)
    assert (report["lat"], report["lon"], report["name"]) == (19.8067, 105.7766, "Cô Tấm")
    wait_said(fakes, "Đã ghi thêm vào phản ánh số 1.")
    assert len(said(fakes)) == 2, "that something was added is said once an hour"
    assert len(chat.site.ok("report", "list")) == 1


def test_a_greeting_gets_help_and_courtesy_nothing(chat, fakes):
    fakes.push("telegram", CITIZEN, text="Xin chào uỷ ban ạ!")
    wait_said(fakes, "xin viết vào đây")
    fakes.push("telegram", CITIZEN, text="Cảm ơn nhiều ạ")
    fakes.push("telegram", CITIZEN, text="vâng")
    fakes.push("telegram", CITIZEN, text="/start")
    fakes.push("telegram", of.telegram(2), text="/start")
    wait_said(fakes, "xin viết vào đây", of.telegram(2))
    assert len(said(fakes)) == 1
    assert chat.site.ok("report", "list", "--all") == []


def test_the_office_assigns_starts_answers_and_closes(chat, fakes):
    chat.person("tho-dien", {"tg": of.telegram(9)}, role="technician")
    fakes.push("telegram", CITIZEN, text="Đèn ngõ Đông tắt")
    wait_said(fakes, "phản ánh số 1")
    ok = chat.site.ok
    ok("report", "assign", 1, "tho-dien")
    wait_said(fakes, "phản ánh số 1 đã được giao cho người phụ trách")
    wait_said(fakes, "Phản ánh số 1 được giao cho anh/chị", of.telegram(9))
    ok("report", "start", 1)
    wait_said(fakes, "phản ánh số 1 đang được xử lý")
    ok("report", "answer", 1, "Tối nay thợ đến.\nXin bà con thông cảm.")
    wait_said(fakes, "trả lời phản ánh số 1:\nTối nay thợ đến.\nXin bà con thông cảm.")
    fakes.push("telegram", CITIZEN, text="vâng")  # in an open report it is a word like any other
    wait_entries(chat, fakes, 5)
    ok("report", "close", 1, "--text", "Đã thay bóng")
    wait_said(fakes, "đã xử lý xong.\nĐã thay bóng")
    report = show(chat)
    assert (report["state"], report["assignee"]) == ("done", "tho-dien") and report["closed_at"]
    assert chat.site.ok("report", "list") == []
    log = chat.site.ok("audit", "export")
    orders = [row for row in log if row["action"] == "report.set"]
    assert len(orders) == 4 and all(row["object"] == "report:1" and row["actor"] for row in orders)


def test_a_refusal_needs_a_reason_and_the_citizen_is_told_it(chat, fakes):
    fakes.push("telegram", CITIZEN, text="Quốc lộ có ổ gà")
    wait_said(fakes, "phản ánh số 1")
    answer = chat.mqtt.request("report/1/set", {"state": "refused"})
    assert not answer["ok"] and "reason" in answer["detail"]
    assert show(chat)["state"] == "new"
    chat.site.ok("report", "close", 1, "--refused", "Đường do Khu quản lý đường bộ phụ trách")
    wait_said(fakes, "Lý do: Đường do Khu quản lý đường bộ phụ trách")
    assert show(chat)["state"] == "refused"
    assert "closed" in chat.site.refused("report", "start", 1)


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"state": "new"},
        {"state": "closed"},
        {"state": 3},
        {"state": "assigned"},
        {"state": "done", "extra": 1},
        {"text": ""},
        {"text": 5},
        {"text": "x" * 5000},
        {"state": "assigned", "assignee": "a\u001b[31mb"},
        {"state": "refused", "reason": "x" * 1100},
        [],
        "done",
    ],
)
def test_an_order_that_is_not_understood_changes_nothing(chat, fakes, order):
    fakes.push("telegram", CITIZEN, text="Đèn tắt")
    wait_said(fakes, "phản ánh số 1")
    before = show(chat)
    answer = chat.mqtt.request("report/1/set", of.json.dumps(order))
    assert not answer["ok"] and answer["error"] == "invalid" and answer["detail"]
    assert show(chat) == before and len(said(fakes)) == 1


def test_a_report_that_is_none(chat):
    for topic in ("report/7/set", "report/0/set", "report/x/set", "report/99999999999999999999/set", "report/1x/set"):
        answer = chat.mqtt.request(topic, {"state": "done"})
        assert not answer["ok"] and answer["error"] == "not-found", topic
    assert "there is no report" in chat.site.refused("report", "close", 7)


def test_after_the_end_a_chat_opens_a_new_one_but_not_by_thanks(chat, fakes):
    fakes.push("telegram", CITIZEN, text="Đèn ngõ Đông tắt")
    wait_said(fakes, "phản ánh số 1")
    chat.site.ok("report", "close", 1)
    wait_said(fakes, "đã xử lý xong")
    fakes.push("telegram", CITIZEN, text="Cảm ơn các anh")
    fakes.push("telegram", CITIZEN, text="Đèn lại tắt rồi")
    wait_said(fakes, "đã nhận phản ánh số 2")
    assert [r["id"] for r in chat.site.ok("report", "list")] == [2]
    assert entries(chat, 2) == [("text", "", "Đèn lại tắt rồi")]
    assert show(chat, 1)["state"] == "done"


# ---- pictures ----


def test_a_picture_is_kept_as_what_it_is(chat, fakes):
    fakes.push("telegram", CITIZEN, text="Cống vỡ", image=True, size=54321)
    wait_said(fakes, "phản ánh số 1")
    text, picture = wait_entries(chat, fakes, 2)
    assert text["text"] == "Cống vỡ"
    assert (picture["kind"], picture["type"], picture["size"]) == ("picture", "image/jpeg", 54321)
    path = chat.site.state / "reports" / picture["file"]
    assert path.stat().st_size == 54321 and path.read_bytes()[:3] == b"\xff\xd8\xff"
    assert path.stat().st_mode & 0o777 == 0o640
    assert files(chat) == [picture["file"]]


def test_a_picture_alone_opens_a_report(chat, fakes):
    fakes.push("telegram", CITIZEN, image=True)
    wait_said(fakes, "phản ánh số 1")
    (picture,) = wait_entries(chat, fakes, 1)
    assert picture["kind"] == "picture" and picture["file"]


@pytest.mark.parametrize("extension", ["html", "mp4"])
def test_what_calls_itself_a_picture_and_is_none_is_not_kept(relay, fakes, extension):
    relay.channel("oa", "zalo-oa")
    relay.start()
    url = f"{fakes.url}/media/5000/anh.{extension}"
    relay.webhook("oa", fakes.push("zalo-oa", of.oa(1), text="Xem ảnh", image=url))
    wait_said(fakes, "tệp quá lớn hoặc không phải ảnh, PDF", of.oa(1), "zalo-oa")
    found = wait_entries(relay, fakes, 2)
    assert found[1]["file"] is None and "không phải ảnh" in found[1]["text"]
    assert files(relay) == []


def test_a_picture_that_is_too_big_is_not_kept(relay, fakes):
    relay.channel("tg", "telegram")
    relay.conf(attachment_max="100000")
    relay.start()
    fakes.push("telegram", CITIZEN, image=True, size=100001)
    fakes.push("telegram", CITIZEN, image=True, size=100000)
    wait_said(fakes, "tệp quá lớn hoặc không phải ảnh, PDF")
    first, second = wait_entries(relay, fakes, 2)
    assert first["file"] is None and "quá lớn" in first["text"] and second["size"] == 100000
    assert files(relay) == [second["file"]]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://192.0.2.1/x.jpg", "ftp://127.0.0.1/x.jpg", "//x", "https://"])
def test_only_a_providers_own_address_is_fetched(relay, fakes, url):
    relay.channel("oa", "zalo-oa")
    relay.start()
    relay.webhook("oa", fakes.push("zalo-oa", of.oa(1), text="Xem", image=url))
    wait_said(fakes, "phản ánh số 1", of.oa(1), "zalo-oa")
    found = wait_entries(relay, fakes, 2)
    assert found[1]["file"] is None and "không hợp lệ" in found[1]["text"]
    assert files(relay) == []


def test_a_picture_waits_for_its_provider_over_a_restart(relay, fakes):
    relay.channel("tg", "telegram")
    relay.start(f"{MORNING},x10")
    fault = fakes.fault("http_status", provider="telegram", endpoint="file", status=503)
    fakes.push("telegram", CITIZEN, image=True, text="Cây đổ")
    fakes.wait_message(lambda m: "phản ánh số 1" in m["text"], "telegram")
    relay.daemon.wait_log("Report 1: an attachment cannot be fetched now")
    fakes.end_faults(fault)
    gone = fakes.fault("http_status", provider="telegram", endpoint="file", status=503)
    relay.daemon.kill()
    relay.start(f"{MORNING},x10")
    relay.daemon.wait_log("Report 1: an attachment cannot be fetched now")
    assert files(relay) == [] and len(show(relay)["entries"]) == 1
    fakes.end_faults(gone)
    found = wait_entries(relay, fakes, 2)
    assert files(relay) == [found[1]["file"]]


def test_a_picture_that_cannot_be_had_now_does_not_hold_up_the_others(chat, fakes):
    fakes.fault("http_status", provider="telegram", endpoint="file", status=503, next=1)
    fakes.push("telegram", CITIZEN, image=True, text="Cây đổ")
    fakes.push("telegram", of.telegram(2), image=True, text="Cống vỡ")
    wait_said(fakes, "phản ánh số 2", of.telegram(2))
    wait_entries(chat, fakes, 2, number=2)
    assert len(show(chat, 1)["entries"]) == 1
    wait_entries(chat, fakes, 2, number=1)
    assert len(files(chat)) == 2


def test_a_picture_that_its_provider_does_not_have_is_given_up(relay, fakes):
    relay.channel("tg", "telegram")
    relay.start(f"{MORNING},x60")
    fakes.fault("http_status", provider="telegram", endpoint="getFile", status=400)
    fakes.push("telegram", CITIZEN, image=True, text="Cây đổ")
    wait_said(fakes, "phản ánh số 1")
    found = wait_entries(relay, fakes, 2)
    assert found[1]["file"] is None and "không tải được" in found[1]["text"]
    assert not [r for r in relay.rows("inbound") if not r["done"]]


# ---- hostile and hasty ----


def test_a_flood_is_bounded_and_told_once(chat, fakes):
    for n in range(45):
        fakes.push("telegram", CITIZEN, text=f"Tin {n}")
    wait_said(fakes, "Xin chờ một giờ")
    fakes.push("telegram", of.telegram(2), text="Xin chào")
    wait_said(fakes, "xin viết vào đây", of.telegram(2))
    assert len(entries(chat)) == 30
    assert len([t for t in said(fakes) if "Xin chờ một giờ" in t]) == 1
    assert len(said(fakes)) == 3


def test_a_flood_of_pictures_is_bounded_before_they_are_fetched(chat, fakes):
    fakes.fault("hang", provider="telegram", endpoint="file")
    for _ in range(40):
        fakes.push("telegram", CITIZEN, image=True)
    wait_said(fakes, "Xin chờ một giờ")
    assert len([r for r in chat.rows("inbound") if not r["done"]]) == 30


def test_escape_sequences_are_harmless_on_the_terminal(chat, fakes):
    evil = "Đèn\x1b]0;pwned\x07\x1b[2J\x9b31m tắt\u202egnud\u200b"
    fakes.push("telegram", CITIZEN, name="A\x1b[31m\nB\u202e", text=evil)
    wait_said(fakes, "phản ánh số 1")
    for args in (("report", "show", "1"), ("report", "list")):
        out = chat.site.ctl(*args, json_output=False).out
        assert not [c for c in out if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)], out
        assert "\u202e" not in out and "tắt" in out
    assert "\n" not in show(chat)["name"]


def test_a_long_text_is_kept_whole(chat, fakes):
    text = "ệ" * 4000
    fakes.push("telegram", CITIZEN, text=text)
    wait_said(fakes, "phản ánh số 1")
    assert entries(chat) == [("text", "", text)]


# ---- the office learns of it ----


def test_the_office_is_told_once_and_mentions_have_no_power(relay, fakes, mqtt):
    relay.channel("tg", "telegram")
    relay.person("can-bo", {"tg": of.telegram(8)}, role="officer")
    relay.route("phan-anh", match="relay-report", to="role:officer")
    relay.start()
    fakes.push("telegram", CITIZEN, name="@all", text="[@all] đèn tắt <b>gấp</b>")
    event = mqtt.wait_for("event/relay-report", lambda d: d["state"] == "raised").data
    assert event["subject"] == "1" and "đèn tắt" in event["text"] and "[@all]" not in event["text"]
    message = wait_said(fakes, "đèn tắt", of.telegram(8))
    assert "[@all]" not in message["text"] and "<b>" not in message["text"]
    fakes.push("telegram", CITIZEN, text="vẫn tắt")
    relay.daemon.kill()
    relay.start()
    fakes.push("telegram", CITIZEN, text="vẫn còn tắt")
    wait_entries(relay, fakes, 3)
    relay.site.ok("report", "close", 1)
    mqtt.wait_for("event/relay-report", lambda d: d["state"] == "cleared" and d["id"] == event["id"])
    wait_said(fakes, "đã xử lý xong")
    assert len({m.data["at"] for m in mqtt.seen("event/relay-report") if m.data["state"] == "raised"}) == 1
    assert len([t for t in said(fakes, of.telegram(8)) if "[ @all]" in t or "đèn tắt" in t]) <= 2


# ---- over the years ----


def test_what_was_closed_long_ago_is_removed_with_its_picture(relay, fakes):
    relay.channel("tg", "telegram")
    relay.conf(keep="30d")
    relay.start()
    fakes.push("telegram", CITIZEN, image=True, text="Cây đổ")
    fakes.push("telegram", of.telegram(2), text="Chưa ai xem")
    wait_said(fakes, "phản ánh số 2", of.telegram(2))
    wait_entries(relay, fakes, 2)
    relay.site.ok("report", "close", 1)
    wait_said(fakes, "đã xử lý xong")
    assert relay.daemon.stop() == 0 and len(files(relay)) == 1
    relay.start("2026-12-22T09:00:00+07:00,x1000")
    relay.daemon.wait_log("reports that were closed long ago were removed")
    assert relay.daemon.stop() == 0
    assert files(relay) == [] and [r["id"] for r in relay.site.ok("report", "list", "--all")] == [2]
    assert all(r["report"] is None or r["report"] == 2 for r in relay.rows("inbound"))
