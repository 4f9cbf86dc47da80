"""The memory card of tests/system/host/card.py, without a machine: what power cuts are tried with must itself keep and lose what
it claims to."""

import importlib.util
import os
import pathlib
import random
import struct

import pytest

SPEC = importlib.util.spec_from_file_location("card", pathlib.Path(__file__).parent.parent / "system" / "host" / "card.py")
card = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(card)

SIZE = 1 << 18


class Machine:
    """Writes to its disk as QEMU does, which logs it."""

    def __init__(self, directory):
        self.directory = directory
        self.base = directory / "base.img"
        self.base.write_bytes(bytes(SIZE))
        self.recorder = card.Recorder(directory / "disk.img", directory / "log")
        self.recorder.log.write_bytes(struct.pack("<QQQI", card.LOG_MAGIC, card.LOG_VERSION, 0, card.SECTOR).ljust(card.SECTOR, b"\0"))

    @staticmethod
    def log(path, offset, data, flags):
        with open(path, "ab") as log:
            log.write(struct.pack("<QQQQ", offset // card.SECTOR, len(data) // card.SECTOR, flags, 0).ljust(card.SECTOR, b"\0") + data)

    def write(self, offset, data, flags=0):
        self.log(self.recorder.log, offset, data, flags)

    def flush(self):
        self.write(0, b"", card.FLUSH)

    def card(self):
        place = self.directory / "card"
        place.mkdir(exist_ok=True)
        return card.Card(place, self.base, self.recorder.records(), self.recorder.log)


@pytest.fixture(name="machine")
def _machine(tmp_path):
    return Machine(tmp_path)


def page(value):
    return bytes([value]) * card.PAGE


def content(found, offset=0, size=card.PAGE):
    return found.image.read_bytes()[offset:offset + size]


def test_what_was_flushed_is_there_after_every_cut(machine):
    machine.write(0, page(1))
    machine.flush()
    machine.write(card.PAGE, page(2))
    found = machine.card()
    for seed in range(40):
        found.insert(3, seed)
        assert content(found) == page(1)


def test_what_was_not_flushed_is_there_or_not_or_in_part(machine):
    machine.write(0, page(1))
    found, seen = machine.card(), set()
    for seed in range(60):
        loose, there = found.insert(1, seed)
        assert loose == card.PAGE // card.SECTOR
        assert content(found).count(1) == there * card.SECTOR
        seen.add("all" if there == loose else "some" if there else "none")
    assert seen == {"all", "some", "none"}


def test_a_later_write_may_be_there_without_the_one_before(machine):
    machine.write(0, page(1))
    machine.write(card.PAGE, page(2))
    found, seen = machine.card(), set()
    for seed in range(200):
        found.insert(2, seed)
        seen.add((content(found, 0, 1), content(found, card.PAGE, 1)))
    assert (b"\0", b"\2") in seen


def test_what_was_written_through_is_there_without_a_flush(machine):
    machine.write(0, page(1))
    machine.write(0, page(2), card.FUA)
    found = machine.card()
    for seed in range(40):
        found.insert(2, seed)
        assert content(found) == page(2)


def test_what_a_machine_writes_to_a_card_is_taken_back(machine):
    machine.write(0, page(1))
    machine.flush()
    found = machine.card()
    found.insert(2, 0)
    found.drive()
    found.written.write_bytes(machine.recorder.log.read_bytes()[:card.SECTOR])
    text = b"x" * card.PAGE
    machine.log(found.written, card.SECTOR, text, 0)  # over two pages
    with open(found.image, "r+b") as image:
        image.seek(card.SECTOR)
        image.write(text)
    found.insert(2, 0)
    assert content(found, 0, 2 * card.PAGE) == page(1) + page(0)


def test_a_card_whose_machine_was_switched_off_is_made_anew(machine):
    machine.write(0, page(1))
    machine.flush()
    found = machine.card()
    found.insert(2, 0)
    found.plain_drive()
    found.image.write_bytes(page(9))
    found.insert(2, 0)
    assert found.image.stat().st_size == SIZE and content(found) == page(1)


def test_a_mark_stands_behind_what_the_card_had_heard(machine):
    machine.write(0, page(1))
    machine.flush()
    machine.recorder.mark("kept")
    machine.write(0, page(2))
    machine.write(card.PAGE, b"", card.DISCARD)
    machine.recorder.mark("later")
    assert [record.mark or record.what for record in machine.recorder.records()] == ["write", "flush", "kept", "write", "later"]


def test_a_log_that_ends_in_the_midst_of_a_write_is_read_as_far_as_it_goes(machine):
    machine.write(0, page(1))
    machine.write(0, page(2))
    whole = machine.recorder.log.read_bytes()
    machine.recorder.log.write_bytes(whole[:-1])
    assert len(machine.recorder.records()) == 1


def test_something_else_is_not_read_as_a_log(machine):
    machine.recorder.log.write_bytes(bytes(card.PAGE))
    with pytest.raises(ValueError):
        machine.recorder.records()


def test_cuts_agree_with_a_card_that_is_remembered_write_by_write(machine):
    """Random writes, flushes and cuts; the card has of every sector a version that it may have."""
    seed = int(os.environ.get("THON_SEED", random.randrange(1 << 32)))
    print(f"THON_SEED={seed}")
    chance = random.Random(seed)
    sectors = 64
    last, may, history = [0] * sectors, [{0} for _ in range(sectors)], []  # versions
    for version in range(1, 250):
        if chance.random() < 0.1:
            machine.flush()
            may = [{last[n]} for n in range(sectors)]
        else:
            first = chance.randrange(sectors)
            count = min(chance.randrange(1, 9), sectors - first)
            machine.write(first * card.SECTOR, bytes([version]) * count * card.SECTOR)
            for n in range(first, first + count):
                last[n] = version
                may[n] = may[n] | {version}
        history.append([set(versions) for versions in may])
    found = machine.card()
    for place in sorted(chance.sample(range(1, len(history) + 1), 60)):
        found.insert(place, seed)
        image = found.image.read_bytes()
        for n in range(sectors):
            versions = set(image[n * card.SECTOR:(n + 1) * card.SECTOR])
            assert len(versions) == 1 and versions <= history[place - 1][n], f"sector {n} before record {place}"
