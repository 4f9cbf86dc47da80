"""Zones come, go and are counted on while announcements wait and sound: what was planned airs where it should, and what was aired stays used."""

import signal

TEXT = "Thông báo họp thôn."


def reload(air, zones):
    """When the new zones are in force."""
    since = air.mqtt.mark()
    air.daemon.signal(signal.SIGHUP)
    air.mqtt.wait_for(
        "status/announced",
        lambda d: d["state"] == "online" and d["health"]["zones"] == zones and not d["health"]["config_waits"],
        timeout=60,
        since=since,
    )


def test_what_was_planned_airs_in_a_zone_that_came_later(air):
    air.zones("thon-1")
    air.start()
    bulletin = air.submit(text=TEXT, at=air.at(8))
    air.state(bulletin, lambda d: d["airings"])
    air.zones("thon-2")
    reload(air, 2)
    air.aired(bulletin, "thon-1")
    air.aired(bulletin, "thon-2")


def test_what_was_planned_for_a_zone_that_went_is_dropped_there_and_said_so(air):
    air.zones("thon-1", "thon-2")
    air.start()
    bulletin = air.submit(text=TEXT, at=air.at(8))
    air.state(bulletin, lambda d: len(d["airings"]) == 2)
    (air.site.config / "announced.conf").unlink()
    del air.sections["zone thon-2"]
    air.conf()
    reload(air, 1)
    air.airing(bulletin, "thon-2", "dropped", reason="no-zone")
    air.aired(bulletin, "thon-1")
    air.kept(bulletin)
    assert sorted((a["zone"], a["state"]) for a in air.log()) == [("thon-1", "aired"), ("thon-2", "dropped")]


def test_a_configuration_that_comes_on_air_does_not_forget_the_airtime(air):
    air.zones("thon-1")
    air.start()
    bulletin = air.submit(text=TEXT * 4)
    air.airing(bulletin, "thon-1", "on-air")
    air.zones("thon-2")
    reload(air, 2)
    done = air.aired(bulletin, "thon-1")
    shown = air.zone("thon-1", lambda d: not d["sounding"])
    assert abs(shown["airtime"]["day"] - done["seconds"]) <= 1, shown


def test_a_configuration_that_comes_while_the_amplifier_warms_up_breaks_nothing(air):
    air.zones("thon-1", amplifier="gpio:sim:amp/A", warm_up="4 s", hold="1 s")
    air.start()
    bulletin = air.submit(text=TEXT)
    air.zone("thon-1", lambda d: d["amplifier"] == "warming")
    air.zones("thon-2")
    reload(air, 2)
    air.aired(bulletin, "thon-1")
    assert len(air.played("thon-1")) == 1 and "cannot be started" not in air.daemon.log()
    air.site.gpio.wait("amp", "A", 0, timeout=10)
