"""A store that is damaged reaches a person, though no notice can be sent any more: the real store, overwritten under the running relay,
the real copy of the night, and phones."""

import datetime
import os
import socket
import time

import pytest

from relay import telegram

TECHNICIAN = telegram(1)
GROUP = "-1009"
NIGHT = "2026-11-21T20:10:00+07:00"
HURT, END = "⚠ Kho dữ liệu: bị hỏng", "✓ Đã khắc phục: Kho dữ liệu đã dùng lại được."


@pytest.fixture
def station(relay, tmp_path):
    relay.channel("tg", "telegram", chat=GROUP)
    relay.person("tho", {"tg": TECHNICIAN}, role="technician", area="xa")
    relay.route("may", match="store-down", to="role:technician channel:tg", **{"class": "priority"})
    relay.env = {"RUNTIME_DIRECTORY": str(tmp_path)}
    return relay


def damage(site):
    """Every page, and what was to be folded into it. The file stays the one that the daemons have open."""
    for path in (site.state / "thon.db", site.state / "thon.db-wal"):
        if path.exists():
            size = path.stat().st_size
            with open(path, "r+b") as file:
                file.write(os.urandom(size))


def met(relay):
    """Somebody asks for what is in the store: the damage is found."""
    assert not relay.ask("person:tho", "Có ai không")["ok"]
    relay.health(lambda h: h["store"] == "corrupt")


def told(relay, address, *words, timeout=20):
    return relay.fakes.wait_message(
        lambda m: m["address"] == address and all(w in m["text"] for w in words), "telegram", timeout
    )["text"]


def texts(relay, address):
    return relay.fakes.texts("telegram", address)


def later(seconds, speed):
    """The clock of a daemon that starts so long after the night began."""
    at = datetime.datetime.fromisoformat(NIGHT) + datetime.timedelta(seconds=seconds)
    return f"{at.isoformat()},x{speed}"


def test_a_damaged_store_is_told_without_it_once_and_so_is_its_end(station, site):
    """The people are known from the copy of the night. A restart tells nobody again; after the restore those who were told hear it."""
    site.ok("store", "backup", "--nightly")
    station.start(NIGHT, env=station.env)
    since = station.mqtt.mark()
    damage(site)
    met(station)
    text = told(station, TECHNICIAN, HURT, "sudo thonctl store restore --stop", "(từ 20:1")
    assert told(station, GROUP, HURT) == text
    event = station.mqtt.wait_for("event/store-down", since=since).data
    assert (event["state"], event["severity"], event["values"]["error"]) == ("raised", "critical", "corrupt")

    station.daemon.kill()
    damaged_again = station.mqtt.mark()
    station.start(later(60, 1), env=station.env)
    met(station)
    assert station.mqtt.wait_for("event/store-down", since=damaged_again).data["id"] == event["id"]
    station.daemon.stop()

    site.ok("store", "restore")
    since = station.mqtt.mark()
    station.start(later(120, 120), env=station.env)
    for address in (TECHNICIAN, GROUP):
        told(station, address, END, timeout=40)
        assert texts(station, address) == [text, END]
    over = station.mqtt.wait_for("event/store-down", lambda d: d["state"] == "cleared", since=since).data
    assert over["id"] == event["id"] and over["values"]["since"] == event["values"]["since"]


def test_an_end_that_nobody_could_be_told_is_told_by_the_next_life(station, site):
    station.start(NIGHT, env=station.env)
    damage(site)
    met(station)
    text = told(station, GROUP, HURT)
    station.daemon.stop()

    (site.state / "thon.db").unlink()
    (site.state / "thon.db-wal").unlink(missing_ok=True)
    site.ok("store", "init")
    station.fakes.shut()
    station.start(later(60, 120), env=station.env)
    station.daemon.wait_log("The store is well again, and 1 are told", timeout=40)
    station.daemon.wait_log("tg does not take a message without the store")
    station.daemon.kill()
    station.fakes.open()
    station.start(later(1200, 1), env=station.env)
    told(station, GROUP, END)
    assert texts(station, GROUP) == [text, END]


@pytest.mark.parametrize("again", [False, True], ids=["this life", "the next life"])
def test_an_end_that_the_broker_missed_is_told_to_it_when_it_is_back(station, site, broker, make_mqtt, again):
    """Who counts what stands has heard the beginning, and would count it for ever."""
    site.ok("store", "backup", "--nightly")
    station.start(NIGHT, env=station.env)
    since = station.mqtt.mark()
    damage(site)
    met(station)
    text = told(station, GROUP, HURT)
    event = station.mqtt.wait_for("event/store-down", since=since).data
    station.daemon.stop()

    site.ok("store", "restore")
    broker.kill()
    station.start(later(60, 120), env=station.env)
    told(station, GROUP, END, timeout=40)
    if again:
        station.daemon.kill()
    else:
        station.daemon.freeze()
    broker.start()
    console = make_mqtt(broker)
    if again:
        station.start(later(1200, 1), env=station.env)
    else:
        station.daemon.thaw()
    over = console.wait_for("event/store-down", timeout=90).data
    assert (over["state"], over["id"], over["values"]) == ("cleared", event["id"], event["values"])
    if not again:  # killed before it has noted whom it told, it tells them again
        assert texts(station, GROUP) == [text, END]


def test_without_any_copy_those_who_need_no_registry_are_told(station, site):
    station.start(NIGHT, env=station.env)
    damage(site)
    met(station)
    told(station, GROUP, HURT)
    station.daemon.wait_log("nobody is told by .to = role:technician. of .route may.*neither the store nor a copy")
    assert not texts(station, TECHNICIAN)


def test_nobody_is_woken_at_home_by_it(station, site):
    """A route for every event to everybody is careless, but has quiet hours; this event has none, and the village sleeps."""
    station.route("moi", match="*", to="all area:xa", quiet="22:00-06:00", **{"class": "priority"})
    site.ok("store", "backup", "--nightly")
    station.start(NIGHT, env=station.env)
    damage(site)
    met(station)
    told(station, GROUP, HURT)
    for word in ("all", "area:xa"):
        station.daemon.wait_log(f"nobody is told by .to = {word}. of .route moi.*those in charge")
    assert len(texts(station, TECHNICIAN)) == 1, "by his role, not as one who lives there"


def test_what_the_provider_does_not_take_is_tried_again(station, site):
    """The Internet is away when the card fails, as after a lightning: each hears it when it is back, once."""
    site.ok("store", "backup", "--nightly")
    station.start(f"{NIGHT},x20", env=station.env)
    station.fakes.shut()
    damage(site)
    met(station)
    station.daemon.wait_log("tg does not take a message without the store")
    station.fakes.open()
    for address in (TECHNICIAN, GROUP):
        assert told(station, address, HURT, timeout=40)
    assert [len(texts(station, address)) for address in (TECHNICIAN, GROUP)] == [1, 1]


def test_what_another_daemon_finds_is_told_too(station, site):
    """lightd meets a page that relayd has no use for. It only grows worse, until it is over; a minute's word was a matter of moments,
    and a cabinet's card is another one."""
    station.start(f"{NIGHT},x60", env=station.env)

    def say(daemon, node=None, **health):
        doc = {"state": "online", "node": node or socket.gethostname(), "health": health}
        station.mqtt.publish(f"status/{daemon}", doc, retain=True)

    say("lightd-tu-3", node="tu-3", store="missing")
    say("lightd", store="full")
    say("lightd", store="ok")
    say("announced", store=False, store_error="read-only")
    read_only = told(station, TECHNICIAN, "⚠ Kho dữ liệu: thẻ nhớ chỉ còn đọc được")
    say("lightd", store="corrupt")
    hurt = told(station, TECHNICIAN, HURT)
    for daemon in ("announced", "lightd"):
        say(daemon, store="full")
    for daemon in ("announced", "lightd"):
        say(daemon, store="ok")
    assert texts(station, TECHNICIAN) == [read_only, hurt]
    # Silence does not mend a page. Another file does.
    copy = site.state / "copy.db"
    copy.write_bytes((site.state / "thon.db").read_bytes())
    copy.rename(site.state / "thon.db")
    told(station, TECHNICIAN, END, timeout=60)
    assert texts(station, TECHNICIAN) == [read_only, hurt, END]


def say_of_store(station, daemon, slug):
    doc = {"state": "online", "node": socket.gethostname(), "health": {"store": slug}}
    station.mqtt.publish(f"status/{daemon}", doc, retain=True)


def test_what_is_still_said_of_the_old_file_is_not_of_the_new_one(station, site):
    """A daemon's status is older than the file that somebody has just put in place; else that one's trouble would never end."""
    station.start(f"{NIGHT},x30", env=station.env)
    say_of_store(station, "lightd", "corrupt")
    hurt = told(station, GROUP, HURT)
    store = site.state / "thon.db"
    copy = site.state / "copy.db"
    copy.write_bytes(store.read_bytes())
    copy.rename(store)
    say_of_store(station, "announced", "full")  # a minute is two seconds
    for daemon in ("announced", "lightd"):
        say_of_store(station, daemon, "ok")
    told(station, GROUP, END, timeout=60)
    assert texts(station, GROUP) == [hurt, END]


def test_damage_is_not_over_while_there_is_no_file(station, site):
    """Somebody has taken it away to look for a copy, and nobody writes meanwhile."""
    station.start(f"{NIGHT},x600", env=station.env)
    say_of_store(station, "lightd", "corrupt")
    told(station, GROUP, HURT)
    store = site.state / "thon.db"
    away = store.rename(site.state / "away.db")
    say_of_store(station, "lightd", "ok")
    with pytest.raises(AssertionError, match="no such message"):
        told(station, GROUP, END, timeout=4)  # ten minutes are one second
    store.write_bytes(away.read_bytes())
    told(station, GROUP, END, timeout=40)


def test_a_card_that_is_full_at_each_write_is_told(station):
    """Full is what a write meets; an empty try finds nothing against the store. What comes again at once has never gone."""
    station.start(f"{NIGHT},x60", env=station.env)
    end = time.monotonic() + 20
    while not texts(station, TECHNICIAN) and time.monotonic() < end:
        say_of_store(station, "lightd", "full")
        say_of_store(station, "lightd", "ok")
    told(station, TECHNICIAN, "⚠ Kho dữ liệu: thẻ nhớ đã đầy", timeout=1)


def test_another_trouble_of_the_restored_file_is_not_the_damage(station, site):
    """The card is full after the restore: that is told, and its end. The damage went with the file that was."""
    site.ok("store", "backup", "--nightly")
    station.start(NIGHT, env=station.env)
    damage(site)
    met(station)
    hurt = told(station, TECHNICIAN, HURT)
    station.daemon.stop()
    site.ok("store", "restore")
    station.start(later(60, 60), env=station.env)
    say_of_store(station, "lightd", "full")
    full = told(station, TECHNICIAN, "⚠ Kho dữ liệu: thẻ nhớ đã đầy")
    say_of_store(station, "lightd", "ok")
    told(station, TECHNICIAN, END, timeout=40)
    assert texts(station, TECHNICIAN) == [hurt, full, END]


def test_a_channel_that_is_held_is_tried_again_without_the_store(station, site):
    """What opens a channel by its time is the pump, and that stands still with the store."""
    site.ok("store", "backup", "--nightly")
    station.start(f"{NIGHT},x120", env=station.env)
    refused = station.fakes.fault("error_code", provider="telegram", endpoint="sendMessage", code=401)
    station.submit("channel:tg", "Có ai không")
    station.health(lambda h: h["channels"]["tg"].get("why") == "held")
    damage(site)
    met(station)
    station.fakes.end_faults(refused)
    told(station, TECHNICIAN, HURT, timeout=40)
