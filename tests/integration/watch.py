"""thon-camerad in tests: its configuration, a farm of cameras (cameras.py) in the registry, and what it tells of them. The
fixture is `watch`.

With a simulated clock hours are minutes, while what goes over the network keeps its real deadlines: they are short here.
Cameras that are to be silent, ping and all, live in a network namespace; what is there is watched by the real clock."""

import thon

NOON = "2026-11-21T12:00:00+07:00"
# Everything a tenth of what it is by default, and short waits: a story takes seconds by the real clock.
QUICK = {
    "camera": {"interval": "6s", "retry": "2s", "play": 0, "picture": 0, "connect_ms": 400, "answer_ms": 500, "rtp_ms": 500},
    "alert": {"confirm": "4s", "confirm_checks": 2, "recover": "2s", "hold": "6s", "together": "8s", "settle": "20s"},
    "heal": {"enabled": "no", "digest": "never"},
    "discover": {"follow": "no"},
}


class Watch:
    def __init__(self, site, mqtt):
        self.site, self.mqtt = site, mqtt
        self.daemon = None
        if not any(a["id"] == "xa" for a in site.ok("area", "list")):
            site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")
        self.conf(**QUICK)

    def conf(self, **sections):
        self.site.write_conf("camerad.conf", **sections)

    def start(self, clock=None, *args, online=True, **options):
        """Ready, and online at the broker. `clock` as --sim-clock takes it; None is the real one."""
        since = self.mqtt.mark()
        self.daemon = self.site.start("camerad", *(["--sim-clock", clock] if clock else []), *args, **options)
        if online:
            self.mqtt.wait_for("status/camerad", lambda d: d["state"] == "online", timeout=20, since=since)
        return self.daemon

    def state(self, camera, predicate=None, timeout=40, **members):
        """Until the newest state of it is so; the document. state("c1", verdict="ok")"""

        def fits(doc):
            return all(doc.get(k) == v for k, v in members.items()) and (predicate is None or predicate(doc))

        return self.mqtt.wait_state(f"camera/{camera}/state", fits, timeout).data

    def ok(self, *cameras, timeout=40):
        for camera in cameras:
            self.state(camera, verdict="ok", timeout=timeout)

    def well(self, *cameras):
        """The same, and sooner: each is checked now."""
        for camera in cameras:
            self.done(camera, "check")
        self.ok(*cameras)

    def ask(self, camera, verb, payload=b"", timeout=30):
        return self.mqtt.request(f"camera/{camera}/{verb}", payload, timeout)

    def done(self, camera, verb, payload=b"", timeout=30):
        answer = self.ask(camera, verb, payload, timeout)
        assert answer["ok"], answer
        return answer

    def event(self, kind, state="raised", timeout=40, since=0, predicate=None):
        """The first event of a kind in that state; the document."""
        return self.mqtt.wait_for(
            f"event/{kind}",
            lambda d: d["state"] == state and (predicate is None or predicate(d)),
            timeout,
            since,
        ).data

    def events(self, since=0):
        """All of them so far: (kind, state, subject)."""
        with self.mqtt.changed:
            seen = [m for m in self.mqtt.messages[since:] if m.topic.startswith("event/")]
        return [(m.topic.removeprefix("event/"), m.data["state"], m.data["subject"]) for m in seen]

    def health(self, predicate, timeout=30):
        return self.mqtt.wait_state(
            "status/camerad", lambda d: d["state"] == "online" and d["health"] and predicate(d["health"]), timeout
        ).data["health"]

    def checks(self, farm, camera, count, timeout=40):
        """Until it was asked so many times more."""
        farm.wait("describe", farm.counts(camera)["describe"] + count, name=camera, timeout=timeout)


def needs_namespaces():
    import cameras

    return not cameras.may_make_namespaces()


__all__ = ["NOON", "QUICK", "Watch", "needs_namespaces", "thon"]
