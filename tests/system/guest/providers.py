"""The fake providers, which run on the host (tests/fakes/README.md): what they were given, and what they are to do."""

import contextlib
import http.client
import json
import time
import urllib.parse

from rig import MEMORY, PATIENCE, Failure, slowness

HOST = "10.0.2.2"
# The credentials that they know.
SECRETS = {
    "oa": {"app_id": "1000", "secret_key": "app-secret", "oa_id": "9000000000000000001", "oa_secret_key": "webhook-secret",
           "access_token": "at-0", "refresh_token": "rt-0"},
    "bot": {"token": "1001:zalo-bot"},
}
LONGEST = 30  # seconds that one question waits: the host shall not take the guest for hung


def url():
    return f"http://{MEMORY.get('providers') or HOST + ':' + str(MEMORY['ports']['providers'])}"


def control(method, path, document=None, **query):
    connection = http.client.HTTPConnection(HOST, MEMORY["ports"]["control"], timeout=LONGEST + 60)
    with contextlib.closing(connection):
        body = None if document is None else json.dumps(document).encode()
        connection.request(method, f"/control/{path}?{urllib.parse.urlencode(query)}", body)
        answer = connection.getresponse()
        text = answer.read()
    if answer.status != 200:
        raise Failure(f"the fake providers refuse {path}: {text[:300]!r}")
    return json.loads(text)


def messages(provider, since=0, **query):
    return control("GET", "messages", provider=provider, since=since, **query)


def counted(provider):
    return control("GET", "counts")["providers"][provider]["messages"]


def newest(provider):
    """The number of its last message: what comes after it is new."""
    return max((message["number"] for message in messages(provider)), default=0)


def wait_message(provider, since, within, **wanted):
    """(monotonic seconds, message) of the first one after `since` that is as wanted: `address`, `text` (a part of it).
    `within` is stretched by how slow the guest is, once it has passed. The provider wakes us: nothing is polled."""
    began, limit, seen, slow = time.monotonic(), within, since, None
    while True:
        count = counted(provider)
        for message in messages(provider, since=seen):
            now = time.monotonic()
            if wanted.get("address", message["address"]) == message["address"] and wanted.get("text", "") in message["text"]:
                return now, message
            seen = message["number"]
        left = began + limit - time.monotonic()
        if left > 0:
            control("GET", "wait", count=count + 1, provider=provider, timeout=int(1000 * min(left, LONGEST)))
        elif slow is None:
            slow = 2 * slowness()
            limit = max(within, min(PATIENCE, within * slow))
        else:
            raise Failure(f"{provider} got no message like {wanted} in {limit:.0f} s; since then: "
                          f"{[(m['address'], m['text'][:80]) for m in messages(provider, since=since)][-5:]}")


def push(provider, sender, text):
    """A person writes to the bot."""
    control("POST", "push", {"provider": provider, "from": sender, "text": text})


def set_clock(when):
    control("POST", "clock", {"sim_clock": when})
