"""thonctl announce cap: what would be done about an alert, without any daemon; and how it is handed to one."""

import base64
import hashlib
import subprocess
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

DATA = Path(__file__).resolve().parents[1] / "data" / "cap"
AT = "2026-11-21T17:05:00+07:00"
MEMBERS = {"accepted", "reason", "class", "level", "zones", "text", "expires", "identifier", "sender", "signed", "exercise", "lamps", "notify"}
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"


@pytest.fixture
def commune(site):
    """Two zones by the river and in the hills, and one without a place; unsigned alerts are taken."""
    zone = {"quiet": "21:30-05:30"}
    site.write_conf(
        "announced.conf",
        **{
            "zone ven-song": {"sink": f"file:{site.dir}/a.wav", "place": "19.90,105.64 1", **zone},
            "zone doi": {"sink": f"file:{site.dir}/b.wav", "place": "19.99,105.64 1", **zone},
            "zone chung": {"sink": f"file:{site.dir}/c.wav", **zone},
            "cap": {"unsigned": "accept", "geocodes": "VN:16012", "reach": "15"},
        },
    )
    return site


def refuse_unsigned(site):
    site.write_conf("announced.conf", cap={"unsigned": "refuse", "geocodes": "VN:16012", "certificates": site.config / "cap.d"})


def dry(site, name, at=AT):
    return site.ok("announce", "cap", DATA / f"{name}.xml", "--dry-run", "--at", at)


def refused(site, path, at=AT):
    result = site.ctl("announce", "cap", path, "--dry-run", "--at", at)
    assert result.code == 1 and result.data["accepted"] is False, result
    assert result.data["detail"] and result.data["detail"] in result.err
    return result.data


# ---- what would be done ----


def test_a_flood_that_is_there_means_loudspeakers_lamps_and_notices(commune):
    doc = dry(commune, "lu")
    assert MEMBERS <= set(doc)
    assert doc["accepted"] is True and doc["reason"] is None
    assert (doc["class"], doc["level"]) == ("emergency", 5)
    assert doc["lamps"] is True and doc["notify"] is True and doc["exercise"] is False
    assert "doi" not in doc["zones"] and "ven-song" in doc["zones"]
    assert doc["expires"] == "2026-11-22T06:00:00+07:00"
    assert doc["identifier"] == "VN-KTTV-2026-LU-031" and doc["signed"] is False
    assert "sơ tán ngay" in doc["text"] and doc["text"].startswith("Tin khẩn cấp.")


def test_what_is_to_come_wakes_nobody(commune):
    doc = dry(commune, "bao")
    assert (doc["class"], doc["level"], doc["lamps"]) == ("priority", 3, False)
    assert doc["zones"] == ["ven-song", "doi", "chung"]
    assert doc["text"].count("cơn bão số 12 đổ bộ") == 1


def test_a_dam_opens_in_an_hour(commune):
    doc = dry(commune, "xa-ho-chua")
    assert (doc["class"], doc["level"]) == ("emergency", 3)
    assert doc["begins"] == AT  # not at the onset


def test_an_exercise_says_so_before_and_after(commune):
    doc = dry(commune, "song-than-dien-tap", at="2026-11-21T08:01:00+07:00")
    assert doc["exercise"] is True and doc["class"] == "priority"
    assert doc["text"].startswith("Đây là diễn tập.")
    assert doc["text"].endswith("Xin nhắc lại, đây là diễn tập.")


def test_a_cancel_is_an_all_clear(commune):
    doc = dry(commune, "xa-ho-chua-huy", at="2026-11-21T22:15:00+07:00")
    assert doc["all_clear"] is True and doc["lamps"] is False
    assert doc["text"].startswith("Báo yên.") and "đã được hủy" in doc["text"]


def test_reasons_of_refusal(commune, tmp_path):
    assert refused(commune, DATA / "lu.xml", at="2026-11-22T06:00:00+07:00")["reason"] == "expired"
    assert refused(commune, DATA / "lu.xml", at="2026-11-21T16:00:00+07:00")["reason"] == "future"
    assert refused(commune, DATA / "thunderstorm.xml", at="2026-06-12T07:00:00+07:00")["reason"] == "area"
    assert refused(commune, DATA / "homeland.xml", at="2026-04-04T08:00:00+07:00")["reason"] == "language"
    text = (DATA / "lu.xml").read_text()
    for old, new, reason in (
        ("Actual", "Test", "test"),
        ("Actual", "Draft", "draft"),
        ("Actual", "System", "system"),
        (">Public<", ">Private<", "scope"),
        (">Update<", ">Ack<", "message-type"),
    ):
        changed = tmp_path / "changed.xml"
        changed.write_text(text.replace(old, new, 1))
        doc = refused(commune, changed)
        assert (doc["reason"], doc["class"], doc["zones"], doc["text"]) == (reason, None, [], None)


def test_a_file_that_is_no_alert_is_told_with_its_line(commune, tmp_path):
    bad = tmp_path / "bad.xml"
    bad.write_text((DATA / "lu.xml").read_text().replace("Extreme", "Critical"))
    doc = refused(commune, bad)
    assert doc["reason"] == "invalid"
    assert "line 17: <severity>" in doc["detail"] and "Critical" in doc["detail"]
    bad.write_text('<!DOCTYPE x [<!ENTITY a "b">]><alert/>')
    assert "document type" in refused(commune, bad)["detail"]
    bad.write_bytes(b"")
    assert refused(commune, bad)["reason"] == "invalid"
    assert commune.ctl("announce", "cap", tmp_path / "none.xml", "--dry-run").data["error"] == "file"
    bad.write_bytes(b" " * (512 * 1024 + 1))
    assert commune.ctl("announce", "cap", bad, "--dry-run").data["error"] == "file"


def test_standard_input_and_people(commune):
    text = (DATA / "lu.xml").read_text()
    assert commune.ok("announce", "cap", "-", "--dry-run", "--at", AT, stdin=text)["accepted"] is True
    shown = commune.ctl("announce", "cap", DATA / "lu.xml", "--dry-run", "--at", AT, json_output=False)
    assert shown.code == 0 and "emergency" in shown.out


def test_usage(commune):
    commune.refused("announce", "cap", code=2)
    commune.refused("announce", "cap", "a", "b", code=2)
    commune.refused("announce", "cap", DATA / "lu.xml", "--at", AT, code=2)
    commune.refused("announce", "cap", DATA / "lu.xml", "--dry-run", "--at", "soon", code=2)


def test_a_station_without_configuration_still_says_why(site):
    assert refused(site, DATA / "lu.xml")["reason"] == "unsigned"


# ---- signatures: made here with openssl alone, by the letter of the standard ----


def openssl(*args, data=None):
    return subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True, check=True, timeout=60).stdout


def certificate(directory, name):
    key, pem = directory / f"{name}.key", directory / f"{name}.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem, "-subj", f"/CN={name}", "-days", "3650")
    return key, pem


def signed(xml, key):
    """`xml` in canonical form, with an enveloped signature before its end tag."""
    digest = base64.b64encode(hashlib.sha256(xml.encode()).digest()).decode()
    info = (
        f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXC}"></ds:CanonicalizationMethod>'
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>'
        f'<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="{DS}enveloped-signature"></ds:Transform>'
        f'<ds:Transform Algorithm="{EXC}"></ds:Transform></ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
    value = base64.b64encode(openssl("dgst", "-sha256", "-sign", key, data=info.encode())).decode()
    signature = f'<ds:Signature xmlns:ds="{DS}">{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>'
    return xml.removesuffix("</alert>") + signature + "</alert>"


def test_an_alert_that_is_signed_by_ours_is_taken_and_no_other(commune, tmp_path):
    refuse_unsigned(commune)
    (commune.config / "cap.d").mkdir()
    key, pem = certificate(tmp_path, "dai-tinh")
    other, _ = certificate(tmp_path, "nguoi-la")
    xml = (DATA / "lu.xml").read_text().split("?>", 1)[1].strip()
    path = tmp_path / "alert.xml"

    path.write_text(xml)
    assert refused(commune, path)["reason"] == "unsigned"
    path.write_text(signed(xml, key))
    assert refused(commune, path)["reason"] == "signature"  # of nobody that we know
    (commune.config / "cap.d" / "tinh.pem").write_bytes(pem.read_bytes())
    fresh = valid_now(xml)
    path.write_text(signed(fresh, key))
    doc = commune.ok("announce", "cap", path, "--dry-run")
    assert doc["signed"] is True and doc["signer"] == "CN=dai-tinh"
    path.write_text(signed(fresh, key).replace(">Actual<", ">Exercise<"))
    result = commune.ctl("announce", "cap", path, "--dry-run")
    assert result.data["reason"] == "signature"
    path.write_text(signed(fresh, other))
    assert commune.ctl("announce", "cap", path, "--dry-run").data["reason"] == "signature"


def valid_now(xml):
    """The same alert, sent a minute ago by the real clock."""
    zone = timezone(timedelta(hours=7))
    now = datetime.now(zone).replace(microsecond=0)
    return xml.replace("2026-11-21T16:40:00+07:00", (now - timedelta(minutes=1)).isoformat()).replace(
        "2026-11-22T06:00:00+07:00", (now + timedelta(hours=3)).isoformat()
    ).replace("2026-11-21T10:00:00+07:00", (now - timedelta(hours=6)).isoformat())


# ---- handed to the daemon ----


def answer(mqtt, payload, done):
    """Stands in for announced: answers the one command, and keeps it."""
    message = mqtt.wait_for("announce/cap")
    properties = Properties(PacketTypes.PUBLISH)
    properties.CorrelationData = message.correlation
    mqtt.publish("/" + message.reply_to, payload, properties=properties)
    done.append(message.data)


@pytest.mark.parametrize(
    "reply, code",
    [
        ({"ok": True, "accepted": True, "reason": None, "class": "emergency"}, 0),
        ({"ok": True, "accepted": False, "reason": "known"}, 1),
        ({"ok": False, "error": "store", "detail": "it cannot be taken now"}, 1),
    ],
)
def test_the_daemon_answers(commune, mqtt, reply, code):
    taken = []
    daemon = threading.Thread(target=answer, args=(mqtt, reply, taken))
    daemon.start()
    result = commune.ctl("announce", "cap", DATA / "lu.xml")
    daemon.join(20)
    assert taken == [{"xml": (DATA / "lu.xml").read_text()}]
    assert result.code == code
    if reply["ok"]:
        assert result.data["accepted"] is reply["accepted"] and result.data["reason"] == reply["reason"]
    else:
        assert result.data["error"] == "store"
    assert ("Tin này đã nhận rồi." in result.err) is (reply.get("reason") == "known")


def test_without_a_daemon_nothing_is_claimed(commune):
    assert commune.ctl("announce", "cap", DATA / "lu.xml").data["error"] == "no-answer"


def test_what_a_message_cannot_carry_goes_to_the_inbox(commune, tmp_path):
    big = tmp_path / "big.xml"
    points = " ".join(f"{19.896 + i / 1e6:.6f},{105.637 + i % 7 / 1000:.3f}" for i in range(8000))
    text = (DATA / "lu.xml").read_text()
    start, end = text.index("<polygon>") + 9, text.index("</polygon>")
    big.write_text(text[:start] + points + text[end:])
    assert "inbox" in commune.refused("announce", "cap", big)
    assert dry_file(commune, big)["accepted"] is True  # which only looks
    wide = tmp_path / "wide.xml"
    wide.write_bytes(text.replace("UTF-8", "UTF-16").encode("utf-16"))
    assert "inbox" in commune.refused("announce", "cap", wide)
    assert dry_file(commune, wide)["text"] == dry(commune, "lu")["text"]


def dry_file(site, path):
    return site.ok("announce", "cap", path, "--dry-run", "--at", AT)
