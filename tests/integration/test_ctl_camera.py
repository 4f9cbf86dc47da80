"""thonctl camera and device secret: what was, from a store that was filled; what is, from the retained states; orders to
camerad, which is played here; passwords, which are seen nowhere."""

import csv
import io
import json
import signal
import sqlite3
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from terminal import Terminal

VIETNAM = timezone(timedelta(hours=7))
HOUR = 3600
DAY = 24 * HOUR


def camera(site, id, area, name, host, **more):
    config = {"url": f"rtsp://{host}/s", **more}
    site.ok("device", "add", id, "--kind", "camera", "--area", area, "--name", name, "--config", json.dumps(config))


@pytest.fixture
def commune(site):
    """Xã Sao Mai: in Thôn 4 two cameras behind a switch, in Thôn 5 one and a Wi-Fi point."""
    site.ok("area", "add", "sao-mai", "--name", "Xã Sao Mai")
    site.ok("area", "add", "thon-4", "--name", "Thôn 4", "--parent", "sao-mai")
    site.ok("area", "add", "thon-5", "--name", "Thôn 5", "--parent", "sao-mai")
    site.ok("device", "add", "sw-4", "--kind", "switch", "--area", "thon-4", "--name", "Tủ mạng thôn 4", "--config", '{"address":"10.0.4.1"}')
    camera(site, "cong-chua", "thon-4", "Cổng chùa", "10.0.4.11", parent="sw-4")
    camera(site, "nga-ba", "thon-4", "Ngã ba", "10.0.4.12", parent="sw-4")
    camera(site, "ao-lang", "thon-5", "Ao làng", "10.0.5.11")
    site.ok("device", "add", "wifi-5", "--kind", "access-point", "--area", "thon-5", "--name", "Wi-Fi nhà văn hóa", "--config", '{"address":"10.0.5.2"}')
    return site


def store(site):
    return sqlite3.connect(site.state / "thon.db")


def month_of_trouble(site, begin, now=None):
    """`begin` is 00:00 of a first of month. The switch of Thôn 4 was without power for six hours of the 2nd, and with it
    both cameras; Ngã ba was black for a minute and mended by its relay; Ao làng was never seen."""
    at = int(begin.timestamp())
    fell, back = at + DAY + 2 * HOUR, at + DAY + 8 * HOUR
    with store(site) as db:
        db.execute("INSERT INTO camera_watching VALUES (?, ?)", (at - DAY, at + 40 * DAY))

        def did(when, device, what, value, detail="", by="", seconds=0):
            db.execute(
                "INSERT INTO camera_history (at, device, what, value, detail, by, seconds) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (when, device, what, value, detail, by, seconds),
            )

        for device in ("sw-4", "cong-chua", "nga-ba", "wifi-5"):
            did(at - HOUR, device, "verdict", "ok")
        for device in ("sw-4", "cong-chua", "nga-ba"):
            did(fell, device, "verdict", "no-power", "no answer to ping")
            did(back, device, "verdict", "ok")
        did(at + 3 * DAY, "nga-ba", "verdict", "black")
        did(at + 3 * DAY + 60, "nga-ba", "verdict", "ok")
        did(at + 3 * DAY + 10, "nga-ba", "heal", "power-cycle", "began", "thon-camerad")
        did(at + 3 * DAY + 60, "nga-ba", "heal", "power-cycle", "recovered", "thon-camerad", seconds=50)
        did(at + 4 * DAY, "wifi-5", "blip", "cable", seconds=20)
        db.execute(
            "INSERT INTO camera_incident (id, cause, verdict, root, name, area, group_, cause_id, text, end_text, began, ended, most)"
            " VALUES ('camera-sw-4-1', 'parent', 'no-power', 'sw-4', 'Tủ mạng thôn 4', 'thon-4', 0, '', 'Tủ mạng thôn 4: mất điện', '', ?, ?, 2)",
            (fell, back),
        )
        db.execute(
            "INSERT INTO camera_state (device, verdict, since, mac) VALUES ('cong-chua', 'ok', ?, '00:11:22:33:44:55')", (back,)
        )
        db.execute(
            "INSERT INTO camera_state (device, verdict, since, maintenance, maintenance_by, maintenance_reason)"
            " VALUES ('ao-lang', 'no-network', ?, 1, 'anh Tư', 'thay cột')",
            (at,),
        )


LAST = (datetime.now(VIETNAM).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)).replace(day=1)


# ---- the report ----


def test_the_month_on_a_page(commune):
    month_of_trouble(commune, LAST)
    page = commune.ctl("camera", "report", json_output=False).out  # without a month: the one that ended last
    assert f"BÁO CÁO CAMERA THÁNG {LAST.month} NĂM {LAST.year}" in page
    days = (LAST.replace(day=28) + timedelta(days=4)).replace(day=1) - LAST
    down = 2 * 6 * HOUR + 60
    share = int((1 - down / (2 * days.total_seconds())) * 10000)
    assert f"Camera: 3; hoạt động: {share // 100},{share % 100:02d} % thời gian." in page
    assert "lần lâu nhất 6 giờ 00 phút" in page
    assert page.index("Thôn 4") < page.index("Thôn 5")
    lines = page.splitlines()
    worst = next(line for line in lines if "nga-ba" in line)
    assert "6 giờ 01 phút" in worst and lines.index(worst) < lines.index(next(line for line in lines if "cong-chua" in line))
    incident = next(line for line in lines if line.startswith(f"02:00 02/{LAST.month:02d}"))
    assert "6 giờ 00 phút" in incident and "Tủ mạng thôn 4" in incident and "mất điện" in incident and "thiết bị mạng phía trên" in incident
    assert any("Ngã ba" in line and "ngắt rồi đóng lại nguồn" in line and "tự động" in line and "đã hoạt động lại" in line for line in lines)
    assert "Ao làng (ao-lang)" in page[page.index("CHƯA TỪNG HOẠT ĐỘNG") :]


def test_the_month_for_a_spreadsheet_and_for_programs(commune):
    month_of_trouble(commune, LAST)
    month = f"{LAST:%Y-%m}"
    text = commune.ctl("camera", "report", "--month", month, "--csv", json_output=False).out
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=";"))
    assert text.startswith("\ufeff") and rows[0]["Mã"] == "nga-ba" and rows[0]["Mất (giây)"] == str(6 * HOUR + 60)
    assert rows[0]["Loại"] == "Camera" and rows[0]["Số lần mất"] == "2"
    assert [row["Hoạt động"] for row in rows if row["Mã"] == "ao-lang"] == ["chưa rõ"]
    doc = commune.ok("camera", "report", "--month", month)
    assert doc["from"] == f"{month}-01T00:00:00+07:00" and doc["never"] == ["ao-lang"]
    assert [d["id"] for d in doc["devices"]][-1] == "ao-lang" and doc["devices"][-1]["uptime"] is None
    assert doc["incidents"][0]["minutes"] == 360 and doc["healed"][0]["result"] == "recovered"
    only = commune.ok("camera", "report", "--month", month, "--area", "Thôn 5")
    assert {d["id"] for d in only["devices"]} == {"ao-lang", "wifi-5"} and only["incidents"] == []


def test_the_running_month_ends_now(commune):
    now = datetime.now(VIETNAM)
    page = commune.ctl("camera", "report", "--month", f"{now:%Y-%m}", json_output=False).out
    assert "Tháng chưa hết: tính đến" in page and "hoạt động: chưa rõ." in page
    doc = commune.ok("camera", "report", "--month", f"{now:%Y-%m}")
    assert datetime.fromisoformat(doc["to"]) <= datetime.now(VIETNAM)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "11/2026", "2026-11-01", "", "0000-01"])
def test_what_is_no_month_is_refused(site, month):
    assert "--month" in site.refused("camera", "report", "--month", month, code=2)


def test_next_year_cannot_be_reported(site):
    assert "not begun" in site.refused("camera", "report", "--month", "2999-01")
    assert "no area" in site.refused("camera", "report", "--area", "thon-99")


# ---- what was ----


def test_history_of_one_and_of_all(commune):
    month_of_trouble(commune, LAST)
    span = ("--from", f"{LAST:%Y-%m}-01 00:00", "--to", f"{LAST:%Y-%m}-06 00:00")
    rows = commune.ok("camera", "history", "nga-ba", *span)
    assert [(r["what"], r["value"]) for r in rows] == [
        ("verdict", "no-power"),
        ("verdict", "ok"),
        ("verdict", "black"),
        ("heal", "power-cycle"),
        ("verdict", "ok"),
        ("heal", "power-cycle"),
    ]
    assert rows[0] == {
        "at": f"{LAST:%Y-%m}-02T02:00:00+07:00",
        "camera": "nga-ba",
        "what": "verdict",
        "value": "no-power",
        "seconds": None,
        "by": "",
        "detail": "no answer to ping",
    }
    every = commune.ok("camera", "history", *span)
    assert {r["camera"] for r in every} == {"sw-4", "cong-chua", "nga-ba", "wifi-5"}
    assert [r["at"] for r in every] == sorted(r["at"] for r in every)
    assert commune.ok("camera", "history", *span, "--limit", "1") == every[-1:]
    assert commune.ok("camera", "history") == []  # the last seven days were quiet
    commune.refused("camera", "history", "a", "b", code=2)
    commune.refused("camera", "history", "--from", "yesterday", code=2)
    commune.refused("camera", "history", "--limit", "0", code=2)


def test_incidents_that_stand_and_all(commune):
    month_of_trouble(commune, LAST)
    assert commune.ok("camera", "incidents") == []
    with store(commune) as db:
        db.execute(
            "INSERT INTO camera_incident (id, cause, verdict, root, name, area, group_, cause_id, text, end_text, began, most)"
            " VALUES ('camera-ao-lang-2', 'device', 'hung', 'ao-lang', 'Ao làng', 'thon-5', 0, '', 'Ao làng: treo', '', ?, 0)",
            (int(time.time()) - 600,),
        )
        db.execute("INSERT INTO camera_incident_member SELECT serial, 'wifi-5' FROM camera_incident WHERE ended IS NULL")
    (row,) = commune.ok("camera", "incidents")
    assert row["id"] == "camera-ao-lang-2" and row["ended"] is None and row["minutes"] == 10 and row["members"] == ["wifi-5"]
    both = commune.ok("camera", "incidents", "--from", f"{LAST:%Y-%m}-01 00:00")
    assert [r["id"] for r in both] == ["camera-sw-4-1", "camera-ao-lang-2"]


# ---- what is ----

STATE = {
    "verdict": "no-network",
    "severity": "critical",
    "since": "2026-11-22T20:10:00+07:00",
    "down": True,
    "soft": None,
    "sentence": "mất kết nối",
    "action": "Kiểm tra nguồn.",
    "parent": "sw-4",
    "incident": None,
    "picture": None,
    "uptime_30d": 0.9876,
    "name": "Cổng chùa",
    "area": "thon-4",
    "kind": "camera",
    "maintenance": None,
    "flapping": False,
    "healing": None,
    "login_stopped": False,
}


def test_the_list_is_what_camerad_told(commune, mqtt):
    fine = {**STATE, "verdict": "ok", "severity": "info", "area": "thon-5", "soft": "hung"}
    mqtt.publish("camera/cong-chua/state", STATE, retain=True)
    mqtt.publish("camera/ao-lang/state", fine, retain=True)
    rows = commune.ok("camera", "list")
    assert [r["camera"] for r in rows] == ["ao-lang", "cong-chua"] and rows[1] == {"camera": "cong-chua", **STATE}
    assert [r["camera"] for r in commune.ok("camera", "list", "--bad")] == ["cong-chua"]
    assert [r["camera"] for r in commune.ok("camera", "list", "--area", "thon-5")] == ["ao-lang"]
    assert len(commune.ok("camera", "list", "--area", "sao-mai")) == 2
    table = commune.ctl("camera", "list", json_output=False).out
    assert "looks hung" in table and "no-network" in table
    assert commune.ok("camera", "show", "cong-chua") == {"camera": "cong-chua", **STATE, "history": []}
    assert "nothing is known of wifi-6" in commune.refused("camera", "show", "wifi-6")


def test_without_camerad_the_store_is_asked_and_it_is_said(commune):
    month_of_trouble(commune, LAST)
    result = commune.ctl("camera", "list")
    assert result.code == 0 and "as the store had it last" in result.err
    rows = {r["camera"]: r for r in result.data}
    assert list(rows) == ["ao-lang", "cong-chua", "nga-ba", "sw-4", "wifi-5"]
    assert rows["cong-chua"]["verdict"] == "ok" and rows["cong-chua"]["parent"] == "sw-4" and rows["cong-chua"]["uptime_30d"] > 0.9
    assert rows["ao-lang"]["maintenance"] == {"until": None, "reason": "thay cột", "by": "anh Tư"} and rows["ao-lang"]["down"]
    assert rows["nga-ba"]["verdict"] == "unknown"
    assert [r["camera"] for r in commune.ok("camera", "list", "--bad")] == ["ao-lang"]
    shown = commune.ok("camera", "show", "nga-ba")
    assert [r["value"] for r in shown["history"]][:3] == ["ok", "no-power", "ok"]
    text = commune.ctl("camera", "show", "nga-ba", json_output=False).out
    assert "verdict:" in text and "power-cycle" in text


def test_without_a_broker_the_store_is_asked(commune, broker):
    broker.kill()
    result = commune.ctl("camera", "list")
    assert result.code == 0 and len(result.data) == 5 and "cannot reach the broker" in result.err


# ---- orders ----


def played(site, mqtt, topic, answer, *args):
    """What thonctl said when camerad answers like that, and what camerad was told."""
    since = mqtt.mark()
    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(site.ctl, *args)
        order = mqtt.wait_for(topic, since=since)
        properties = Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = order.correlation
        mqtt.publish("/" + order.reply_to, answer, properties=properties)
        return said.result(timeout=60), order.data


def test_a_check_is_answered_when_it_is_done(site, mqtt):
    finding = {"ok": True, "camera": "c-1", "found": "password", "verdict": "ok", "sentence": "sai mật khẩu", "action": "Đặt lại.", "detail": "401"}
    said, told = played(site, mqtt, "camera/c-1/check", finding, "--by", "chị Hoa", "camera", "check", "c-1")
    assert said.code == 0 and said.data == finding and told == {"by": "chị Hoa"}


def test_a_refusal_is_told_in_the_daemons_words(site, mqtt):
    refusal = {"ok": False, "error": "uplink", "detail": "others hang on it"}
    said, told = played(site, mqtt, "camera/sw-4/power-cycle", refusal, "camera", "power-cycle", "sw-4", "--reason", "treo")
    assert said.code == 1 and "others hang on it" in said.err and said.data["error"] == "uplink" and told["reason"] == "treo"


def test_maintenance_has_an_end_or_none(site, mqtt):
    topic = "camera/c-1/maintenance"
    answer = {"ok": True, "until": "2026-11-30T08:00:00+07:00"}
    _, told = played(site, mqtt, topic, answer, "camera", "maintenance", "c-1", "--for", "2h", "--reason", "thay dây")
    assert told["on"] is True and told["for"] == 7200 and told["reason"] == "thay dây" and told["by"]
    _, told = played(site, mqtt, topic, answer, "camera", "maintenance", "c-1", "--until", "2026-11-30 08:00")
    assert told["until"] == "2026-11-30T08:00:00+07:00" and "for" not in told
    said, told = played(site, mqtt, topic, {"ok": True}, "camera", "maintenance", "c-1", "--end")
    assert said.code == 0 and told["on"] is False
    for wrong in (("--for", "soon"), ("--until", "soon"), ("--for", "1h", "--end"), ("--for", "1h", "--until", "2026-11-30 08:00")):
        site.refused("camera", "maintenance", "c-1", *wrong, code=2)
    for verb in ("check", "power-cycle", "maintenance", "relearn", "show"):
        site.refused("camera", verb, "Not-An-Id", code=2)
        site.refused("camera", verb, code=2)


def test_what_it_shows_now_is_right(site, mqtt):
    said, _ = played(site, mqtt, "camera/c-1/relearn", {"ok": True, "camera": "c-1"}, "camera", "relearn", "c-1")
    assert said.code == 0


def test_without_camerad_an_order_says_so(site):
    assert "thon-camerad is not running" in site.refused("camera", "check", "c-1")


# ---- finding ----

FOUND = {
    "ok": True,
    "found": [
        {"endpoint": "urn:uuid:1", "address": "10.0.4.11", "mac": "", "name": "Hikvision", "hardware": "DS-2CD", "xaddr": "", "known": "cong-chua", "moved": False},
        {"endpoint": "urn:uuid:2", "address": "10.0.4.20", "mac": "00:11:22:33:44:55", "name": "Cổng Đình", "hardware": "DS-2CD", "xaddr": "http://10.0.4.20/onvif/device_service", "known": None, "moved": False},
        {"endpoint": "urn:uuid:3", "address": "10.0.4.21", "mac": "", "name": "", "hardware": "", "xaddr": "http://10.0.4.99/onvif/device_service", "known": None, "moved": False},
        {"endpoint": "urn:uuid:4", "address": "fd00::21", "mac": "", "name": "!!", "hardware": "IPC", "xaddr": "", "known": None, "moved": False},
        {"endpoint": "urn:uuid:5", "address": "10.0.4.77", "mac": "", "name": "", "hardware": "", "xaddr": "", "known": "nga-ba", "moved": True},
    ],
}


def test_what_is_new_is_shown_and_added(commune, mqtt):
    camera(commune, "cong-dinh-4-20", "thon-5", "Cổng đình cũ", "10.9.9.9")  # its id is taken
    said, told = played(commune, mqtt, "camera/discover", FOUND, "camera", "discover", "--wait", "1")
    assert told == {"wait": 1} and said.data == FOUND and "nga-ba answers at 10.0.4.77 now" not in said.out
    assert "added" not in said.data["found"][1]
    since = mqtt.mark()
    said, _ = played(commune, mqtt, "camera/discover", FOUND, "camera", "discover", "--add", "--area", "thon-4", "--user", "xem")
    assert said.code == 0
    assert [f["added"] for f in said.data["found"]] == [None, "cong-dinh-4-20-2", "camera-4-21", "ipc-21", None]
    added = commune.ok("device", "show", "cong-dinh-4-20-2")
    assert added["name"] == "Cổng Đình" and added["area"] == "thon-4"
    assert added["config"] == {"url": "rtsp://10.0.4.20:554/", "user": "xem", "onvif_url": "http://10.0.4.20/onvif/device_service"}
    # What names another host is not believed.
    assert commune.ok("device", "show", "camera-4-21")["config"] == {"url": "rtsp://10.0.4.21:554/", "user": "xem"}
    assert mqtt.wait_for("registry/changed", since=since).data == {"tables": ["device"]}


def test_adding_without_a_terminal_needs_an_area(site):
    assert "--area" in site.refused("camera", "discover", "--add", code=2)
    site.refused("camera", "discover", "--area", "thon-4", code=2)
    site.refused("camera", "discover", "--wait", "99", code=2)


# ---- passwords ----


def secret_of(site, id):
    with store(site) as db:
        row = db.execute("SELECT password FROM device_secret WHERE device = ?", (id,)).fetchone()
    return row[0] if row else None


def test_a_password_from_standard_input_is_told_to_nobody(commune, mqtt):
    since = mqtt.mark()
    said = commune.ctl("device", "secret", "cong-chua", stdin="Mật-khẩu 7:'\r\nmore\n")
    assert said.data == {"ok": True, "id": "cong-chua"} and secret_of(commune, "cong-chua") == "Mật-khẩu 7:'"
    assert mqtt.wait_for("registry/changed", since=since).data == {"tables": ["device_secret"]}
    for args in (("device", "show", "cong-chua"), ("device", "list"), ("camera", "list"), ("camera", "show", "cong-chua"), ("audit", "export")):
        assert "Mật-khẩu" not in commune.ctl(*args, json_output=False).out
    assert all("Mật-khẩu".encode() not in m.payload for m in mqtt.messages)
    assert commune.ok("device", "secret", "cong-chua", "--remove")["ok"] and secret_of(commune, "cong-chua") is None


def test_what_is_no_password_changes_nothing(commune):
    assert "no password was given" in commune.refused("device", "secret", "cong-chua", stdin="")
    assert "no password was given" in commune.refused("device", "secret", "cong-chua", stdin="\n")
    assert "at most 255" in commune.refused("device", "secret", "cong-chua", stdin="x" * 300)
    assert "no device cam-99" in commune.refused("device", "secret", "cam-99", stdin="x")
    commune.refused("device", "secret", "cong-chua", "hunter2", code=2)  # never on the command line
    assert secret_of(commune, "cong-chua") is None


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(commune):
    t = Terminal(commune, "device", "secret", "cong-chua")
    t.until("Password of cong-chua: ").type("bí mật\n").until("Once more: ").type("bí mật\n").until("its password is set")
    assert t.ended() == 0 and "bí mật".encode() not in t.said and secret_of(commune, "cong-chua") == "bí mật"
    t = Terminal(commune, "device", "secret", "cong-chua")
    t.until("cong-chua: ").type("a\n").until("Once more: ").type("b\n").until("not the same")
    assert t.ended() == 1 and secret_of(commune, "cong-chua") == "bí mật"


def test_whoever_gives_up_gets_the_echo_back(commune):
    t = Terminal(commune, "device", "secret", "cong-chua").until("cong-chua: ")
    t.process.send_signal(signal.SIGINT)
    t.until("nothing was changed")
    assert termios.tcgetattr(t.master)[3] & termios.ECHO
    assert t.ended() == 1 and secret_of(commune, "cong-chua") is None


def test_at_a_terminal_each_camera_is_asked_about(commune, mqtt):
    t = Terminal(commune, "camera", "discover", "--add")
    order = mqtt.wait_for("camera/discover")
    properties = Properties(PacketTypes.PUBLISH)
    properties.CorrelationData = order.correlation
    mqtt.publish("/" + order.reply_to, FOUND, properties=properties)
    t.until("as cong-dinh-4-20? [y/N] ").type("y\n").until("area? [] ").type("thon-4\n").until("logs in? [] ").type("xem\n")
    t.until("as camera-4-21? [y/N] ").type("\n")
    t.until("as ipc-21? [y/N] ").type("y\n").until("area? [thon-4] ").type("\n").until("logs in? [xem] ").type("\n")
    t.until("thonctl camera check ipc-21")
    assert t.ended() == 0
    ids = {d["id"] for d in commune.ok("device", "list", "--kind", "camera", "--area", "thon-4")}
    assert ids == {"cong-chua", "nga-ba", "cong-dinh-4-20", "ipc-21"}


# ---- with the daemon itself ----


def test_a_fall_and_its_end_from_list_to_report(site, watch, farm):
    farm.enrol(site, names=["c1", "c2"])
    watch.start()
    watch.ok("c1", "c2")
    assert [(r["camera"], r["verdict"]) for r in site.ok("camera", "list")] == [("c1", "ok"), ("c2", "ok")]
    assert site.ok("camera", "list", "--bad") == []

    farm.set("c2", mode="refused")
    raised = watch.event("camera-port-closed")
    (bad,) = site.ok("camera", "list", "--bad")
    assert bad["camera"] == "c2" and bad["verdict"] == "port-closed" and bad["incident"] == raised["id"]
    found = site.ok("camera", "check", "c2")
    assert found["ok"] and found["found"] == "port-closed" and found["action"]
    (incident,) = site.ok("camera", "incidents")
    assert incident["id"] == raised["id"] and incident["ended"] is None and incident["cause"] == "device"

    site.ok("camera", "maintenance", "c1", "--for", "1h", "--reason", "thay nguồn")
    assert watch.state("c1", lambda d: d["maintenance"])["maintenance"]["reason"] == "thay nguồn"
    site.ok("camera", "maintenance", "c1", "--end")
    farm.set("c2", mode="ok")
    watch.state("c2", verdict="ok", incident=None)
    assert "no-means" in json.dumps(site.ctl("camera", "power-cycle", "c2").data)
    watch.daemon.stop()

    rows = [(r["what"], r["value"]) for r in site.ok("camera", "history", "c2")]
    assert [v for w, v in rows if w == "verdict"] == ["ok", "port-closed", "ok"]
    assert [r["value"] for r in site.ok("camera", "history", "c1") if r["what"] == "maintenance"] == ["begin", "end"]
    result = site.ctl("camera", "list")  # stopped: by the store, or by what the broker still keeps
    assert [(r["camera"], r["verdict"]) for r in result.data] == [("c1", "ok"), ("c2", "ok")]
    doc = site.ok("camera", "report", "--month", f"{datetime.now(VIETNAM):%Y-%m}")
    by_id = {d["id"]: d for d in doc["devices"]}
    assert by_id["c1"]["uptime"] == 1.0 and by_id["c1"]["failures"] == 0 and by_id["c1"]["unknown"] > 0
    assert by_id["c2"]["failures"] == 1 and 0 < by_id["c2"]["uptime"] < 1 and doc["never"] == []
    assert [i["id"] for i in doc["incidents"]] == [raised["id"]] and doc["incidents"][0]["ended"]
