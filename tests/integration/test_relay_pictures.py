"""A picture goes with the notice of its event: over Zalo and Telegram in the same message, elsewhere the words go alone. The
words never wait for it, and nothing but a JPEG of the album is ever sent."""

import hashlib

import pytest

from relay import oa, telegram
from test_relay_routes import NIGHT, event

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"
NAME = "pictures/cong-chua/2026-11-21T201000-bad.jpg"
HEAD = {"token": "at-0"}


@pytest.fixture
def commune(relay):
    """A hamlet head on Zalo, a technician on Telegram, and a picture in the album."""
    relay.channel("oa", "zalo-oa")
    relay.channel("tg", "telegram")
    relay.person("truong-thon", {"oa": oa(1)}, role="hamlet-head", area="xa")
    relay.person("tho", {"tg": telegram(1)}, role="technician", area="xa")
    relay.route("cameras", match="camera-*", to="role:hamlet-head role:technician", **{"class": "priority"})
    album(relay, NAME, JPEG)
    return relay


@pytest.fixture
def watched(commune):
    commune.start(NIGHT)
    return commune


def album(relay, name, data):
    path = relay.site.state / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def raise_camera(mqtt, picture, name="cong-chua"):
    event(mqtt, name, kind="camera-black", picture=picture)


def told(relay, provider, name="cong-chua"):
    return relay.fakes.wait_message(lambda m: name in m["text"], provider)


def outcomes(relay, **counts):
    """Of the first notice, which is the only one."""
    relay.mqtt.wait_for("notify/1/state", timeout=20)
    return relay.wait_outcomes(1, **counts)


def test_the_picture_goes_with_the_words_in_one_message(watched, mqtt):
    raise_camera(mqtt, NAME)
    for provider in ("zalo-oa", "telegram"):
        message = told(watched, provider)
        assert message["picture"]["sha256"] == hashlib.sha256(JPEG).hexdigest(), message
    assert len(watched.fakes.messages("zalo-oa")) == len(watched.fakes.messages("telegram")) == 1
    outcomes(watched, sent=2)


def test_without_the_file_the_words_go_alone(watched, mqtt):
    raise_camera(mqtt, "pictures/cong-chua/gone-bad.jpg")
    assert "picture" not in told(watched, "telegram")
    assert "picture" not in told(watched, "zalo-oa")


def test_a_picture_that_is_gone_when_the_network_is_back_holds_no_words_up(watched, mqtt):
    watched.fakes.shut()
    raise_camera(mqtt, NAME)
    # It was tried, and is left alone for seconds: nobody holds the picture.
    watched.health(lambda h: all(h["channels"][c]["why"] == "failing" and not h["channels"][c]["in_flight"] for c in ("oa", "tg")))
    (watched.site.state / NAME).unlink()
    watched.fakes.open()
    assert "picture" not in told(watched, "telegram")
    assert "picture" not in told(watched, "zalo-oa")
    outcomes(watched, sent=2)


def test_a_provider_that_takes_its_time_over_a_picture_is_waited_for(watched, mqtt):
    watched.fakes.fault("delay", provider="telegram", endpoint="sendPhoto", delay_ms=3000)
    raise_camera(mqtt, NAME)
    outcomes(watched, sent=2)
    assert len(watched.fakes.messages("telegram")) == 1


@pytest.mark.parametrize("status", [500, 413])
def test_a_provider_that_takes_no_picture_still_gets_the_words(watched, mqtt, status):
    watched.fakes.fault("http_status", provider="zalo-oa", endpoint="upload", status=status)
    raise_camera(mqtt, NAME)
    assert "picture" not in told(watched, "zalo-oa")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (400, "Bad Request: IMAGE_PROCESS_FAILED"),
        (400, "Bad Request: not enough rights to send photos to the chat"),
        (413, "Request Entity Too Large"),
    ],
)
def test_what_is_refused_with_its_picture_goes_without(watched, mqtt, code, words):
    """The chat is none the worse for it."""
    watched.fakes.fault("error_code", provider="telegram", endpoint="sendPhoto", code=code, message=words)
    raise_camera(mqtt, NAME)
    assert "picture" not in told(watched, "telegram")
    outcomes(watched, sent=2)
    assert not [chat for chat in watched.rows("chat") if chat["bad_until"]]


def test_a_picture_that_was_left_with_zalo_and_is_not_known_there_stays_behind(watched, mqtt):
    watched.fakes.fault("error_code", provider="zalo-oa", endpoint="cs", code=-201, message="attachment_id is invalid", next=1)
    raise_camera(mqtt, NAME)
    assert "picture" not in told(watched, "zalo-oa")
    outcomes(watched, sent=2)


def test_who_blocked_the_bot_is_asked_for_no_more_than_words_as_well(watched, mqtt):
    watched.fakes.person("telegram", telegram(1), error=403)
    raise_camera(mqtt, NAME)
    outcomes(watched, sent=1, not_sent=1)
    assert [chat for chat in watched.rows("chat") if chat["bad_code"] == 403]
    sends = [r["endpoint"] for r in watched.fakes.requests("telegram") if r["endpoint"].startswith("send")]
    assert sends == ["sendPhoto", "sendMessage"]


def test_a_refusal_that_nobody_knows_is_not_tried_with_the_picture_for_ever(commune, mqtt):
    commune.start(f"{NIGHT},x20")
    commune.fakes.fault("error_code", provider="telegram", endpoint="sendPhoto", code=777, message="Bad Request: HEAVEN_KNOWS")
    raise_camera(mqtt, NAME)
    assert "picture" not in told(commune, "telegram")
    outcomes(commune, sent=2)


def test_a_token_that_expired_is_changed_and_the_picture_still_goes(watched, mqtt):
    watched.fakes.app(expire=True)
    raise_camera(mqtt, NAME)
    message = told(watched, "zalo-oa")
    assert "picture" in message
    assert len(watched.fakes.messages("zalo-oa")) == 1


@pytest.mark.parametrize(
    "name",
    [
        "pictures/../credentials/zalo.jpg",
        "pictures/a/../../thon.db",
        "/etc/shadow",
        "pictures/cong-chua/secret.txt",
        "pictures/cong-chua/link.jpg",
        "pictures/cong-chua/text.jpg",
        "pictures/cong-chua/.jpg",
        "pictures/cong-chua",
        "pictures//x.jpg",
    ],
)
def test_nothing_but_a_picture_of_the_album_is_sent(watched, mqtt, name):
    album(watched, "pictures/cong-chua/secret.txt", JPEG)
    album(watched, "pictures/cong-chua/text.jpg", b"access_token=at-0")
    link = watched.site.state / "pictures/cong-chua/link.jpg"
    target = watched.site.state / "text-of-others.txt"
    target.write_bytes(b"not a picture")
    link.symlink_to(target)
    raise_camera(mqtt, name)
    assert "picture" not in told(watched, "telegram")


def test_a_picture_that_is_too_large_stays_here(watched, mqtt):
    album(watched, NAME, JPEG + bytes(1024 * 1024))
    raise_camera(mqtt, NAME)
    assert "picture" not in told(watched, "telegram")
