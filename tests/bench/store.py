"""The store and the registry: through thonctl, and by the typed calls in bench_store."""

import contextlib
import csv
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import thon
from figures import median, quantile

HOUSEHOLDS = 10_000
IMPORTS = 7
FINDS = 60

FAMILY = "Nguyễn Trần Lê Phạm Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Trịnh".split()
MIDDLE = "Văn Thị Đức Hữu Quốc Minh Ngọc Xuân Thanh Đình".split()
GIVEN = "An Hồng Dung Hoa Tuấn Phúc Lan Bình Sơn Thủy Ân Đông Hùng Mai Quý Yến".split()
LANES = "đường Làng;ngõ Đông;ngõ Tây;đường Đồng;xóm Chùa;ngõ Nhà Văn Hóa".split(";")
COLUMNS = "Mã hộ;Thôn;Số nhà;Ngõ;Chủ hộ;Điện thoại;Số khẩu;Vĩ độ;Kinh độ;Internet;Điện thoại thông minh;Kỹ năng số".split(";")


def households():
    """As Excel in Vietnam writes them: semicolons, decimal commas, phone numbers without their zero."""
    dice = random.Random(2027)
    for i in range(HOUSEHOLDS):
        yield (
            f"H-{i:06d}",
            f"Thôn {i % 20 + 1}",
            str(dice.randrange(1, 400)),
            dice.choice(LANES),
            f"{dice.choice(FAMILY)} {dice.choice(MIDDLE)} {dice.choice(GIVEN)}",
            str(dice.randrange(900_000_000, 999_999_999)) if dice.random() < 0.7 else "",
            str(dice.randrange(1, 9)),
            f"19,{dice.randrange(98000, 99999)}",
            f"105,{dice.randrange(64000, 66000)}",
            dice.choice(("có", "không")),
            dice.choice(("có", "không")),
            dice.choice(("cơ bản", "chưa", "")),
        )


def timed(site, *args):
    """Seconds of a whole thonctl, which must succeed."""
    began = time.monotonic()
    done = subprocess.run(
        [thon.BUILD / "thonctl", *map(str, args)], env=site.env(), capture_output=True, text=True, timeout=120, check=False
    )
    seconds = time.monotonic() - began
    if done.returncode != 0:
        raise SystemExit(f"thonctl {' '.join(map(str, args))}: {done.stderr}")
    return seconds


def plain_insert(rows, path):
    """What an import cannot be much faster than: the same rows into one table, unchecked, and on the disk."""
    began = time.monotonic()
    with contextlib.closing(sqlite3.connect(path)) as db, path.with_suffix(".csv").open(encoding="utf-8-sig") as f:
        reader = csv.reader(f, delimiter=";")
        head = next(reader)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"CREATE TABLE h ({', '.join(f'c{i} TEXT' for i in range(len(head)))})")
        db.executemany(f"INSERT INTO h VALUES ({', '.join('?' * len(head))})", reader)
        db.commit()
        assert db.execute("SELECT count(*) FROM h").fetchone() == (rows,)
    return time.monotonic() - began


def measure(figures, build, work):
    directory = Path(tempfile.mkdtemp(prefix="store.", dir=work))
    try:
        _measure(figures, build, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _measure(figures, build, directory):
    file = directory / "plain.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as f:
        rows = csv.writer(f, delimiter=";", lineterminator="\r\n")
        rows.writerow(COLUMNS)
        rows.writerows(households())
    fresh, again, peer = [], [], []
    for i in range(IMPORTS):
        site = thon.Site(directory / f"site-{i}", 1, site_id="bench")  # port 1: no broker, nobody to tell
        site.ok("store", "init")
        site.ok("area", "add", "xa", "--name", "Xã")
        for n in range(1, 21):
            site.ok("area", "add", f"thon-{n}", "--name", f"Thôn {n}", "--parent", "xa")
        fresh.append(timed(site, "household", "import", file))
        again.append(timed(site, "household", "import", file))
        peer.append(plain_insert(HOUSEHOLDS, directory / "plain.db"))
        (directory / "plain.db").unlink()
    figures.method(
        f"store.import: the whole process `thonctl household import` of {HOUSEHOLDS} rows ({file.stat().st_size / 1e6:.1f} MB, "
        "12 columns, semicolons, Vietnamese heads) into a new store, and once more when nothing changes; median and worst "
        f"of n={IMPORTS}. Beside: Python's csv and sqlite3 insert the same rows unchecked into one table without an index"
    )
    figures.add("store.import_10000", median(fresh), "s", {"plain insert": median(peer)})
    figures.add("store.import_10000_worst", max(fresh), "s")
    figures.add("store.import_10000_again", median(again), "s")

    texts = ("nguyen van an", "Hồng ngõ Đông", "H-004711", "khong co ai")
    whole = [timed(site, "--json", "household", "find", texts[i % len(texts)]) * 1e3 for i in range(FINDS)]
    version = [timed(site, "--version") * 1e3 for _ in range(FINDS)]
    done = subprocess.run(
        [build / "bench/bench_store", site.state / "thon.db", directory], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"bench_store: {done.stderr}")
    figures.take(done.stdout)
    figures.method(
        f"store.find_thonctl: the whole process `thonctl --json household find`, beside `thonctl --version`, which is what "
        f"starting a process costs; median and p99 of n={FINDS}. The budget is that of the call, store.find"
    )
    figures.add("store.find_thonctl_p50", median(whole), "ms", {"thonctl --version": median(version)})
    figures.add("store.find_thonctl_p99", quantile(whole, 0.99), "ms", {"thonctl --version": quantile(version, 0.99)})
