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
def watched(relay):
    """A hamlet head on Zalo, a technician on Telegram, and a picture in the album."""
    relay.channel("oa", "zalo-oa")
    relay.channel("tg", "telegram")
    relay.person("truong-thon", {"oa": oa(1)}, role="hamlet-head", area="xa")
    relay.person("tho", {"tg": telegram(1)}, role="technician", area="xa")
    relay.route("cameras", match="camera-*", to="role:hamlet-head role:technician", **{"class": "priority"})
    album(relay, NAME, JPEG)
    relay.start(NIGHT)
    return relay


def album(relay, name, data):
    path = relay.site.state / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def raise_camera(mqtt, picture, name="cong-chua"):
    event(mqtt, name, kind="camera-black", picture=picture)


def told(relay, provider, name="cong-chua"):
    return relay.fakes.wait_message(lambda m: name in m["text"], provider)


def test_the_picture_goes_with_the_words_in_one_message(watched, mqtt):
    raise_camera(mqtt, NAME)
    for provider in ("zalo-oa", "telegram"):
        message = told(watched, provider)
        assert message["picture"]["sha256"] == hashlib.sha256(JPEG).hexdigest(), message
    assert len(watched.fakes.messages("zalo-oa")) == len(watched.fakes.messages("telegram")) == 1


def test_without_the_file_the_words_go_alone(watched, mqtt):
    raise_camera(mqtt, "pictures/cong-chua/gone-bad.jpg")
    assert "picture" not in told(watched, "telegram")
    assert "picture" not in told(watched, "zalo-oa")


@pytest.mark.parametrize("status", [500, 413])
def test_a_provider_that_takes_no_picture_still_gets_the_words(watched, mqtt, status):
    watched.fakes.fault("http_status", provider="zalo-oa", endpoint="upload", status=status)
    raise_camera(mqtt, NAME)
    assert "picture" not in told(watched, "zalo-oa")


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
