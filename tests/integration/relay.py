"""The relay in tests: fake providers (tests/fakes/README.md), a commune whose people they know, and thon-relayd between
the two. The fixtures are `fakes` and `relay`.

Everybody's addresses follow from a number: person 7 is "81000000000000007" on Zalo OA, +84912000007 by phone."""

import contextlib
import datetime
import http.client
import io
import json
import sqlite3
import threading
import urllib.parse

import thon

UTC7 = datetime.timezone(datetime.timedelta(hours=7))
MORNING = "2026-11-21T09:00:00+07:00"
SECRETS = {
    "zalo": {
        "app_id": "1000",
        "secret_key": "app-secret",
        "oa_secret_key": "webhook-secret",
        "oa_id": "9000000000000000001",
        "access_token": "at-0",
        "refresh_token": "rt-0",
    },
    "bot": {"token": "1001:zalo-bot"},
    "telegram": {"token": "2002:telegram-bot"},
    "ntfy": {"token": "tk_test"},
    "facebook": {"token": "fb-page-token"},
    "hook": {"token": "hook-key"},
}


class Fakes:
    """A running fake-providers, with a control port of its own."""

    def __init__(self, directory, clock=MORNING):
        self.record = directory / "fakes.jsonl"
        argv = [thon.BUILD / "fakes/fake-providers", "--control-port", "0", "--record", self.record]
        self.process = FakeProcess([*argv, *(["--sim-clock", clock] if clock else [])])
        self.port, self.control_port = self.process.ports
        self.url = f"http://127.0.0.1:{self.port}"

    # ---- the wire ----

    @staticmethod
    def _call(port, method, path, body=None, headers=None, timeout=20):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout * thon.SLOW)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers

    def call(self, method, path, doc=None, headers=None, timeout=20):
        """As a client of the providers: status, JSON (or bytes), headers. Torn connections raise what they raise."""
        body, headers = doc, dict(headers or {})
        if isinstance(doc, (dict, list)):
            body = json.dumps(doc, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        status, raw, heads = self._call(self.port, method, path, body, headers, timeout)
        try:
            return status, json.loads(raw), heads
        except (ValueError, RecursionError):
            return status, raw, heads

    def control(self, method, path, doc=None, **query):
        query = urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})
        body = None if doc is None else json.dumps(doc, ensure_ascii=False).encode()
        status, raw, _ = self._call(
            self.control_port, method, f"/control/{path}{'?' + query if query else ''}", body, timeout=30
        )
        answer = json.loads(raw)
        if status != 200:
            raise ValueError(f"the fake refuses {path}: {answer}")
        return answer

    # ---- what was received ----

    def messages(self, provider=None, since=0, address=None):
        return self.control("GET", "messages", provider=provider, since=since, address=address)

    def requests(self, provider=None, since=0):
        return self.control("GET", "requests", provider=provider, since=since)

    def counts(self):
        return self.control("GET", "counts")

    def texts(self, provider=None, address=None):
        return [m["text"] for m in self.messages(provider, address=address)]

    def wait(self, count, provider=None, what="messages", timeout=20):
        """Until so many were accepted (or, of "requests", came); the messages."""
        deadline = thon.Deadline(timeout)
        while True:
            ms = int(min(deadline.left(), 10) * 1000)
            answer = self.control("GET", "wait", count=count, provider=provider, what=what, timeout=ms)
            if answer["ok"]:
                return self.messages(provider) if what == "messages" else self.requests(provider)
            if deadline.passed():
                seen = self.requests(provider)[-20:]
                raise AssertionError(f"{answer['count']} {what} instead of {count} in {timeout} s; the last: {seen}")

    def wait_message(self, predicate, provider=None, timeout=20):
        """The first message of which predicate(message) is true."""
        deadline, seen = thon.Deadline(timeout), 0
        while True:
            for message in self.messages(provider, since=seen):
                seen = message["number"]
                if predicate(message):
                    return message
            count = self.counts()["messages"] if provider is None else self.counts()["providers"][provider]["messages"]
            if deadline.passed():
                raise AssertionError(f"no such message in {timeout} s: {self.messages(provider)[-20:]}")
            with contextlib.suppress(AssertionError):
                self.wait(count + 1, provider, timeout=min(deadline.left() / thon.SLOW, 5))

    # ---- what is to happen ----

    def fault(self, do, **rule):
        return self.control("POST", "faults", {"do": do, **rule})["id"]

    def faults(self):
        return {f["id"]: f for f in self.control("GET", "faults")}

    def end_faults(self, fault=None):
        self.control("DELETE", "faults", id=fault)

    def person(self, provider, address, **how):
        self.control("POST", "people", {"provider": provider, "address": str(address), **how})

    def settings(self, provider, **settings):
        self.control("POST", f"providers/{provider}", settings)

    def setting(self, provider):
        return self.control("GET", f"providers/{provider}")

    def app(self, **settings):
        self.control("POST", "apps", {"app_id": "1000", **settings})

    def tokens(self):
        return self.control("GET", "apps")[0]

    def limit(self, provider, count, per_ms):
        self.control("POST", "limit", {"provider": provider, "count": count, "per_ms": per_ms})

    def push(self, provider, sender, **what):
        return self.control("POST", "push", {"provider": provider, "from": str(sender), **what})

    def receipt(self, provider, **what):
        return self.control("POST", "receipt", {"provider": provider, **what})

    def clock(self, sim_clock):
        self.control("POST", "clock", {"sim_clock": sim_clock})

    def now(self):
        """Its time as --sim-clock takes it: a daemon that starts now agrees with it."""
        at = datetime.datetime.fromtimestamp(self.control("GET", "clock")["ms"] // 1000, UTC7)
        return at.isoformat()

    def advance(self, seconds):
        self.control("POST", "clock", {"advance": seconds})

    def shut(self):
        """Every connection is refused from now on, and those that were open end."""
        self.control("POST", "door", {"open": False})

    def open(self):
        self.control("POST", "door", {"open": True})

    def reset(self):
        self.control("POST", "reset", {})

    def close(self):
        self.process.stop_well()


class FakeProcess(thon.Process):
    """Its ports come on standard output; standard error must stay silent."""

    def __init__(self, argv):
        assert argv[0].exists(), f"{argv[0]} is not built"
        self.ports = []
        self.told = threading.Event()
        super().__init__(argv, name="fake-providers", stdout=True)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        assert self.told.wait(20 * thon.SLOW), f"fake-providers did not begin: {self.log()}"

    def _listen(self):
        for line in io.TextIOWrapper(self.child.stdout, "utf-8"):
            if len(self.ports) < 2:
                self.ports.append(int(line))
            if len(self.ports) == 2:
                self.told.set()

    def stop_well(self):
        code = self.stop()
        self.listener.join(5)
        assert code == 0 and not self.lines, f"fake-providers ended with {code}:\n{self.log()}"


# ---- the commune ----


def oa(n):
    return f"81{n:015d}"


def bot(n):
    return f"91{n:08d}"


def telegram(n):
    return f"7{n:08d}"


def phone(n):
    """As the registry keeps it."""
    return f"+84912{n:06d}"


def zns(n):
    """As Zalo writes it."""
    return f"84912{n:06d}"


class Relay:
    """relayd.conf, households and people of a site, its relayd, and what is asked of it."""

    def __init__(self, site, fakes, make_mqtt, broker):
        self.site, self.fakes = site, fakes
        self._make_mqtt, self._broker = make_mqtt, broker
        self._mqtt = None
        self.daemon = None
        site.ok("area", "add", "xa", "--name", "Xã Mẫu", "--kind", "commune")
        (site.config / "templates").mkdir(exist_ok=True)

    # ---- configuration ----

    def secret(self, name, **values):
        path = self.site.secrets / name
        path.write_text(json.dumps({**SECRETS.get(name, {}), **values}))
        path.chmod(0o600)
        return name

    def channel(self, name, kind, **options):
        """A section [channel NAME] on the fakes, with its credential; options as in relayd.conf, None leaves one out."""
        url = self.fakes.url
        zalo = {"api_url": url, "oauth_url": f"{url}/v4/oa/access_token", "credential": "zalo"}
        known = {
            "zalo-oa": zalo,
            "zalo-group": zalo,
            "zalo-template": {**zalo, "template_url": f"{url}/message/template", "template": "100001"},
            "zalo-bot": {"api_url": f"{url}/zalo-bot", "credential": "bot"},
            "telegram": {"api_url": f"{url}/telegram", "credential": "telegram"},
            "ntfy": {"api_url": f"{url}/ntfy", "credential": "ntfy"},
            "facebook-page": {"api_url": f"{url}/facebook", "credential": "facebook", "page": "100064000000001"},
            "webhook": {"api_url": f"{url}/webhook", "credential": "hook"},
        }[kind]
        options = {"kind": kind, **known, "rate": "unlimited", **options}
        if options.get("credential") and not (self.site.secrets / options["credential"]).exists():
            self.secret(options["credential"])
        self.site.write_conf("relayd.conf", **{f"channel {name}": options})
        return name

    def conf(self, **settings):
        """[relay]"""
        self.site.write_conf("relayd.conf", relay=settings)

    def route(self, name, **settings):
        self.site.write_conf("relayd.conf", **{f"route {name}": settings})

    def template(self, name, text):
        (self.site.config / "templates" / f"{name}.txt").write_text(text, encoding="utf-8")

    # ---- people ----

    def area(self, name, parent="xa", title=None):
        self.site.ok("area", "add", name, "--name", title or f"Thôn {name}", "--kind", "hamlet", "--parent", parent)
        return name

    def household(self, code, area="xa", **fields):
        options = [x for k, v in fields.items() for x in (f"--{k.replace('_', '-')}", v)]
        self.site.ok("household", "add", code, "--area", area, "--head-name", f"Chủ hộ {code}", *options)
        return code

    def person(self, name, channels=None, consent="notices,emergency", **fields):
        """`channels` is {"oa": address}."""
        options = [x for k, v in fields.items() for x in (f"--{k.replace('_', '-')}", v)]
        if channels:
            options += ["--channels", ";".join(f"{k}:{v}" for k, v in channels.items())]
        if consent:
            options += ["--consent", consent]
        self.site.ok("person", "add", name, "--name", f"Người {name}", *options)
        return name

    def family(self, n, area="xa", channels=None, **fields):
        """Household H<n> and its person p<n>, on Zalo OA unless told otherwise."""
        self.household(f"H{n}", area)
        return self.person(f"p{n}", channels if channels is not None else {"oa": oa(n)}, household=f"H{n}", **fields)

    def families(self, first, count, area="xa", channels=lambda n: {"oa": oa(n)}):
        """Many of them, by import."""
        numbers = range(first, first + count)
        households = ["code,area,head_name"] + [f"H{n},{area},Chủ hộ {n}" for n in numbers]
        people = ["id,name,household,channels,consent"]
        for n in numbers:
            text = ";".join(f"{k}:{v}" for k, v in channels(n).items())
            people.append(f'p{n},Người {n},H{n},"{text}","notices,emergency"')
        for noun, rows in (("household", households), ("person", people)):
            path = self.site.dir / f"{noun}-{first}.csv"
            path.write_text("\n".join(rows) + "\n", encoding="utf-8")
            self.site.ok(noun, "import", path)

    # ---- the daemon ----

    def start(self, clock=MORNING, *args, **options):
        """Ready, and online at the broker."""
        if "relay" not in (self.site.config / "relayd.conf").read_text(encoding="utf-8"):
            self.conf()
        self.daemon = self.site.start("relayd", "--sim-clock", clock, *args, **options)
        if self._broker.process.running():
            since = self.mqtt.mark()
            online = self.mqtt.last("status/relayd")
            if not online or online.data is None or online.data["state"] != "online" or since:
                self.mqtt.wait_state("status/relayd", lambda d: d["state"] == "online", timeout=20)
        return self.daemon

    @property
    def mqtt(self):
        if not self._mqtt:
            self._mqtt = self._make_mqtt(self._broker)
        return self._mqtt

    def health(self, predicate, timeout=20):
        return self.mqtt.wait_state(
            "status/relayd", lambda d: d["state"] == "online" and d["health"] and predicate(d["health"]), timeout
        ).data["health"]

    # ---- notices ----

    def ask(self, to, text=None, timeout=20, **fields):
        """Submits; the answer, whatever it is."""
        doc = {"to": [to] if isinstance(to, str) else to, **({"text": text} if text is not None else {}), **fields}
        return self.mqtt.request("notify/submit", {"class": "normal", **doc}, timeout)

    def submit(self, to, text=None, **fields):
        """Submits what must be accepted; its id."""
        answer = self.ask(to, text, **fields)
        assert answer["ok"], answer
        return answer["id"]

    def show(self, notice):
        return self.site.ok("notify", "show", notice)

    def deliveries(self, notice):
        """Those of a notice by household, or by person where there is none."""
        return {d["household"] or d["person"]: d for d in self.show(notice)["deliveries"]}

    def outcomes(self, notice):
        return {who: d["outcome"] for who, d in self.deliveries(notice).items()}

    def wait_notice(self, notice, predicate, timeout=20, what="state"):
        """Until predicate(document of notify show) holds; looked at whenever the notice's state is published."""
        deadline = thon.Deadline(timeout)
        while True:
            since = self.mqtt.mark()
            doc = self.show(notice)
            if predicate(doc):
                return doc
            if deadline.passed():
                raise AssertionError(f"notice {notice}: no such {what} in {timeout} s: {doc}\n{self.daemon.log()}")
            with contextlib.suppress(AssertionError):
                self.mqtt.wait_for(
                    f"notify/{notice}/state", timeout=min(deadline.left() / thon.SLOW, 0.5), since=since
                )

    def wait_outcomes(self, notice, timeout=20, **counts):
        """Until the counts are exactly these and nothing is pending but what is named: wait_outcomes(n, sent=3)."""
        return self.wait_notice(
            notice,
            lambda doc: {k: v for k, v in tally(doc).items() if v} == {k: v for k, v in counts.items() if v},
            timeout,
            f"outcomes {counts}",
        )

    def rows(self, table):
        """A table of the store as it is, in the order of its rows."""
        uri = f"file:{self.site.state / 'thon.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1")]

    def webhook(self, channel, signed):
        """What webd would publish of a webhook."""
        self.mqtt.publish(f"inbound/{channel}", signed)


def tally(doc):
    """How many deliveries of each outcome a shown notice has."""
    counts = {}
    for delivery in doc["deliveries"]:
        counts[delivery["outcome"]] = counts.get(delivery["outcome"], 0) + 1
    return counts
