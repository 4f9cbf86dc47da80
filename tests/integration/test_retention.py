"""Personal data are kept no longer than promised: it is looked at from outside, and what no daemon owns is removed."""

import json
import os
import sqlite3
import subprocess

import pytest

DAY = 86400


@pytest.fixture
def commune(site):
    site.ok("area", "add", "xa", "--name", "Xã")
    return site


def classes(doc):
    return {row["what"]: row for row in doc["classes"]}


def write(site, sql, *values):
    with sqlite3.connect(site.state / "thon.db") as db:
        db.execute(sql, values)


def test_what_is_older_than_it_may_be_is_told(commune):
    doc = commune.ok("retention")
    assert classes(doc)["notices"]["days"] == 1100 and classes(doc)["pictures"]["days"] == 30
    now = int(subprocess.run(["date", "+%s"], capture_output=True, check=True).stdout)
    write(commune, "INSERT INTO chat (channel, address, interaction_at) VALUES ('oa', '1', ?)", now - 2000 * DAY)
    result = commune.ctl("retention")
    row = classes(result.data)["addresses"]
    assert row["oldest"].startswith("20")
    # Whether 2000 days are too many can only be said by a clock that somebody vouches for.
    assert row["overdue"] == (result.code == 1) == (not result.data["ok"])
    commune.write_conf("relayd.conf", relay={"keep": "3000d"})
    assert commune.ok("retention")["ok"] and classes(commune.ok("retention"))["addresses"]["days"] == 3000


def test_names_that_an_earlier_version_wrote_into_the_log_go_and_the_chain_holds(commune):
    commune.ok("household", "add", "H1", "--area", "xa", "--head-name", "Lò Thị Mẩy", "--phone", "0912000777")
    # As version 0.1 wrote it.
    import hashlib

    def net(value):
        data = str(value).encode()
        return b"%d:%s," % (len(data), data)

    with sqlite3.connect(commune.state / "thon.db") as db:
        last, head = db.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
        detail = '{"head_name":"Lò Thị Mẩy","phone":"+84912000777"}'
        row = (last + 1, 1800000000, "lan", "household.add", "H1", detail, head)
        digest = hashlib.sha256(b"".join(map(net, ("thon-audit-1",) + row))).hexdigest()
        db.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, digest))
    noted = commune.ok("audit", "verify")["head"]
    assert noted == digest
    done = commune.ctl("retention", "--enforce").data
    assert done["audit_blanked"] == 1
    assert commune.ok("audit", "verify", "--head", noted)["rows"] == last + 2
    log = commune.ok("audit", "export")
    assert "Mẩy" not in json.dumps(log, ensure_ascii=False)
    assert (log[-2]["object"], json.loads(log[-2]["detail"])) == ("H1", {"erased": True})
    assert commune.ctl("retention", "--enforce").data["audit_blanked"] == 0
    assert commune.ok("household", "show", "H1")["head_name"] == "Lò Thị Mẩy"
    # The recipe of docs/store.md agrees.
    text = (commune_docs() / "store.md").read_text(encoding="utf-8")
    recipe = text[text.index("```python") + 9 : text.index("```", text.index("```python") + 9)]
    said = subprocess.run(
        ["/usr/bin/python3", "-c", recipe, commune.state / "thon.db"], capture_output=True, text=True, check=True, timeout=30
    )
    assert said.stdout.strip() == commune.ok("audit", "verify")["head"]


def commune_docs():
    from thon import ROOT

    return ROOT / "docs"


def test_what_nobody_owns_is_removed_and_what_is_young_stays(commune):
    copy = commune.dir / "copy.db"
    commune.ok("store", "backup", copy)
    commune.ok("store", "restore", copy)
    before = commune.state / "thon.db.before-restore"
    assert before.exists()
    commune.ctl("retention", "--enforce")
    assert before.exists(), "thirty days"
    commune.write_conf("thon.conf", retention={"before_restore": "0"})
    (commune.state / "reports").mkdir(exist_ok=True)
    (commune.state / "reports" / "1-1.jpg").write_bytes(b"x")
    (commune.state / "thon.db-của-ai").write_bytes(b"x")
    removed = commune.ctl("retention", "--enforce").data["removed"]
    trusted = not before.exists()
    assert removed == ([str(before)] if trusted else [])
    assert (commune.state / "reports" / "1-1.jpg").exists(), "it may belong to a row that is just being written"
    assert (commune.state / "thon.db-của-ai").exists()
    assert os.path.exists(commune.state / "thon.db")
