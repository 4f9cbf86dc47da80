"""thonctl setup: a technician at the office answers questions, or a script gives options; then lamps follow the sun. What
does not end well leaves everything as it was."""

import fcntl
import os
import random
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import tempfile

import pytest
import thon
from terminal import Terminal

PASSWORD = "mưa rào tháng sáu"
FLAGS = ["--id", "chi-phuc", "--name", "Xã Chí Phúc", "--lat", "19.8067", "--lon", "105.7766"]


@pytest.fixture
def office(site):
    """A machine as the package leaves it: configuration with comments only, a Pi's header, nobody in the registry."""
    for name in ("thon.conf", "announced.conf"):
        shutil.copy(thon.ROOT / "etc" / name, site.config / name)
    with (site.config / "thon.conf").open("a", encoding="utf-8") as conf:
        conf.write(f"\n[broker]\nhost = 127.0.0.1\nport = {site.broker_port}\n")
    for line in range(54):
        (site.gpio.dir / "pinctrl-bcm2711" / str(line)).mkdir(parents=True)
    return site


def state_of(site):
    """All that setup may change."""
    with sqlite3.connect(site.state / "thon.db") as db:
        rows = db.execute("SELECT count(*), max(id) FROM audit").fetchone()
    return rows, {p.name: p.read_text(encoding="utf-8") for p in site.config.iterdir()}


def added(before, after):
    """Lines that the one text has more than the other, of which nothing is gone."""
    old, new = before.splitlines(), after.splitlines()
    more = []
    for line in new:
        if old and line == old[0]:
            old.pop(0)
        elif line.strip():
            more.append(line)
    assert not old, f"gone: {old}"
    return more


def circuit(site, id):
    return site.ok("device", "show", id)


# ---- questions ----


def test_a_technician_is_asked_and_the_commune_is_there(office, mqtt):
    before = state_of(office)[1]
    t = Terminal(office, "setup")
    t.until("Tên xã, phường [Thôn]: ").type("Xã Chí Phúc\n")
    t.until("Mã ngắn (a-z, 0-9, gạch nối) [xa-chi-phuc]: ").type("chi-phuc\n")
    t.until("điện thoại): ").type("19,8067 105,7766\n").until("Múi giờ [Asia/Ho_Chi_Minh]: ").type("\n")
    t.until("mặt trời mọc lúc ").until("Đúng nơi này không?").until("[c]: ").type("\n")
    t.until("GPIO17 (chân 11)").until("Enter: hết): ").type("17\n")
    t.until("ví dụ: Đường làng): ").type("Đường làng\n").until("[duong-lang]: ").type("\n")
    t.until("Số bóng đèn").type("12\n").until("Công suất").type("100\n").until("active low)?").type("\n")
    t.until("Enter: hết): ").type("GPIO5\n").until("Tên mạch đèn").type("Ngõ Đông\n").until("[ngo-dong]: ").type("\n")
    t.until("Số bóng đèn").type("\n").until("Công suất").type("\n").until("active low)?").type("có\n")
    t.until("Enter: hết): ").type("\n")
    t.until("ở thôn nào").type("Thôn 4\n").until("Mã của thôn [thon-4]: ").type("\n")
    t.until("Chọn [1]: ").type("2\n")
    t.until("cụm loa nào không?").type("c\n").until("Tên cụm loa").type("Loa thôn 4\n")
    t.until("[loa-thon-4]: ").type("\n").until("Đầu ra âm thanh [alsa:default]: ").type("\n")
    t.until("Lập tài khoản").type("\n").until("Họ và tên").type("Nguyễn Văn Ân\n").until("[nguyen-van-an]: ").type("an\n")
    t.until("Mật khẩu của an").type(PASSWORD + "\n").until("Gõ lại mật khẩu").type(PASSWORD + "\n")
    t.until("mạch đèn ngo-dong (Ngõ Đông): GPIO5 (chân 29), rơ le kích mức thấp")
    t.until("Thực hiện?").type("\n").until("Xong.")
    assert t.ended() == 0
    assert PASSWORD.encode() not in t.said

    after = state_of(office)[1]
    assert added(before["thon.conf"], after["thon.conf"]) == [
        "id = chi-phuc",
        "name = Xã Chí Phúc",
        "lat = 19.8067",
        "lon = 105.7766",
    ]
    assert added(before["announced.conf"], after["announced.conf"]) == [
        "[zone loa-thon-4]",
        "name = Loa thôn 4",
        "sink = alsa:default",
        "areas = thon-4",
        "quiet = 21:30-05:30",
    ]
    lane = circuit(office, "duong-lang")
    assert (lane["kind"], lane["name"], lane["area"]) == ("circuit", "Đường làng", "thon-4")
    assert lane["config"] == {
        "calendar": "tiet-kiem-22h",
        "lamps": 12,
        "watts": 100.0,
        "relay": {"gpio": {"chip": "sim:pinctrl-bcm2711", "line": "17"}},
    }
    assert circuit(office, "ngo-dong")["config"]["relay"]["gpio"]["active_low"] is True
    plan = office.ok("light", "plan", "--from", "2026-11-22", "--days", "1", "--circuit", "duong-lang")
    assert [(p["at"][11:16], p["on"]) for p in plan] == [("17:39", True), ("22:00", False), ("04:30", True), ("05:46", False)]
    assert office.ok("person", "show", "an")["role"] == "officer"
    assert [(u["id"], u["role"], u["name"]) for u in office.ok("user", "list")] == [("an", "admin", "Nguyễn Văn Ân")]
    assert office.ok("audit", "verify")["ok"]


def test_a_wrong_answer_is_told_and_asked_for_again(office):
    office.ok("setup", "--yes", *FLAGS, "--relay", "17:duong-lang")
    t = Terminal(office, "setup")
    t.until("Tên xã").type("a # b\n").until("không chứa").until("Tên xã").type("\n")
    t.until("Mã ngắn").type("Xã\n").until("chữ thường không dấu").until("Mã ngắn").type("\n")
    t.until("Tọa độ").type("105.7766, 19.8067\n").until("đổi chỗ").until("Tọa độ").type("đâu đó\n").until("không phải là số độ")
    t.until("Tọa độ").type("19\n").until("Cần hai số").until("Tọa độ").type("0, 0\n").until("đại dương").until("Tọa độ").type("\n")
    t.until("Múi giờ").type("Asia/Hanoi\n").until("Không có múi giờ").until("Múi giờ").type("\n")
    t.until("Đúng nơi này").type("ừ\n").until("Gõ c (có) hoặc k").until("Đúng nơi này").type("c\n")
    t.until("ví dụ 17").type("chân 11\n").until("không phải số thứ tự chân").until("ví dụ 17").type("0\n").until("HAT")
    t.until("ví dụ 17").type("40\n").until("của riêng bo mạch").until("ví dụ 17").type("\n")
    t.until("cụm loa nào").type("c\n").until("Tên cụm loa").type("Loa\n").until("[loa]").type("\n")
    t.until("Đầu ra").type("loa to\n").until("không phải là đầu ra").until("Đầu ra").type("\n")
    t.until("Lập tài khoản").type("c\n").until("Họ và tên").type("Ân\n").until("Tên đăng nhập").type("\n")
    t.until("Mật khẩu của").type("ngắn\n").until("ít nhất 10 ký tự").until("Mật khẩu của").type(PASSWORD + "\n")
    t.until("Gõ lại").type("khác\n").until("không giống nhau").until("Mật khẩu của").type(PASSWORD + "\n")
    t.until("Gõ lại").type(PASSWORD + "\n")
    t.until("Thực hiện?").type("k\n").until("chưa thay đổi gì")
    assert t.ended() == 1
    assert office.ok("user", "list") == []


def test_whoever_gives_up_changes_nothing(office):
    before = state_of(office)
    for where in ("Tên xã", "điện thoại): ", "ví dụ 17"):
        for give_up in ("\x04", "\x03"):
            t = Terminal(office, "setup").until("Tên xã")
            if where != "Tên xã":
                t.type("Xã A\n").until("Mã ngắn").type("xa-a\n").until("điện thoại): ")
            if where == "ví dụ 17":
                t.type("19.8, 105.7\n").until("Múi giờ").type("\n").until("[c]: ").type("\n").until("ví dụ 17")
            if give_up == "\x03":
                t.process.send_signal(signal.SIGINT)
            else:
                t.type(give_up)
            t.until("đã dừng; chưa thay đổi gì")
            assert t.ended() == 1
    assert state_of(office) == before


def test_what_is_there_is_kept_by_enter(office):
    office.ok("setup", "--yes", *FLAGS, "--relay", "17:Đường làng:lamps=12", "--zone", "loa", "--user", "an",
              "--password-file", "-", stdin=PASSWORD)  # fmt: skip
    before = state_of(office)
    t = Terminal(office, "setup")
    t.until("[Xã Chí Phúc]: ").type("\n").until("[chi-phuc]: ").type("\n").until("[19.8067, 105.7766]: ").type("\n")
    t.until("[Asia/Ho_Chi_Minh]: ").type("\n").until("[c]: ").type("\n")
    t.until("GPIO17 (chân 11): mạch đèn duong-lang").until("Enter: hết): ").type("17\n")
    t.until("[Đường làng]: ").type("\n").until("[12]: ").type("\n").until("[0]: ").type("\n").until("[k]: ").type("\n")
    t.until("Enter: hết): ").type("\n").until("ở thôn nào").type("\n")
    t.until("cụm loa").until("[c]: ").type("\n").until("[loa]: ").type("\n").until("[loa]: ").type("\n")
    t.until("[alsa:default]: ").type("\n").until("Đã có người quản trị").until("[k]: ").type("\n")
    t.until("không có gì phải thay đổi")
    assert t.ended() == 0 and state_of(office) == before


# ---- options ----


def test_a_script_does_it_twice_and_the_second_time_is_no_change(office, mqtt):
    flags = [*FLAGS, "--area", "thon-4=Thôn 4", "--relay", "17:Đường làng:lamps=12:watts=100",
             "--relay", "5:ngo-dong:active-low", "--night", "whole", "--zone", "loa=rtp:239.10.0.5:5004", "--zone-name",
             "Loa thôn 4", "--user", "an", "--user-name", "Nguyễn Văn Ân", "--password-file", "-"]  # fmt: skip
    rehearsed = office.ok("setup", "--yes", "--dry-run", *flags, stdin=PASSWORD)
    assert rehearsed["dry_run"] and not rehearsed["changed"] and office.ok("device", "list") == []
    done = office.ok("setup", "--yes", *flags, stdin=PASSWORD)
    assert done["changed"] and done["changes"] == rehearsed["changes"]
    assert [c["what"] for c in done["changes"]] == (
        ["area", "program", "calendar", "circuit", "circuit", "person", "user"] + ["thon.conf"] * 4 + ["announced.conf"] * 4
    )
    assert done["relays"][1] == {"circuit": "ngo-dong", "chip": "sim:pinctrl-bcm2711", "line": "5", "active_low": True}
    assert done["site"]["id"] == "chi-phuc" and done["site"]["sunset"][:3] in ("17:", "18:")
    before = state_of(office)
    again = office.ok("setup", "--yes", *flags, stdin=PASSWORD)
    assert not again["changed"] and again["changes"] == [] and state_of(office) == before
    other = office.ok("setup", "--yes", "--user", "an", "--password-file", "-", stdin="một câu khác hẳn")
    assert [(c["what"], c["id"], c["change"]) for c in other["changes"]] == [("user", "an", "set")]


def test_only_what_differs_is_changed(office):
    office.ok("setup", "--yes", *FLAGS, "--relay", "17:Đường làng:lamps=12", "--relay", "27:ngo-tay")
    config = circuit(office, "duong-lang")["config"] | {"feedback": {"gpio": {"chip": "sim:pinctrl-bcm2711", "line": "22"}}}
    office.ok("device", "set", "duong-lang", "--config", thon.json.dumps(config))
    path = office.config / "thon.conf"
    path.write_text(path.read_text(encoding="utf-8").replace("lat = 19.8067", "lat = 19.8   # from the map"), encoding="utf-8")
    path.chmod(0o640)
    done = office.ok("setup", "--yes", "--lat", "19.9", "--lon", "105.7766", "--relay", "17:lamps=14")
    assert [(c["what"], c["id"], c["change"]) for c in done["changes"]] == [
        ("circuit", "duong-lang", "set"),
        ("thon.conf", "lat", "set"),
    ]
    assert circuit(office, "duong-lang")["config"] == config | {"lamps": 14}
    assert "lat = 19.9   # from the map\n" in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    moved = office.ok("setup", "--yes", "--relay", "23:duong-lang", "--night", "saving")
    assert moved["relays"][0]["line"] == "23"
    assert circuit(office, "duong-lang")["config"] == config | {
        "lamps": 14,
        "calendar": "tiet-kiem-22h",
        "relay": {"gpio": {"chip": "sim:pinctrl-bcm2711", "line": "23"}},
    }


def test_lamps_follow_at_once(office, mqtt):
    office.ok("setup", "--yes", *FLAGS[2:], "--id", "test")
    office.start("lightd")
    office.ok("setup", "--yes", "--relay", "17:duong-lang")
    assert mqtt.wait_for("light/duong-lang/state", timeout=20).data["commanded"] in ("on", "off")
    # That line is lightd's now, which is no reason to refuse it to its own circuit.
    assert not office.ok("setup", "--yes", "--relay", "17:duong-lang")["changed"]


REFUSED = [
    (["--relay", "17:duong-lang", "--relay", "17:ngo-dong"], "vừa được chọn"),
    (["--relay", "17:duong-lang", "--relay", "27:duong-lang"], "khai hai lần"),
    (["--relay", "0:a"], "HAT"),
    (["--relay", "GPIO1:a"], "HAT"),
    (["--relay", "28:a"], "của riêng bo mạch"),
    (["--relay", "99:a"], "Không có chân"),
    (["--relay", ":a"], "Không có chân"),
    (["--relay", "18:a"], "đang được spi0 giữ"),
    (["--relay", "22:a"], "đã là tiếp điểm phản hồi của mạch đèn da-co"),
    (["--relay", "21:a"], "đã là rơ le của mạch đèn da-co"),
    (["--relay", "4:cong-chua"], "thiết bị khác (camera)"),
    (["--relay", "26:a"], "đã là nguồn tăng âm của cụm loa loa"),
    (["--user", "be", "--user-name", "Ân", "--password-file", "PASSWORD"], "đã là của người khác (Trần Thị Bé)"),
    (["--relay", "4:a:lamps=many"], "Số bóng"),
    (["--relay", "4:a:watts=-1"], "Công suất"),
    (["--relay", "4:a:b"], "active-low"),
    (["--relay", "4:!!!"], "id=MÃ"),
    (["--chip", "gpiochip7"], "Không có khối GPIO"),
    (["--lat", "105.7", "--lon", "19.8"], "đổi chỗ"),
    (["--lat", "nan", "--lon", "19.8"], "không phải là số độ"),
    (["--id", "../x"], "chữ thường"),
    (["--name", "A\x07B"], "ký tự điều khiển"),
    (["--name", "Xã # 1"], "không chứa"),
    (["--tz", "../../etc/passwd"], "múi giờ"),
    (["--night", "never"], "Chọn 1"),
    (["--zone", "loa=ftp:x"], "đầu ra âm thanh"),
    (["--area", "Thôn"], "chữ thường"),
    (["--user", "an", "--password-file", "/nonexistent"], "nonexistent"),
]


def test_what_cannot_be_is_refused_in_words_and_changes_nothing(office):
    office.ok("setup", "--yes", *FLAGS, "--relay", "21:da-co")
    config = circuit(office, "da-co")["config"] | {"feedback": {"gpio": {"chip": "sim:pinctrl-bcm2711", "line": "22"}}}
    office.ok("device", "set", "da-co", "--config", thon.json.dumps(config))
    office.ok("device", "add", "cong-chua", "--kind", "camera", "--config", '{"url":"rtsp://192.0.2.1/s"}')
    office.ok("person", "add", "be", "--name", "Trần Thị Bé")
    with (office.config / "announced.conf").open("a", encoding="utf-8") as conf:
        conf.write("[zone loa]\nsink = alsa:default\nquiet = none\namplifier = gpio:sim:pinctrl-bcm2711/26\n")
    (office.dir / "password").write_text(PASSWORD, encoding="utf-8")
    before = state_of(office)
    with (office.gpio.dir / "pinctrl-bcm2711/18/consumer").open("w") as held:
        held.write("spi0\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        for flags, says in REFUSED:
            flags = [str(office.dir / "password") if f == "PASSWORD" else f for f in flags]
            said = office.refused("setup", "--yes", *flags)
            assert says in said, f"{flags}: {said}"
            assert state_of(office) == before, flags


def test_what_is_no_command_is_told_as_usage(office):
    before = state_of(office)
    for flags, says in [
        ([], "--id, --lat and --lon"),
        (["--lat", "19.8"], "belong together"),
        ([*FLAGS, "--user", "an"], "--password-file"),
        ([*FLAGS, "--zone-name", "Loa"], "belongs to --zone"),
        ([*FLAGS, "more"], "options only"),
        ([*FLAGS, "--colour", "red"], "unknown option"),
    ]:
        said = office.refused("setup", "--yes", *flags, code=2)
        assert says in said, f"{flags}: {said}"
    assert state_of(office) == before


def test_what_the_board_does_at_power_on_is_said_before(office):
    done = office.ok("setup", "--yes", "--dry-run", *FLAGS, "--relay", "17:a", "--relay", "5:b:active-low")
    assert done["warnings"] == []
    done = office.ok("setup", "--yes", "--dry-run", *FLAGS, "--relay", "17:a:active-low", "--relay", "5:b", "--relay", "2:c",
                     "--relay", "14:d")  # fmt: skip
    said = "\n".join(done["warnings"])
    for words in ("GPIO17 (chân 11) được kéo xuống", "GPIO5 (chân 29) được kéo lên", "GPIO2 (chân 3) là chân I2C", "GPIO14 (chân 8) là cổng nối tiếp"):
        assert words in said


# ---- trouble ----


def test_without_the_right_it_says_so_before_the_first_question(office):
    if os.getuid() != 0:
        pytest.skip("only root can be somebody else")
    # pytest's own directories are nobody else's to read.
    with tempfile.TemporaryDirectory() as others:
        shutil.copytree(office.config, f"{others}/config")
        shutil.copytree(office.state, f"{others}/state")
        os.chmod(others, 0o755)
        env = office.env() | {"THON_CONFIG_DIR": f"{others}/config", "THON_STATE_DIR": f"{others}/state"}
        done = subprocess.run(
            [thon.BUILD / "thonctl", "setup", "--yes", *FLAGS],
            env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
            user=65534, group=65534, extra_groups=[],
        )  # fmt: skip
    assert done.returncode == 1 and "sudo thonctl setup" in done.stderr, done


def test_a_disk_that_takes_no_file_leaves_everything_as_it_was(office):
    before = state_of(office)
    t = Terminal(office, "setup", *FLAGS, "--relay", "17:duong-lang")
    for end in ("[Xã Chí Phúc]: ", "[chi-phuc]: ", "[19.8067, 105.7766]: ", "[Asia/Ho_Chi_Minh]: ", "[c]: ", "Enter: hết): ",
                "ở thôn nào", "Chọn [1]: "):  # fmt: skip
        t.until(end).type("\n")
    t.until("cụm loa nào").type("k\n").until("Lập tài khoản").type("k\n").until("Thực hiện?")
    resource.prlimit(t.process.pid, resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
    t.type("c\n").until("không ghi được").until("chưa thay đổi gì")
    assert t.ended() == 1 and state_of(office) == before
    assert office.ok("setup", "--yes", *FLAGS, "--relay", "17:duong-lang")["changed"]


def test_a_store_that_somebody_holds_is_told_and_nothing_is_changed(office):
    before = state_of(office)
    with sqlite3.connect(office.state / "thon.db", isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        assert "đang bận" in office.refused("setup", "--yes", *FLAGS)
        db.execute("ROLLBACK")
    assert state_of(office) == before


def test_killed_at_any_moment_it_is_finished_by_the_next_run(office):
    seed = int(os.environ.get("THON_SEED", random.randrange(2**32)))
    print("THON_SEED", seed)
    chance = random.Random(seed)
    flags = [*FLAGS, "--relay", "17:duong-lang", "--relay", "5:ngo-dong:active-low", "--zone", "loa", "--user", "an"]
    password = office.dir / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    for _ in range(6):
        child = subprocess.Popen(
            [thon.BUILD / "thonctl", "setup", "--yes", *flags, "--password-file", password],
            env=office.env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            child.wait(chance.uniform(0, 0.2))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        assert office.ok("store", "check")["ok"]
        office.ok("sun")  # thon.conf can be read
    office.ok("setup", "--yes", *flags, "--password-file", password)
    assert office.ok("sun", "--date", "2026-11-22")[0]["sunset"][11:16] == "17:16"
    assert {d["id"] for d in office.ok("device", "list")} == {"duong-lang", "ngo-dong"}
    assert not office.ok("setup", "--yes", *flags[:-2])["changed"]
    assert office.ok("audit", "verify")["ok"]


def test_a_file_that_cannot_be_used_is_told_and_is_no_ones_loss(office):
    path = office.config / "announced.conf"
    path.write_text("[zone a]\nsink = nowhere\n", encoding="utf-8")
    assert office.ok("setup", "--yes", *FLAGS)["changed"]
    assert "announced.conf" in office.refused("setup", "--yes", "--zone", "loa")
    assert path.read_text(encoding="utf-8") == "[zone a]\nsink = nowhere\n"
