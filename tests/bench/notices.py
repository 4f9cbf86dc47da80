"""thon-relayd, measured as it runs: what it accepts, what it delivers, what overtakes, and what a SIGKILL leaves."""

import contextlib
import os
import random
import subprocess
import tempfile
import time

import peers
import relay as relay_of
import thon
from commune import fields
from figures import median
from town import CROWD, HOUSEHOLDS, Meter, Town, arrived

ACCEPTS = 10_000
WINDOW = 256  # notices under way
ALONE = 200
BULK = int(os.environ.get("THON_BENCH_BULK", HOUSEHOLDS))
RUNS = 3
PARALLEL = 16  # requests under way: what postfix does by itself is 20
HAMLET = 126
EMERGENCIES = 12
EMERGENCY_RATE = 200
KILLS = 10
NOTICE = "Mai 7 giờ tiêm phòng cho trẻ dưới 5 tuổi tại nhà văn hóa thôn. Nhớ mang sổ tiêm chủng."


def tool(figures, method, *argv):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{argv[0].name}: {done.stderr}")
    figures.take(done.stdout, method)


def bookkeeping(figures, build, work):
    with tempfile.TemporaryDirectory(prefix="book.", dir=work) as directory:
        tool(figures, "", build / "bench/bench_relay", directory, 10_000)


# ---- accepting ----


def accept(figures, others, build, work):
    with contextlib.closing(Town(work)) as town:
        town.channel("zalo-bot", rate="10/s")
        town.start()
        argv = [build / "bench/bench_accept", town.broker.port, "thon/1/bench/", ACCEPTS, WINDOW, HOUSEHOLDS, ALONE]
        tool(
            figures,
            "relay.accept: real mosquitto and thon-relayd, notify/submit with a Response Topic, counted by the answers, each of "
            f"which says that the notice is on the disk (fsync); {HOUSEHOLDS} households in the registry, a channel at 10/s "
            "that sends meanwhile. accept_p50 and p99: from publish to answer, most of it behind the others under way. ",
            *argv,
        )
        seconds = []
        for i in range(RUNS):
            began = time.monotonic()
            answer = town.relay.ask("area:dong", f"{NOTICE} ({i})")
            seconds.append(time.monotonic() - began)
            if not answer["ok"] or answer["recipients"] != CROWD:
                raise SystemExit(f"accept: {answer}")
    figures.beside("relay.accept", others.of("accepts"))
    figures.add("relay.accept_2700", median(seconds), "s", others.of("accept_s"))
    figures.method(
        f"relay.accept_2700: one notice to the {CROWD} households of an area, from publish to the answer; median of n={RUNS}. "
        "Beside relay.accept: postfix, smtp-source with 20 sessions, one recipient a message, each answered 250 after its fsync, "
        "nothing delivered meanwhile. Beside relay.accept_2700: alertmanager, as many alerts in one request, answered from memory"
    )


# ---- delivering ----


def deliver_once(work, n):
    with contextlib.closing(Town(work, n)) as town:
        town.channel("ntfy", rate="unlimited", parallel=PARALLEL)
        meter = Meter(town.start().pid)
        began = time.monotonic()
        notice = town.relay.submit("all", NOTICE)
        arrived(town.fakes, n, 300, meter)
        seconds = time.monotonic() - began
        town.relay.wait_outcomes(notice, sent=n)
        processor = meter.processor()
        got = town.got("ntfy")
        if len(got) != n or sum(got.values()) != n:
            raise SystemExit(f"deliver: {sum(got.values())} messages to {len(got)} of {n} households")
        return n / seconds, processor * 1e4 / n, meter.pss, meter.rss


def deliver(figures, others, work):
    rates, processor, pss, rss = zip(*(deliver_once(work, BULK) for _ in range(RUNS)))
    figures.add("relay.deliver", median(rates), "deliveries/s", others.of("deliveries"))
    figures.add("relay.deliver_cpu", median(processor), "CPU-s/10,000", others.of("processor"))
    figures.add("relay.deliver_pss", max(pss), "MB", others.of("pss"))
    figures.add("relay.deliver_rss", max(rss), "MB", others.of("rss"))
    figures.method(
        f"relay.deliver: one notice to {BULK} households, channel ntfy without a rate, {PARALLEL} requests under way, from "
        "publish to the last arrival at the fake provider on the same machine; claims and outcomes are on the disk before the "
        "next step. CPU: thon-relayd alone, until the last outcome is settled; PSS and RSS: the most seen. Median of "
        f"n={RUNS} (memory: the most). {peers.HOW}"
    )


def written(figures, work):
    with contextlib.closing(Town(work, HAMLET)) as town:
        town.channel("zalo-bot", rate="10/s")
        pid = town.start().pid
        before = fields(pid, "io")["write_bytes"]
        town.relay.wait_outcomes(town.relay.submit("all", NOTICE), 60, sent=HAMLET)
        bytes_ = fields(pid, "io")["write_bytes"] - before
    figures.add("relay.notice_written", bytes_ / 1e6, "MB")
    figures.method(
        f"relay.notice_written: a notice to {HAMLET} households at 10/s, write_bytes of /proc/PID/io; each message is written "
        "down before it goes out and when its outcome is known, and on the disk both times"
    )


# ---- overtaking ----


def overtake(town, zero, text, dice):
    """Seconds from the publish of an emergency until the fake has it, by the fake's own stamp."""
    n = dice.randrange(HOUSEHOLDS)
    began = time.monotonic()
    town.relay.submit(f"household:H{n}", text, **{"class": "emergency"})
    deadline = thon.Deadline(30)
    while not deadline.passed():
        for message in town.fakes.messages("zalo-bot", address=relay_of.bot(n)):
            if text in message["text"]:
                return zero + message["at"] / 1000 - began
        time.sleep(0.05)
    raise SystemExit("emergency: it has not arrived within 30 s")


def emergency(figures, dice, work):
    with contextlib.closing(Town(work)) as town:
        town.channel("zalo-bot", rate=f"{EMERGENCY_RATE}/s")
        town.start()
        town.fakes.reset()
        zero = time.monotonic()  # a little after that of the fake's stamps: what is told is never too short
        bulk = town.relay.submit("all", NOTICE)
        arrived(town.fakes, EMERGENCY_RATE, 60, provider="zalo-bot")
        seconds = []
        for i in range(EMERGENCIES):
            time.sleep(dice.uniform(0.3, 1.5))
            seconds.append(overtake(town, zero, f"Khẩn {i}: nước lên nhanh, sơ tán ngay.", dice))
        left = town.relay.show(bulk)["counts"]["pending"]
        if left < HOUSEHOLDS // 10:
            raise SystemExit(f"emergency: only {left} of the bulk were still waiting")
    figures.add("relay.emergency_p50", median(seconds), "s")
    figures.add("relay.emergency", max(seconds), "s")
    figures.method(
        f"relay.emergency: while a bulk of {HOUSEHOLDS} goes out at {EMERGENCY_RATE}/s, an emergency to one household over the "
        f"same channel, from its publish until the fake provider has it; the worst of n={EMERGENCIES} at random moments; "
        f"{left} of the bulk were still waiting after the last"
    )


# ---- killed ----


def kill(figures, others, dice, seed, work):
    back = []
    with contextlib.closing(Town(work, CROWD)) as town:
        town.channel("ntfy", rate="unlimited", parallel=PARALLEL)
        town.start()
        notice = town.relay.submit("all", NOTICE)
        for at in sorted(dice.sample(range(1, CROWD * 9 // 10), KILLS)):
            arrived(town.fakes, at, 120)
            time.sleep(dice.uniform(0, 0.005))
            town.relay.daemon.kill()
            began = time.monotonic()
            town.start()
            back.append(time.monotonic() - began)
        shown = town.relay.wait_notice(
            notice, lambda doc: doc["counts"]["pending"] == 0, 120, "end of the deliveries"
        )
        got = town.got("ntfy")
    outcome = {"h" + d["household"][1:]: d["outcome"] for d in shown["deliveries"]}
    if len(outcome) != CROWD or set(outcome.values()) > {"sent", "unknown"}:
        raise SystemExit(f"kill: {len(outcome)} deliveries of {CROWD}: {shown['counts']}")
    unknown = [who for who, what in outcome.items() if what == "unknown"]
    lost = sum(what == "sent" and who not in got for who, what in outcome.items())
    doubled = sum(n - 1 for who, n in got.items() if outcome[who] != "unknown")
    figures.add("relay.kill_lost", lost, f"of {CROWD}", others.of("lost"))
    figures.add("relay.kill_doubled", doubled, f"of {CROWD}", others.of("doubled"))
    figures.add("relay.kill_unknown", len(unknown) / KILLS, "deliveries a kill")
    figures.add("relay.kill_back", max(back), "s")
    figures.method(
        f"relay.kill: {KILLS} SIGKILLs at random moments while one notice goes to {CROWD} households as in relay.deliver, with a "
        f"restart after each (THON_SEED={seed}). Lost: told as sent, and never arrived. Doubled: arrived twice, and not told as "
        "unknown. Unknown: claimed when the kill came, and told so to people instead of being repeated; "
        f"{sum(who in got for who in unknown)} of these {len(unknown)} had arrived. back: from the kill until online again, the "
        f"worst. {peers.HOW_KILLED}"
    )


def parts(figures, build, work):
    """By name, for tests/bench/run. What is measured beside is measured when the first of them asks for it."""
    seed = int(os.environ.get("THON_SEED", random.randrange(1 << 32)))
    others, dice = peers.Peers(work, seed), random.Random(seed)

    def tell_absent():
        if others.absent:
            figures.method(f"not measured beside relay.*: {', '.join(others.absent)}")

    return {
        "bookkeeping": lambda: bookkeeping(figures, build, work),
        "accept": lambda: accept(figures, others, build, work),
        "deliver": lambda: deliver(figures, others, work),
        "written": lambda: written(figures, work),
        "emergency": lambda: emergency(figures, dice, work),
        "kill": lambda: (kill(figures, others, dice, seed, work), tell_absent()),
    }
