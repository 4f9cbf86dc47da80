"""What earlier versions left on the disk is taken up by this one: their stores, and the state files of lightd.

tests/data/stores has a store of each form that was ever in use, as its own programs wrote it; its README says how.
"""

import re
import shutil
import sqlite3
import sys

import pytest

from thon import ROOT

STORES = ROOT / "tests/data/stores"
SCHEMA = sorted((ROOT / "src/store/schema").glob("[0-9]*.sql"))
DUMPS = sorted(STORES.glob("[0-9]*.sql"))

sys.path.insert(0, str(STORES))
sys.dont_write_bytecode = True
from load import load  # noqa: E402


def form_of(dump):
    return int(dump.name.split(".")[0])


def rows(path):
    """{table: its rows as {column: value}}, and nothing of what SQLite keeps for itself."""
    with sqlite3.connect(path) as store:
        store.row_factory = sqlite3.Row
        tables = [r[0] for r in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        return {t: [dict(r) for r in store.execute(f'SELECT * FROM "{t}"')] for t in tables}


def shape(store):
    """Tables with their columns in any order, indexes, views and triggers: two stores with the same one serve the same programs."""
    found = {}
    for kind, name, sql in store.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"):
        if kind == "table":
            columns = {tuple(c)[1:] for c in store.execute(f'PRAGMA table_xinfo("{name}")')}
            keys = {tuple(k)[2:] for k in store.execute(f'PRAGMA foreign_key_list("{name}")')}
            found[name] = (frozenset(columns), frozenset(keys))
        else:
            found[name] = re.sub(r"\s+", " ", sql)
    return found


def shape_of_file(path):
    with sqlite3.connect(path) as store:
        return shape(store)


@pytest.fixture
def old_site(make_site, broker):
    """old_site(dump): a site whose store an earlier version wrote."""

    def make(dump):
        site = make_site(broker, site_id="chi-phuc", lat=19.99, lon=105.65)
        load(dump, site.state / "thon.db")
        return site

    return make


def test_every_version_left_a_store():
    versions = re.findall(r"^thon \(([^)]*)\)", (ROOT / "packaging/debian/changelog").read_text(encoding="utf-8"), re.M)
    kept = {re.match(r"-- thon ([^\s,]+)", dump.read_text(encoding="utf-8"))[1] for dump in DUMPS}
    missing = [v for v in versions[1:] if v not in kept]
    assert not missing, f"tests/data/stores has no store of version {', '.join(missing)}: its README says how to make one"


@pytest.mark.parametrize("dump", DUMPS, ids=lambda d: d.stem)
def test_a_step_that_stores_have_taken_is_never_written_anew(dump, tmp_path):
    """Whoever changes it changes new stores alone: the old ones lack what was added."""
    load(dump, tmp_path / "old.db")
    today = sqlite3.connect(":memory:")
    for step in SCHEMA[: form_of(dump)]:
        today.executescript(step.read_text(encoding="utf-8"))
    assert shape_of_file(tmp_path / "old.db") == shape(today)


@pytest.mark.parametrize("dump", DUMPS, ids=lambda d: d.stem)
def test_a_store_of_an_earlier_version_is_brought_to_this_one_whole(dump, old_site, make_site, broker):
    site = old_site(dump)
    path = site.state / "thon.db"
    before = rows(path)
    assert len(before["household"]) > 5 and before["light_history"] and before["audit"]
    assert f"version {form_of(dump)} of an older Thôn" in site.refused("household", "list"), "who only reads is told"

    site.ok("area", "add", "moi", "--name", "Thôn Mới")

    with sqlite3.connect(path) as store:
        assert store.execute("PRAGMA user_version").fetchone()[0] == len(SCHEMA)
        assert store.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert store.execute("PRAGMA foreign_key_check").fetchone() is None
    after = rows(path)
    for table, old in before.items():
        if table == "registry_state":
            continue
        for row in old:
            assert any(row.items() <= new.items() for new in after[table]), f"{table} has lost {row}"
        assert len(after[table]) == len(old) + (table in ("area", "audit")), table
    assert {row["code"] for row in site.ok("household", "list")} == {row["code"] for row in before["household"]}
    fresh = make_site(broker)
    fresh.ok("store", "init")
    assert shape_of_file(path) == shape_of_file(fresh.state / "thon.db"), "it is as a new one is"
    site.ok("store", "check")
    assert site.ok("audit", "verify")["rows"] == len(before["audit"]) + 1


@pytest.mark.parametrize("dump", DUMPS, ids=lambda d: d.stem)
def test_the_daemons_of_this_version_work_with_it(dump, old_site, make_mqtt, broker):
    site = old_site(dump)
    mqtt = make_mqtt(broker, site="chi-phuc")
    clock = "2026-11-23T10:00:00+07:00"
    for daemon in ("lightd", "relayd", "camerad", "announced"):
        site.start(daemon, "--sim-clock", clock)
        mqtt.wait_state(f"status/{daemon}", lambda doc: doc["state"] == "online")
    # A password of a camera and a notice with a picture are what the first forms had no place for.
    site.ok("device", "add", "cam-moi", "--kind", "camera", "--name", "Cổng mới", "--config",
            '{"url":"rtsp://127.0.0.1:9/1","user":"xem"}')
    assert site.ctl("device", "secret", "cam-moi", stdin="mat khau\n").code == 0
    number = site.ok("notify", "send", "--to", "area:chi-phuc", "--text", "Chiều nay họp thôn.")["id"]
    assert site.ok("notify", "show", str(number))["text"] == "Chiều nay họp thôn."
    assert mqtt.wait_state("light/nha-van-hoa/state", lambda doc: doc["in_effect"] == "off")


@pytest.mark.parametrize("with_store", [True, False], ids=["with its store", "its store lost"])
def test_an_order_of_the_time_before_the_upgrade_still_holds(with_store, old_site, make_site, make_mqtt, broker):
    """lightd of the first version had lit the yard until 8:54 for a funeral, by hand."""
    if with_store:
        site = old_site(DUMPS[0])
    else:
        site = make_site(broker, site_id="chi-phuc", lat=19.99, lon=105.65)
    for name in ("lightd-plan.json", "lightd-state.json"):
        shutil.copy(STORES / f"{DUMPS[0].stem}-{name}", site.state / name)
    mqtt = make_mqtt(broker, site="chi-phuc")
    site.start("lightd", "--sim-clock", "2026-11-21T03:10:00+07:00")
    yard = mqtt.wait_state("light/nha-van-hoa/state", lambda doc: doc["override"]).data
    assert yard["in_effect"] == "on" and yard["override"]["reason"] == "đám hiếu"
    assert yard["override"]["until"] == "2026-11-21T08:54:34+07:00"
    assert mqtt.wait_state("light/ngo-dong/state", lambda doc: True).data["in_effect"] == "on", "the others by their plan"
    assert mqtt.wait_state("light/ngo-tay/state", lambda doc: True).data["in_effect"] == "off"


def test_state_of_a_later_version_is_set_aside_and_the_registry_lights(old_site, make_mqtt, broker):
    site = old_site(DUMPS[-1])
    (site.state / "lightd-plan.json").write_text('{"v": 99, "lamps": "all of them"}', encoding="utf-8")
    (site.state / "lightd-state.json").write_text('{"v": 99, "circuits": [{"id": "nha-van-hoa"}]}', encoding="utf-8")
    mqtt = make_mqtt(broker, site="chi-phuc")
    daemon = site.start("lightd", "--sim-clock", "2026-11-21T03:10:00+07:00")
    daemon.wait_log("lightd-state.json: cannot be used")
    assert mqtt.wait_state("light/ngo-dong/state", lambda doc: True).data["in_effect"] == "on"


def test_announcements_that_were_approved_before_the_upgrade_are_aired_without_the_store(make_site, broker):
    """What announced 0.1.0 kept beside the store: a bulletin, and a warning that came in the midst of it."""
    site = make_site(broker)
    site.write_conf("announced.conf", **{"zone chi-phuc": {"name": "Loa thôn", "sink": f"file:{site.dir}"}})
    shutil.copy(STORES / "0006-announced-plan.json", site.state / "announced-plan.json")
    daemon = site.start("announced", "--sim-clock", "2026-11-21T06:30:20+07:00")
    daemon.wait_log("taken from .*announced-plan.json.*: 2$")
    assert not [line for line in daemon.lines if "passed over" in line]


def test_announcements_that_another_version_kept_are_passed_over_one_by_one(make_site, broker, make_mqtt):
    """announced-plan.json is read when the store is away; a bulletin in it that this version cannot read costs no other one."""
    site = make_site(broker)
    (site.state / "announced-plan.json").write_text('[{"id": "b-1", "words": {"of": "later"}}, 7, null]', encoding="utf-8")
    daemon = site.start("announced")
    for _ in range(3):
        daemon.wait_log("announced-plan.json: .*passed over")
    assert daemon.running()
