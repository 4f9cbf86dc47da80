"""A person's right to what is kept on them, and to have it forgotten: in every table, in the bytes of the files, and in what
an older copy would bring back."""

import json
import shutil
import sqlite3

import pytest

import relay as of

CITIZEN = of.telegram(1)
OTHER = of.telegram(2)
HEAD = "Nguyễn Thị Quế Lâm"
NAME = "Trần Bá Khôi Vĩ"
PHONE = "+84912000777"
WORDS = "Cống trước cửa nhà tôi bị tắc ba hôm nay rồi"


@pytest.fixture
def commune(relay, fakes):
    """Two families on Telegram; the first has written, was written to, and its report is done."""
    relay.channel("tg", "telegram")
    site = relay.site
    site.ok("household", "add", "H1", "--area", "xa", "--head-name", HEAD, "--phone", PHONE, "--notes", "hộ cận nghèo")
    site.ok(
        "person", "add", "khoi", "--name", NAME, "--household", "H1", "--channels", f"tg:{CITIZEN}", "--phone", PHONE,
        "--consent", "notices,emergency",
    )
    site.ok("group", "add", "nong-dan", "--name", "Nông dân")
    site.ok("group", "join", "nong-dan", "khoi")
    relay.family(2, channels={"tg": OTHER})
    relay.start()
    relay.notice = relay.submit("area:xa", "Mai cắt nước từ 8 giờ")
    relay.wait_outcomes(relay.notice, sent=2)
    relay.own = relay.submit("household:H1", f"Kết quả hồ sơ của ông {NAME} đã có")
    relay.wait_outcomes(relay.own, sent=1)
    fakes.push("telegram", CITIZEN, name="Khôi", text=WORDS)
    fakes.wait_message(lambda m: m["address"] == CITIZEN and "phản ánh số 1" in m["text"], "telegram")
    return relay


def end_report(relay, fakes):
    relay.site.ok("report", "close", 1, "--text", "Đã thông cống")
    fakes.wait_message(lambda m: m["address"] == CITIZEN and "Đã thông cống" in m["text"], "telegram")


def bytes_of(site):
    return b"".join(p.read_bytes() for p in (site.state / "thon.db", site.state / "thon.db-wal") if p.exists())


def traces(site):
    data = bytes_of(site)
    needles = {"head": HEAD, "name": NAME, "phone": PHONE, "chat": CITIZEN, "words": WORDS, "notes": "hộ cận nghèo"}
    return {k for k, v in needles.items() if v.encode() in data}


def test_an_export_has_all_that_is_kept(commune, fakes, tmp_path):
    end_report(commune, fakes)
    site = commune.site
    doc = site.ok("household", "export", "H1")
    data = doc["data"]
    assert data["household"][0]["head_name"] == HEAD
    assert data["people"][0]["name"] == NAME and data["people"][0]["pin"] in (0, False)
    assert data["people"][0]["groups"] == ["nong-dan"]
    assert {n["notice"] for n in data["notices"]} == {commune.notice, commune.own}
    assert any(m["text"] and "Đã thông cống" in m["text"] for m in data["messages"])
    assert data["reports"][0]["entries"][0]["text"] == WORDS
    assert data["chats"] and data["inbound"]
    assert {a["action"] for a in data["audit"]} >= {"household.add", "person.add", "group.join"}
    text = site.ctl("household", "export", "H1", "--text", json_output=False).out
    assert f"Chủ hộ: {HEAD}" in text and WORDS in text and OTHER not in text
    path = tmp_path / "h1.json"
    site.ok("person", "export", "khoi", path)
    assert path.stat().st_mode & 0o777 == 0o600 and json.loads(path.read_text())["data"]["people"][0]["name"] == NAME
    assert [a["object"] for a in site.ok("audit", "export") if a["action"] == "person.export"] == ["khoi"]


def test_the_audit_log_never_held_a_name_or_a_number(commune, fakes):
    site = commune.site
    end_report(commune, fakes)
    site.ok("household", "set", "H1", "--notes", "đã thoát nghèo")
    site.ok("person", "set", "khoi", "--phone", "+84912000888")
    log = json.dumps(site.ok("audit", "export"), ensure_ascii=False)
    for secret in (HEAD, NAME, PHONE, "+84912000888", CITIZEN, WORDS, "thông cống", "nghèo"):
        assert secret not in log
    changed = [a for a in site.ok("audit", "export") if a["action"] == "person.set"]
    assert json.loads(changed[0]["detail"]) == {"personal": ["phone"]}


def test_an_open_report_stands_against_it_and_nothing_is_erased(commune):
    said = commune.site.refused("household", "erase", "H1", "--yes")
    assert "report 1" in said and "open" in said
    assert commune.site.ok("household", "show", "H1")["head_name"] == HEAD
    assert "unconfirmed" == commune.site.ctl("household", "erase", "H1").data["error"]


def test_an_erased_household_is_in_no_table_and_in_no_byte(commune, fakes):
    end_report(commune, fakes)
    site = commune.site
    site.ok("store", "backup", "--nightly")
    head = site.ok("audit", "verify")["head"]
    assert traces(site) == {"head", "name", "phone", "chat", "words", "notes"}
    done = site.ok("household", "erase", "H1", "--yes")
    assert done["erased"]["people"] == 1 and done["erased"]["households"] == 1 and done["erased"]["reports"] == 1
    assert done["copies"] == 1 and done["copies_until"] > "2027" and done["scrubbed"]
    assert traces(site) == set()
    # The chain holds, also from a head that was noted before, and says by itself who blanked what.
    assert site.ok("audit", "verify", "--head", head)["rows"] > 0
    actions = [(a["action"], a["object"]) for a in site.ok("audit", "export")]
    assert ("household.erase", "H1") in actions and ("audit.erase", "H1") in actions
    assert not any(o == "khoi" for _, o in actions)
    # Others keep theirs.
    assert commune.outcomes(commune.notice) == {"H2": "sent"}
    assert site.refused("notify", "show", commune.own)
    # Their code may be given to the next family; the same command again finds nobody.
    assert "no household" in site.refused("household", "erase", "H1", "--yes")
    commune.household("H1")
    again = commune.submit("household:H1", "Chào hộ mới")
    assert commune.outcomes(again) == {"H1": "visit"}


def test_cut_off_in_between_the_same_command_ends_it(commune, fakes):
    end_report(commune, fakes)
    site = commune.site
    order = {"household": "H1", "persons": ["khoi"], "addresses": [f"tg:{CITIZEN}", f"*:{PHONE}"]}
    assert commune.mqtt.request("notify/erase", order)["reports"] == 1
    assert commune.mqtt.request("notify/erase", order)["reports"] == 0
    assert site.ok("household", "erase", "H1", "--yes")["erased"]["people"] == 1
    assert traces(site) == set()


def test_without_the_relay_nothing_is_erased(commune):
    commune.daemon.stop()
    assert "thon-relayd" in commune.site.refused("household", "erase", "H1", "--yes")
    assert commune.site.ok("household", "show", "H1")["head_name"] == HEAD


def test_what_somebody_else_has_too_is_left(commune, fakes):
    """The daughter's Zalo is her parents' as well: her messages are not theirs alone."""
    end_report(commune, fakes)
    site = commune.site
    site.ok("household", "add", "H3", "--area", "xa", "--head-name", "Ông bà")
    site.ok("person", "add", "ba", "--name", "Bà", "--household", "H3", "--channels", f"tg:{CITIZEN}")
    done = site.ok("household", "erase", "H1", "--yes")
    assert done["shared"] == [f"tg:{CITIZEN}"]
    assert commune.rows("chat") and site.ok("household", "show", "H3")["code"] == "H3"


def test_a_restored_copy_is_rid_of_them_again_and_the_next_family_is_not(commune, fakes):
    end_report(commune, fakes)
    site = commune.site
    old = site.state / "backups" / site.ok("store", "backup", "--nightly")["file"]
    old = old.rename(old.with_name("thon-20200101T000000Z.db"))
    site.ok("household", "erase", "H1", "--yes")
    site.ok("household", "add", "H1", "--area", "xa", "--head-name", "Gia đình mới")
    new = site.dir / "new.db"
    site.ok("store", "backup", new)
    commune.daemon.stop()
    site.ok("store", "restore", old)
    assert "no household" in site.refused("household", "export", "H1")
    assert traces(site) == set()
    assert site.ok("audit", "verify")["rows"] > 0
    site.ok("store", "restore", new)
    assert site.ok("household", "show", "H1")["head_name"] == "Gia đình mới"
    # Put in place by hand, it is no restore.
    for end in ("", "-wal", "-shm"):
        (site.state / f"thon.db{end}").unlink(missing_ok=True)
    shutil.copy(old, site.state / "thon.db")
    assert site.ok("store", "erase-again")["erased"] >= 1
    assert "no household" in site.refused("household", "export", "H1")


@pytest.fixture
def stick(commune, fakes):
    """A copy of the store from before H1 was erased, and the list of who was erased since, as thon-backup-copy puts them side by side."""
    end_report(commune, fakes)
    site = commune.site
    directory = site.dir / "thon-backup"
    directory.mkdir()
    site.ok("store", "backup", directory / "thon-20200101T000000Z.db")
    site.ok("household", "erase", "H1", "--yes")
    shutil.copy(site.state / "backups" / "erased.json", directory)
    commune.daemon.stop()
    return directory


def new_card(site):
    """The station on a new card: nothing of its state is there."""
    for path in site.state.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_on_a_new_card_the_list_beside_the_copy_is_heeded_and_kept(commune, stick):
    site = commune.site
    new_card(site)
    site.ok("store", "restore", stick / "thon-20200101T000000Z.db")
    assert "no household" in site.refused("household", "export", "H1")
    assert traces(site) == set() and site.ok("household", "show", "H2")
    assert site.ok("audit", "verify")["rows"] > 0
    # It is this machine's own from now on: a copy from elsewhere, without a list beside it, is rid of them too.
    own = site.state / "backups" / "erased.json"
    assert json.loads(own.read_text()) == json.loads((stick / "erased.json").read_text())
    assert own.stat().st_mode & 0o777 == 0o640
    alone = site.dir / "thon-20200101T000000Z.db"
    shutil.copy(stick / alone.name, alone)
    site.ok("store", "restore", alone)
    assert "no household" in site.refused("household", "export", "H1") and traces(site) == set()


def test_both_lists_are_heeded_the_machines_own_and_the_one_beside_the_copy(commune, stick):
    """The machine erased another family after the stick was pulled."""
    site = commune.site
    (site.state / "backups" / "erased.json").unlink()
    new_card(site)
    site.ok("store", "restore", stick / "thon-20200101T000000Z.db")
    commune.start()
    site.ok("household", "erase", "H2", "--yes")
    commune.daemon.stop()
    site.ok("store", "restore", stick / "thon-20200101T000000Z.db")
    for code in ("H1", "H2"):
        assert "no household" in site.refused("household", "export", code)


@pytest.mark.parametrize("content", ["", "[]", "\0" * 64, "{" * 64, " " * (5 << 20)], ids=["empty", "array", "zeros", "cut", "large"])
def test_a_list_beside_the_copy_that_cannot_be_read_stands_against_the_restore(commune, stick, content):
    site = commune.site
    (stick / "erased.json").write_text(content)
    said = site.refused("store", "restore", stick / "thon-20200101T000000Z.db")
    assert f"{stick}/erased.json cannot be read" in said
    assert not (site.state / "thon.db.before-restore").exists()
    assert "no household" in site.refused("household", "export", "H1")


def test_a_list_that_came_with_a_copy_that_was_not_restored_is_not_kept(commune, stick):
    """It may be another station's, whose codes are those of our families."""
    site = commune.site
    list_of = site.state / "backups" / "erased.json"
    before = list_of.read_bytes()
    other = json.loads((stick / "erased.json").read_text())
    (stick / "erased.json").write_text(json.dumps(other | {"ab" * 32: [1]}))
    copy = stick / "thon-20200101T000000Z.db"
    copy.write_bytes(copy.read_bytes()[:20000])
    site.refused("store", "restore", copy)
    assert list_of.read_bytes() == before


def test_a_row_that_was_blanked_without_a_word_is_a_broken_chain(commune):
    site = commune.site
    with sqlite3.connect(site.state / "thon.db") as db:
        db.execute("UPDATE audit SET detail = '{\"erased\":true}' WHERE id = 2")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("UPDATE audit SET detail = '{}' WHERE id = 3")
    said = site.ctl("audit", "verify")
    assert said.data["error"] == "broken-chain" and "row 2" in said.data["detail"]
