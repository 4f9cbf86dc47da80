"""Who may say what on the broker, with the rights and settings that the package ships, by trying each login on each topic."""

import re
import socket
import threading
import time

import paho.mqtt.client as paho
import pytest

import thon

ACL = (thon.ROOT / "etc/mosquitto-thon.acl").read_text(encoding="utf-8")
CONF = (thon.ROOT / "etc/mosquitto-thon.conf").read_text(encoding="utf-8")
SITE = "thon/1/xa/"

LIGHT, CABINET, RELAY, CAMERA, ANNOUNCE, CTL = LOGINS = (
    "thon-lightd", "thon-cabinet", "thon-relayd", "thon-camerad", "thon-announced", "thonctl")
DAEMONS = {LIGHT, RELAY, CAMERA, ANNOUNCE}
WRITERS = DAEMONS | {CABINET}

# Every topic of docs/mqtt-api.md by the name that it has there: (topic below the root, who writes, who reads). A topic that is not
# here, or a right that is not used here, fails a test.
SITE_TOPICS = {
    "status/<daemon>": [
        ("status/lightd", {LIGHT, CABINET}, {RELAY, CAMERA, CTL}),
        ("status/lightd-tu-1", {CABINET}, {RELAY, CTL}),
        ("status/relayd", {RELAY, CABINET}, {RELAY, CTL, LIGHT, CABINET, CAMERA, ANNOUNCE}),
        ("status/camerad", {CAMERA, CABINET}, {RELAY, CTL}),
        ("status/announced", {ANNOUNCE, CABINET}, {RELAY, CTL}),
    ],
    "registry/changed": [("registry/changed", {CTL}, {LIGHT, CAMERA, CTL})],
    "light/<circuit>/state": [("light/x/state", {LIGHT, CABINET}, {LIGHT, CABINET, CAMERA, ANNOUNCE, CTL})],
    "light/<circuit>/set": [("light/x/set", {CAMERA, ANNOUNCE, CTL}, {LIGHT, CABINET})],
    "light/all/set": [("light/all/set", {CAMERA, ANNOUNCE, CTL}, {LIGHT, CABINET})],
    "light/<circuit>/meter": [("light/x/meter", {CTL}, {LIGHT, CABINET})],
    "light/<circuit>/lockout": [("light/x/lockout", {CTL}, {LIGHT, CABINET})],
    "light/plan/<node>": [("light/plan/tu-1", {LIGHT}, {LIGHT, CABINET, CTL})],
    "camera/<device>/state": [("camera/x/state", {CAMERA}, {CTL})],
    "camera/<device>/check": [("camera/x/check", {CTL}, {CAMERA})],
    "camera/<device>/maintenance": [("camera/x/maintenance", {CTL}, {CAMERA})],
    "camera/<device>/power-cycle": [("camera/x/power-cycle", {CTL}, {CAMERA})],
    "camera/<device>/relearn": [("camera/x/relearn", {CTL}, {CAMERA})],
    "camera/discover": [("camera/discover", {CTL}, {CAMERA})],
    "announce/submit": [("announce/submit", {CTL}, {ANNOUNCE})],
    "announce/<id>/edit": [("announce/x/edit", {CTL}, {ANNOUNCE})],
    "announce/<id>/approve": [("announce/x/approve", {CTL}, {ANNOUNCE})],
    "announce/<id>/cancel": [("announce/x/cancel", {CTL}, {ANNOUNCE})],
    "announce/cap": [("announce/cap", {CTL}, {ANNOUNCE})],
    "announce/<id>/state": [("announce/x/state", {ANNOUNCE}, {CTL})],
    "zone/<zone>/state": [("zone/x/state", {ANNOUNCE}, {CTL})],
    "notify/submit": [("notify/submit", {ANNOUNCE, CTL}, {RELAY})],
    "notify/erase": [("notify/erase", {CTL}, {RELAY})],
    "notify/<id>/ack": [("notify/1/ack", {CTL}, {RELAY})],
    "notify/<id>/resolve": [("notify/1/resolve", {CTL}, {RELAY})],
    "notify/<id>/retry": [("notify/1/retry", {CTL}, {RELAY})],
    "notify/<id>/cancel": [("notify/1/cancel", {CTL}, {RELAY})],
    "notify/<id>/state": [("notify/1/state", {RELAY}, {CTL})],
    "report/<id>/set": [("report/1/set", {CTL}, {RELAY})],
    "inbound/<channel>": [("inbound/oa", set(), {RELAY})],  # whoever takes webhooks has a login of its own
    "event/<kind>": [("event/light-dark", WRITERS, {RELAY, CTL})],
    "thon/1/<site>/reply/<client id>": [("reply/thonctl-1", WRITERS | {CTL}, {CTL})],
}
# Relays, plugs and others at the broker, and what nobody has a right to.
OTHER_TOPICS = [
    ("homeassistant/device/thon-x/config", {LIGHT, CABINET, CAMERA}, set()),
    ("homeassistant/status", set(), {LIGHT, CABINET, CAMERA}),
    ("cmnd/plug/POWER", {LIGHT}, set()),
    ("stat/plug/POWER", set(), {LIGHT, CAMERA, ANNOUNCE}),
    ("tele/plug/LWT", set(), {LIGHT, CAMERA, ANNOUNCE}),
    ("zigbee2mqtt/plug", {LIGHT}, {LIGHT, CAMERA, ANNOUNCE}),
    ("zigbee2mqtt/plug/set", {LIGHT}, {LIGHT, CAMERA, ANNOUNCE}),
    ("shelly-1/rpc", {LIGHT}, {LIGHT}),
    ("shelly-1/events/rpc", set(), {LIGHT}),
    ("shelly-1/status/switch:0", set(), {LIGHT}),
    ("shelly-1/online", set(), {LIGHT}),
    ("relay/1/state", {LIGHT}, {LIGHT, CAMERA}),
    ("ups/1", set(), {CAMERA}),
    ("amplifier/1", set(), {ANNOUNCE}),
    ("thon/1/xa", set(), set()),
    ("thon/2/xa/light/x/set", set(), set()),
    ("thon/1/xa/light/x/set/more", set(), set()),
    ("thon/1/xa/light/set", set(), set()),
    ("thon/1/xa/user/an", set(), set()),
    ("thon", set(), set()),
    ("anything", set(), set()),
    ("$SYS/broker/version", set(), set()),
    ("$CONTROL/dynamic-security/v1", set(), set()),
    ("bridge/xa", set(), set()),
]
TOPICS = [(SITE + topic, w, r) for rows in SITE_TOPICS.values() for topic, w, r in rows] + OTHER_TOPICS
ALL = {topic for topic, _, _ in TOPICS}


def settings():
    """What of the shipped settings is no affair of a test's broker, which has a port and files of its own."""
    own = ("listener ", "allow_anonymous ", "password_file ", "acl_file ")
    lines = [line for line in CONF.splitlines() if line and not line.startswith("#")]
    assert {line.split()[0] for line in lines if line.startswith(own)} == {word.strip() for word in own}
    return "\n".join(line for line in lines if not line.startswith(own))


@pytest.fixture
def shipped(make_broker):
    """The broker as shipped. Each login's password is its name backwards; `all` may do everything, and each may use a topic of its own
    that tells when it has heard what was said before."""
    users = {name: name[::-1] for name in (*LOGINS, "all")}
    more = "\npattern readwrite fence/%u\nuser all\ntopic readwrite #\ntopic readwrite $SYS/#\ntopic readwrite $CONTROL/#\n"
    return make_broker(users=users, acl=ACL + more, extra=settings())


class Client:
    """A login at the broker that keeps what it hears."""

    def __init__(self, broker, user, password=None, client_id=None, will=None):
        self.user, self.heard, self.changed, self.result, self.lost = user, [], threading.Condition(), None, False
        options = {"client_id": client_id or f"try-{user}", "protocol": paho.MQTTv5}
        if hasattr(paho, "CallbackAPIVersion"):  # paho 2
            self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, **options)
        else:
            self.client = paho.Client(**options)
        if user is not None:
            self.client.username_pw_set(user, user[::-1] if password is None else password)
        if will:
            self.client.will_set(*will)
        self.client.on_connect = lambda *a: self._note("result", str(a[3]))
        self.client.on_disconnect = lambda *_: self._note("lost", True)
        self.client.on_message = lambda c, u, m: self._note("message", (m.topic, m.payload))
        self.client.on_subscribe = lambda c, u, mid, *_: self._note("message", ("subscribed", mid))
        self.client.connect(broker.host, broker.port, clean_start=True)
        self.client.loop_start()
        self.until(lambda: self.result, "an answer to CONNECT")

    def _note(self, what, value):
        with self.changed:
            if what == "message":
                self.heard.append(value)
            else:
                setattr(self, what, value)
            self.changed.notify_all()

    def until(self, look, what):
        with self.changed:
            assert self.changed.wait_for(look, 10 * thon.SLOW), f"{self.user}: no {what}; heard {self.heard[-5:]}"

    def subscribe(self, *filters):
        for topic in filters:
            _, mid = self.client.subscribe(topic, 1)
            self.until(lambda mid=mid: ("subscribed", mid) in self.heard, f"answer to a subscription of {topic}")

    def publish(self, topic, payload, **options):
        info = self.client.publish(topic, payload, qos=1, **options)
        info.wait_for_publish(10 * thon.SLOW)

    def wait(self, topic, payload):
        self.until(lambda: (topic, payload) in self.heard, f"{payload!r} on {topic}")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def connect(shipped):
    clients = []

    def make(user, **options):
        clients.append(Client(shipped, user, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_each_topic_of_the_description_is_tried():
    told = re.findall(r"^### .*", (thon.ROOT / "docs/mqtt-api.md").read_text(encoding="utf-8"), re.M)
    names = {name for line in told for name in re.findall(r"`([^`]*)`", line)} | {"thon/1/<site>/reply/<client id>"}
    assert names == set(SITE_TOPICS)


def test_each_right_is_used_by_a_topic_that_is_tried():
    user, unused = None, []
    for line in ACL.splitlines():
        if match := re.fullmatch(r"user (\S+)", line):
            user = match[1]
            assert user in LOGINS
        elif match := re.fullmatch(r"topic (read|write|readwrite) (\S+)", line):
            kind, pattern = match.groups()
            assert user, "a right for who has no login"
            fits = [row for row in TOPICS if paho.topic_matches_sub(pattern, row[0])]
            if "write" in kind and not any(user in row[1] for row in fits):
                unused.append((user, line))
            if "read" in kind.replace("readwrite", "read") and not any(user in row[2] for row in fits):
                unused.append((user, line))
        else:
            assert not line or line.startswith("#"), line
    assert not unused


def test_each_login_writes_its_own_and_nothing_else(connect):
    observer = connect("all")
    observer.subscribe("#", "$CONTROL/#", "fence/#")
    said = {}
    for login in LOGINS:
        client = connect(login)
        for topic, _, _ in TOPICS:
            client.publish(topic, login.encode())
        client.publish(f"fence/{login}", b"done")
        observer.wait(f"fence/{login}", b"done")
        said[login] = {topic for topic, payload in observer.heard if payload == login.encode()}
    for login in LOGINS:
        assert said[login] == {topic for topic, writers, _ in TOPICS if login in writers}, login


@pytest.mark.parametrize("filters", [["#", "$SYS/#", "$CONTROL/#"], ["+/+/+/#"], ["$share/g/#"], sorted(ALL)],
                         ids=["all", "levels", "shared", "by name"])
def test_each_login_reads_what_it_needs_and_nothing_else(connect, filters):
    speaker = connect("all")
    readers = [connect(login, client_id=f"try-{login}") for login in LOGINS]
    for reader in readers:
        reader.subscribe(f"fence/{reader.user}", *filters)
    for topic in sorted(ALL):
        speaker.publish(topic, b"said")
    for reader in readers:
        speaker.publish(f"fence/{reader.user}", b"done")
    short = {topic for topic in ALL if topic.count("/") < 2}
    for reader in readers:
        reader.wait(f"fence/{reader.user}", b"done")
        heard = {topic for topic, payload in reader.heard if topic in ALL or topic.startswith("$")}
        wanted = {topic for topic, _, readers_of in TOPICS if reader.user in readers_of}
        # One of a group of readers gets a message, if it may read it; another reader of the group does not.
        if filters[0].startswith("$share"):
            assert heard <= wanted, reader.user
        else:
            assert heard == wanted - (short if filters[0].startswith("+") else set()), reader.user


def test_what_was_retained_before_is_kept_from_who_may_not_read_it(connect):
    speaker = connect("all")
    for topic in sorted(ALL - {"$SYS/broker/version"}):
        speaker.publish(topic, b"kept", retain=True)
    for login in LOGINS:
        reader = connect(login)
        reader.subscribe("#", "$SYS/#", f"fence/{login}")
        speaker.publish(f"fence/{login}", b"done")
        reader.wait(f"fence/{login}", b"done")
        heard = {topic for topic, payload in reader.heard if topic in ALL or topic.startswith("$")}
        assert heard == {topic for topic, _, readers in TOPICS if login in readers}, login


@pytest.mark.parametrize("user, password", [
    (None, None), ("", ""), ("thonctl", ""), ("thonctl", "thonctl"), ("thonctl", "thon-lightd"[::-1]), ("nobody", "nobody"), ("#", "#")])
def test_nobody_comes_in_without_a_password(shipped, user, password):
    client = Client(shipped, user, password)
    assert client.result == "Not authorized", client.result
    client.close()


def test_a_last_will_is_held_to_the_rights_of_its_login(shipped, connect):
    observer = connect("all")
    observer.subscribe("#")
    for topic in (SITE + "light/all/set", SITE + "status/camerad"):
        dying = connect(CAMERA, client_id="dying", will=(topic, topic.encode(), 1))
        dying.client.socket().shutdown(socket.SHUT_RDWR)
    # Of camerad both are its own; of the relay neither is.
    observer.wait(SITE + "light/all/set", (SITE + "light/all/set").encode())
    observer.wait(SITE + "status/camerad", (SITE + "status/camerad").encode())
    mark = len(observer.heard)
    for number, topic in enumerate((SITE + "light/all/set", SITE + "status/camerad", SITE + "status/relayd")):
        dying = connect(RELAY, client_id=f"dying-{number}", will=(topic, b"of the relay", 1))
        dying.client.socket().shutdown(socket.SHUT_RDWR)
    observer.wait(SITE + "status/relayd", b"of the relay")
    assert {topic for topic, payload in observer.heard[mark:] if payload == b"of the relay"} == {SITE + "status/relayd"}


def test_nobody_takes_a_daemons_place_by_its_name(shipped, make_site, connect):
    """A broker gives the session of a client to any login that names its id. The daemons' ids cannot be named."""
    site = make_site(shipped, site_id="xa")
    site.ok("store", "init")
    observer = connect("all")
    observer.subscribe(SITE + "status/#", "fence/#")
    for name in ("lightd", "relayd", "camerad", "announced"):
        user = f"thon-{name}"
        (site.secrets / "mqtt").write_text(user[::-1])
        site.write_conf("thon.conf", broker={"host": "127.0.0.1", "port": shipped.port, "user": user, "credential": "mqtt"})
        daemon = site.start(name)
        topic = SITE + f"status/{name}"
        observer.until(lambda topic=topic: any(t == topic and b'"online"' in p for t, p in observer.heard), f"{name} online")
        thief = connect(CABINET, client_id=user)
        thief.publish("fence/" + CABINET, name.encode())
        observer.wait("fence/" + CABINET, name.encode())
        assert not any(t == topic and b'"offline"' in p for t, p in observer.heard), "it was thrown out"
        assert not any("Not connected to the broker" in line for line in daemon.lines), daemon.log()


def test_an_order_that_is_kept_by_the_broker_lights_nothing(shipped, make_site, connect):
    """Retained, it would be given again at every start."""
    site = make_site(shipped, site_id="xa")
    site.ok("store", "init")
    site.ok("area", "add", "xa", "--name", "Xã")
    site.ok("light", "program", "set", "-", stdin='{"id":"never","steps":[]}')
    site.ok("light", "calendar", "set", "-", stdin='{"id":"never","rules":[],"default":"never"}')
    site.ok("device", "add", "x", "--kind", "circuit", "--area", "xa", "--name", "X", "--config",
            '{"calendar":"never","min_dwell":0,"relay":{"gpio":{"chip":"sim:relays","line":1}}}')
    (site.secrets / "mqtt").write_text(LIGHT[::-1])
    site.write_conf("thon.conf", broker={"host": "127.0.0.1", "port": shipped.port, "user": LIGHT, "credential": "mqtt"})
    officer = connect(CTL)
    officer.publish(SITE + "light/x/set", "ON", retain=True)
    for _ in range(2):
        lightd = site.start("lightd", "--sim-clock", "2026-11-21T20:00:00+07:00")
        lightd.wait_log("a retained command was ignored")
        lightd.stop()
    assert site.gpio.value("sim:relays", 1) in (None, 0)


def test_a_message_that_is_too_long_ends_its_sender_only(shipped, connect):
    other = connect(CTL)
    loud = connect(LIGHT)
    loud.client.publish("relay/1/state", b"x" * 200_000, qos=0)
    loud.until(lambda: loud.lost, "end of the connection")
    other.subscribe("fence/thonctl")
    other.publish("fence/thonctl", b"still here")
    other.wait("fence/thonctl", b"still here")


def test_connections_that_say_nothing_leave_room_and_are_counted(shipped, connect):
    """So many at once, and not one more; when they are gone, whoever has a login comes in."""
    limit = int(re.search(r"^max_connections (\d+)$", CONF, re.M)[1])
    held = []
    for _ in range(limit + 20):
        held.append(socket.create_connection((shipped.host, shipped.port)))
    refused = 0
    deadline = time.monotonic() + 10 * thon.SLOW
    for s in reversed(held):
        s.settimeout(max(0.05, min(0.2, deadline - time.monotonic())))
        try:
            if s.recv(1) == b"":
                refused += 1
        except ConnectionError:
            refused += 1
        except TimeoutError:
            break
    for s in held:
        s.close()
    assert refused == 20
    client = connect(CTL)
    client.subscribe("fence/thonctl")
