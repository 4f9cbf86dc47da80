"""Figures, their budgets, and how both are told. Budgets are those of the design; a figure that has none is only told."""

import json
import math
import sys

AT_MOST = {
    "light.plan_year": 1.0,
    "light.plan_year_own": 1.0,
    "light.command_to_edge_p99": 5.0,
    "store.import_10000": 1.0,
    "store.find": 5.0,
    "relay.emergency": 1.0,
    "camera.sweep_2700": 10.0,
    "camera.district_known": 12.0,
    "camera.hung_delay": 1.0,
    "relay.kill_lost": 0,
    "relay.kill_doubled": 0,
    "announce.emergency_p99": 1.0,
    "suite.pss": 40.0,
    "suite.cpu": 0.5,
    "suite.disk": 5.0,
}
AT_LEAST = {
    "relay.accept": 2000,
    "relay.bookkeeping": 10_000,
    "camera.checks_2700": 10_000,
}


def quantile(values, q):
    """The smallest value that at least the share q of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered), math.ceil(q * len(ordered))) - 1)]


def median(values):
    return quantile(values, 0.5)


def short(value):
    """Four digits, never as a power of ten."""
    if value == 0:
        return "0"
    return f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"


class Figures:
    def __init__(self):
        self.rows = []
        self.methods = []

    def method(self, text):
        self.methods.append(text)

    def add(self, name, value, unit, peers=None):
        """`peers`: what others did beside it, by their names. More than one: a row for each, the first with the budget."""
        least = name in AT_LEAST
        budget = AT_LEAST[name] if least else AT_MOST.get(name)
        holds = budget is None or (value >= budget if least else value <= budget)
        self.rows.append({"name": name, "value": value, "unit": unit, "budget": budget, "holds": holds})
        print(f"  {name} {short(value)} {unit}", file=sys.stderr, flush=True)
        if peers:
            self.beside(name, peers)

    def beside(self, name, peers):
        at = next(i for i, row in enumerate(self.rows) if row["name"] == name)
        row = self.rows[at]
        for peer, peer_value in peers.items():
            told = {"peer": peer, "peer_value": peer_value, "ratio": row["value"] / peer_value if peer_value else None}
            if "peer" not in row:
                row |= told
                continue
            at += 1
            beside = f"{name}_beside_{peer}"
            self.rows.insert(at, row | told | {"name": beside, "budget": None, "holds": True})

    def take(self, text, prefix=""):
        """What a measuring program printed: see bench.h."""
        for line in text.splitlines():
            doc = json.loads(line)
            if "method" in doc:
                self.method(prefix + doc["method"])
            else:
                peers = {doc["peer"]: doc["peer_value"]} if "peer" in doc else None
                self.add(doc["name"], doc["value"], doc["unit"], peers)

    def broken(self):
        return [row["name"] for row in self.rows if not row["holds"]]

    def missing(self):
        """A budget that nothing was measured against does not hold either."""
        return sorted({*AT_MOST, *AT_LEAST} - {row["name"] for row in self.rows})

    def print(self):
        head = ("figure", "value", "unit", "budget", "", "beside, in the same run")
        table = [head]
        for row in self.rows:
            beside = ""
            if "peer" in row:
                beside = f"{row['peer']}: {short(row['peer_value'])} {row['unit']}"
                if row["ratio"]:
                    beside += f" ({row['ratio']:.2f} times)"
            table.append(
                (
                    row["name"],
                    short(row["value"]),
                    row["unit"],
                    "" if row["budget"] is None else f"{'>=' if row['name'] in AT_LEAST else '<='} {row['budget']:g}",
                    "" if row["budget"] is None else "holds" if row["holds"] else "DOES NOT HOLD",
                    beside,
                )
            )
        widths = [max(len(line[i]) for line in table) for i in range(len(head))]
        for line in table:
            cells = [c.rjust(w) if i in (1, 3) else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths))]
            print("  ".join(cells).rstrip())
        print("\nMethod")
        for text in self.methods:
            print(f"* {text}")

    def write(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
