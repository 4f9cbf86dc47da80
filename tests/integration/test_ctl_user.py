"""thonctl user: who may use the console. A password is typed, piped or read from a file; it is seen nowhere."""

import sqlite3

import pytest
from terminal import Terminal

PASSWORD = "mưa rào tháng sáu"


@pytest.fixture
def office(site):
    site.ok("person", "add", "an", "--name", "Nguyễn Văn Ân", "--role", "cán bộ")
    site.ok("user", "add", "an", "--person", "an", "--role", "admin", "--password-file", "-", stdin=PASSWORD + "\n")
    return site


def hash_of(site, id):
    with sqlite3.connect(site.state / "thon.db") as db:
        return db.execute("SELECT hash FROM user WHERE id = ?", (id,)).fetchone()[0]


def test_users_are_listed_without_what_they_know(office, mqtt):
    since = mqtt.mark()
    office.ok("user", "add", "man-hinh", "--name", "Màn hình phòng họp", stdin="khong ai doc duoc dau\n")
    assert mqtt.wait_for("registry/changed", since=since).data == {"tables": ["user"]}
    users = office.ok("user", "list")
    assert [(u["id"], u["name"], u["person"], u["role"], u["disabled"]) for u in users] == [
        ("an", "Nguyễn Văn Ân", "an", "admin", False),
        ("man-hinh", "Màn hình phòng họp", None, "viewer", False),
    ]
    assert set(users[0]) == {"id", "name", "person", "role", "disabled", "created_at", "changed_at"}
    assert users[0]["created_at"].endswith("+07:00")
    assert office.ok("user", "show", "an") == users[0]
    everything = "".join(
        office.ctl(*words, json_output=False).out
        for words in (["user", "list"], ["user", "show", "an"], ["person", "export"], ["audit", "export"])
    )
    assert "$y$" not in everything and PASSWORD not in everything
    assert hash_of(office, "an").startswith("$y$")


def test_a_password_is_typed_twice_and_ends_what_was(office):
    before = hash_of(office, "an")
    t = Terminal(office, "user", "passwd", "an")
    t.until("Password of an: ").type("một câu khác hẳn\n").until("Once more: ").type("một câu khác hẳn\n")
    t.until("has a new password")
    assert t.ended() == 0 and "một câu".encode() not in t.said and hash_of(office, "an") != before


REFUSED = [
    (["add", "be", "--name", "B"], "ngắn\n", "at least 10"),
    (["add", "be", "--name", "B"], "", "no password"),
    (["add", "be", "--name", "Bé", "--role", "boss"], PASSWORD, "no role"),
    (["add", "be"], PASSWORD, "a name or a person"),
    (["add", "be", "--person", "be"], PASSWORD, "no person"),
    (["add", "an", "--name", "An"], PASSWORD, "already"),
    (["add", "Bé", "--name", "Bé"], PASSWORD, "no id"),
    (["passwd", "be"], PASSWORD, "no user be"),
    (["passwd", "an"], "Nguyễn văn ân\n", "own name"),
    (["set", "an", "--role", "viewer"], None, "last administrator"),
    (["disable", "an"], None, "last administrator"),
    (["remove", "an"], None, "last administrator"),
    (["add", "be", "--name", "B", "--password-file", "/nonexistent"], None, "nonexistent"),
]


def test_what_is_refused_is_told_and_changes_nothing(office):
    before = office.ok("user", "list"), hash_of(office, "an")
    for words, stdin, says in REFUSED:
        said = office.refused("user", *words, stdin=stdin)
        assert says in said, f"{words}: {said}"
    assert (office.ok("user", "list"), hash_of(office, "an")) == before


def test_who_left_is_shut_out_let_in_and_removed(office):
    office.ok("user", "add", "be", "--name", "Bé", "--role", "hamlet-head", stdin="khong ai doc duoc dau\n")
    office.ok("user", "disable", "be")
    assert office.ok("user", "show", "be")["disabled"] is True
    office.ok("user", "enable", "be")
    assert office.ok("user", "show", "be")["disabled"] is False
    office.ok("user", "set", "be", "--name", "Trần Bé", "--role", "officer")
    office.ok("user", "remove", "be")
    assert "no user be" in office.refused("user", "show", "be")
    assert "user an still refers to person an" in office.refused("person", "remove", "an")
    assert "thonctl user remove an" in office.refused("person", "erase", "an", "--yes")
    assert office.ok("person", "export", "an")["data"]["people"][0]["users"] == ["an"]
    assert office.ok("audit", "verify")["ok"]
