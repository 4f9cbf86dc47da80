"""SIGKILL at any moment: nothing that was accepted is lost, and nothing goes out twice but what was said to be unknown.

The seed is printed; THON_SEED sets it."""

import os
import random
import time

import pytest

import relay as of
from thon import SLOW, Deadline

KILLS = 200
DELIVERIES = 5000


def accepted(fakes, text):
    """How often the providers took it, by address."""
    counts = {}
    for message in fakes.messages():
        if message["text"] == text:
            counts[message["address"]] = counts.get(message["address"], 0) + 1
    return counts


def judge(relay, fakes, notices, address_of):
    """Every delivery ended, and says what the providers saw. How many of each outcome."""
    totals, wrong = {}, []
    for notice, text in notices.items():
        counts = accepted(fakes, text)
        for delivery in relay.show(notice)["deliveries"]:
            outcome = delivery["outcome"]
            seen = counts.pop(address_of(int(delivery["household"][1:])), 0)
            totals[outcome] = totals.get(outcome, 0) + 1
            if not (seen == 1 if outcome == "sent" else seen <= 1 if outcome == "unknown" else False):
                wrong.append((notice, delivery["household"], outcome, seen))
        assert not counts, f"sent to nobody's address: {counts}"
    assert not wrong, f"{len(wrong)} are wrong: {wrong[:10]}"
    return totals


def pending(relay, notices):
    return sum(relay.show(notice)["counts"]["pending"] for notice in notices)


def live_to_the_end(relay, fakes, notices, clock):
    """A last life, until nothing is pending any more, and an end in good order: what is in doubt may become pending once
    more while relayd lives, when the provider's history says that it was not sent. A slow card may take its time, as long
    as it goes on."""
    while True:
        relay.start(clock())
        before, deadline = None, Deadline(60)
        while left := pending(relay, notices):
            if left != before:
                before, deadline = left, Deadline(60)
            assert not deadline.passed(), f"{left} pending, and nothing happens:\n{relay.daemon.log()}"
            fakes.control("GET", "wait", count=fakes.counts()["messages"] + left, timeout=1000)
        assert relay.daemon.stop() == 0
        if pending(relay, notices) == 0:
            return


def lives(relay, fakes, rng, kills, deliveries, start):
    """Starts it again and again and kills it after a while, so that the deliveries last to about the last kill. What a
    life does before it sends anything is part of what is tried: a fifth of them end within their start. How many were
    accepted, and how many lives brought some: on a slow card a life brings less than its share."""
    done = busy = 0
    for n in range(kills):
        share = (deliveries - done) / (kills - n)  # that this life should bring
        early = rng.random() < 0.2
        daemon = start(ready=not early)
        if early:
            daemon.wait_log("Simulated clock", timeout=20)
            wait = rng.uniform(0, 0.03)
        else:
            wanted = done + rng.randint(0, int(2 * share) + 1)
            fakes.control("GET", "wait", count=min(wanted, deliveries), timeout=int(1500 * SLOW))
            wait = rng.uniform(0, 0.01)
        end = time.monotonic() + wait
        while time.monotonic() < end:  # shorter than any sleep is exact
            pass
        daemon.kill()
        relay.site.daemons.remove(daemon)
        daemon.close_notify()
        before, done = done, fakes.counts()["messages"]
        busy += done > before
    return done, busy


# Little is under way at a time, as on a real channel, but time runs faster: a doubt of a minute, here a third of a second,
# must fit between many of the kills, so a life's share takes as long.
POLICIES = {"ask": (",x20", "8/s"), "receipt": (",x200", "24/min")}


@pytest.mark.parametrize("policy", POLICIES)
def test_killed_at_random_moments(relay, fakes, policy):
    """Half of the kills each: what is unknown is left to a person, or the provider's history is asked."""
    seed = int(os.environ.get("THON_SEED", random.SystemRandom().randrange(1 << 32)))
    print("seed", seed)
    rng = random.Random(seed)
    kills, deliveries = KILLS // 2, DELIVERIES // 2
    speed, rate = POLICIES[policy]
    relay.channel("oa", "zalo-oa", rate=rate, parallel=4, unknown=policy)
    relay.families(1, deliveries // 2)
    fakes.clock(of.MORNING + speed)

    def clock():
        return fakes.now() + speed

    relay.start(clock())
    notices = {}
    for text in ("Tiêm chủng", "Họp thôn"):
        notices[relay.submit("area:xa", text, key=text)] = text
    relay.daemon.kill()

    def start(ready=True):
        return relay.site.start("relayd", "--sim-clock", clock(), ready=ready)

    done, busy = lives(relay, fakes, rng, kills, deliveries, start)
    live_to_the_end(relay, fakes, notices, clock)
    totals = judge(relay, fakes, notices, of.oa)
    print(f"{kills} kills, {busy} of them of lives that sent, {done} accepted when they ended; {totals}")
    assert sum(totals.values()) == deliveries
    assert busy > kills / 3, "the kills fell while deliveries ran"
    assert totals.get("unknown", 0) <= kills * 4, "a kill costs at most what was under way"
    asked = sum(1 for r in fakes.requests("zalo-oa") if r["endpoint"] == "conversation")
    if policy == "ask":
        assert totals["unknown"] > 0 and asked == 0
    else:
        assert asked > 0, "the history settled some"


def test_a_notice_is_accepted_whole_or_not_at_all(relay, fakes):
    """Killed while it takes submissions in: what was answered is there, what is there is whole, and the same key gives
    the same notice."""
    seed = int(os.environ.get("THON_SEED", random.SystemRandom().randrange(1 << 32)))
    print("seed", seed)
    rng = random.Random(seed)
    relay.channel("oa", "zalo-oa")
    relay.families(1, 200)
    fakes.shut()
    answered = {}
    for n in range(12):
        relay.start()
        for k in range(rng.randint(1, 4)):
            key = f"{n}-{k}"
            answered[key] = relay.submit("area:xa", f"Tin {key}", key=key)
        relay.mqtt.publish("notify/submit", {"to": ["area:xa"], "text": f"Tin {n}-x", "key": f"{n}-x"})
        end = time.monotonic() + rng.uniform(0, 0.02)
        while time.monotonic() < end:
            pass
        relay.daemon.kill()
    relay.start()
    listed = relay.site.ok("notify", "list", "--limit", "1000")
    kept = {doc["key"] for doc in listed}
    assert set(answered) <= kept, "what was answered is there"
    for doc in listed:
        assert doc["counts"]["recipients"] == 200 == doc["counts"]["pending"], "and whole"
    for key, notice in answered.items():
        assert relay.submit("area:xa", f"Tin {key}", key=key) == notice
    for n in range(12):
        relay.submit("area:xa", f"Tin {n}-x", key=f"{n}-x")
    fakes.open()
    relay.wait_notice(max(answered.values()), lambda doc: doc["counts"]["sent"] == 200, timeout=60)
    for notice in answered.values():
        relay.wait_outcomes(notice, timeout=60, sent=200)
    seen = {}
    for m in fakes.messages():
        seen[m["address"], m["text"]] = seen.get((m["address"], m["text"]), 0) + 1
    assert set(seen.values()) == {1}
