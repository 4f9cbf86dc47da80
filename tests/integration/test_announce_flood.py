"""Too much of everything: more announcements, warnings and zones than any commune has, and the warning that comes last is heard all the same."""

import json

TEXT = "Thông báo họp thôn lúc 7h30 tại nhà văn hóa."
WARNING = {"text": "Chạy ngay.", "class": "emergency", "reason": "xả lũ"}


def flood(air, count, zones="all", **members):
    for i in range(count):
        order = {"id": f"x-{i}", "zones": zones, "class": "normal", "by": "chị Hoa", **members}
        air.mqtt.publish("announce/submit", json.dumps({**order, "text": f"{members['text']} Số {i}."}))


def test_when_a_thousand_wait_a_warning_is_taken_and_the_daemon_ends_at_once(air):
    air.conf(announce={"approval": "yes"})
    air.zones("thon-4")
    air.start()
    flood(air, 1000, text=TEXT)
    assert air.refused(text=TEXT)["error"] == "busy"
    warning = air.submit(**WARNING)
    air.aired(warning, "thon-4", timeout=60)
    air.daemon.stop(10)
    assert "cannot be made into sound" not in air.daemon.log()


def test_of_many_warnings_at_once_each_has_its_voice(air):
    air.zones("thon-4")
    air.start()
    flood(air, 40, **WARNING)
    for i in range(40):
        shown = air.state(f"x-{i}", lambda d: d["seconds"] or d["problem"], timeout=60)
        assert not shown["problem"], shown


def test_a_queue_that_is_full_of_bulletins_has_room_for_a_warning(air):
    zones = [f"z-{i}" for i in range(64)]
    air.zones(*zones)
    air.start()
    flood(air, 70, text=TEXT, at=air.at(3600))
    warning = air.submit(**WARNING)
    for zone in zones:
        air.aired(warning, zone, timeout=60)
    shown = air.mqtt.last("announce/x-69/state").data
    assert shown["state"] == "approved" and shown["airings"] == []  # it waits for room, and is not lost
    assert "is lost" not in air.daemon.log()
