"""A memory card that keeps what it must and nothing else, for power cuts of virtual machines.

Killing an emulator loses nothing that the guest has written, flushed or not: it shows no fsync that is missing. A card that
loses its power does: what was flushed is on it; of what was written after the last flush each sector may be there or not,
whatever the order it was written in. So QEMU writes down all that a guest writes, flushes among it (its driver blklogwrites, the
format is dm-log-writes'), and what else happened at that moment is marked beside it ("the daemon has said that this is kept").
A power cut is then a place in that record: any number of them, at any moment, can be taken from one run, afterwards and again.
"""

import collections
import os
import random
import shutil
import struct
import subprocess

SECTOR, PAGE = 512, 4096
LOG_MAGIC, LOG_VERSION = 0x6A736677736872, 1
FLUSH, FUA, DISCARD = 1, 2, 4

# `what`: write, durable (written through), flush, mark. A mark has a document; what was written is in the log at `at`.
Record = collections.namedtuple("Record", "what offset size at mark")


def copy(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


def logged_drive(image, log):
    """QEMU's words for a disk whose writes are logged. Flushes are logged too, but cost this machine's disk nothing."""
    return (f"driver=blklogwrites,file.driver=file,file.filename={image},file.cache.no-flush=on,"
            f"log.driver=file,log.filename={log},log.cache.no-flush=on,cache=writeback")


def entries(log, at=0):
    """(record, where it ends) of all that is in a log from there on, as far as it is whole. Discards are left out: what was
    discarded may be there or not."""
    with open(log, "rb") as file:
        end = os.fstat(file.fileno()).st_size
        if end < SECTOR:
            return
        magic, version, _, sector = struct.unpack("<QQQI", file.read(28))
        if (magic, version, sector) != (LOG_MAGIC, LOG_VERSION, SECTOR):
            raise ValueError(f"{log}: not a log of writes")
        at = max(at, SECTOR)
        while at + SECTOR <= end:
            file.seek(at)
            first, count, flags, _ = struct.unpack("<QQQQ", file.read(32))
            at += SECTOR
            size = 0 if flags & DISCARD else count * SECTOR
            if at + size > end:
                return
            if flags & FLUSH:
                yield Record("flush", 0, 0, at, None), at
            if size:
                yield Record("durable" if flags & FUA else "write", first * SECTOR, size, at, None), at + size
            at += size


class Recorder:
    """The disk of a machine of which all is written down, and marks. A mark stands behind all that the card had heard by then."""

    def __init__(self, image, log):
        self.image, self.log, self.marks = image, log, []
        log.write_bytes(b"")

    def drive(self):
        return logged_drive(self.image, self.log)

    def mark(self, document):
        self.marks.append((os.stat(self.log).st_size, document))

    def records(self):
        """All of it, in order, once the machine is off."""
        marks, records = collections.deque(self.marks), []
        for record, end in entries(self.log):
            while marks and marks[0][0] < end:
                records.append(Record("mark", 0, 0, 0, marks.popleft()[1]))
            records.append(record)
        return records + [Record("mark", 0, 0, 0, document) for _, document in marks]


class Card:
    """The card as it is found after a power cut: `insert()` makes `image` what is on it, for cuts in ascending order. What a
    machine writes to it (through `drive()`) is taken back before the next one."""

    def __init__(self, directory, base, records, log):
        self.kept, self.image, self.written = directory / "kept.img", directory / "card.img", directory / "written.log"
        copy(base, self.kept)
        self.records, self.log = records, log
        self.at = 0  # records so far that are on the card for good
        self.whole = False  # `image` is there
        self.seen, self.differs = 0, set()  # of `written`, that many bytes; pages of `image` that are not those of `kept`

    def drive(self):
        self.written.write_bytes(b"")
        self.seen = 0
        return logged_drive(self.image, self.written)

    def plain_drive(self):
        """For a machine that may be switched off at any moment: then nothing is known of what it wrote."""
        self.whole = False
        return f"file={self.image},format=raw,cache=unsafe"

    def insert(self, place, seed):
        """The card after a power cut just before the record number `place`. Returns (sectors that were not flushed yet, how
        many of them are on it all the same)."""
        if place < self.at:
            raise ValueError("cuts are taken in ascending order")
        flushed = next((n for n in range(place - 1, self.at - 1, -1) if self.records[n].what == "flush"), self.at)
        with open(self.kept, "r+b") as kept, open(self.log, "rb") as log:
            fresh = self._keep(self.records[self.at:flushed], kept, log)
            self.at = flushed
            kept.flush()
            if self.whole:
                self._take_back(kept, fresh)
            else:
                copy(self.kept, self.image)
                self.whole, self.differs = True, set()
            with open(self.image, "r+b") as image:
                return self._lose(self.records[flushed:place], random.Random(f"{seed}/{place}"), image, log)

    @staticmethod
    def _keep(records, kept, log):
        pages = set()
        for record in records:
            if record.what in ("write", "durable"):
                log.seek(record.at)
                kept.seek(record.offset)
                shutil.copyfileobj(_Part(log, record.size), kept)
                pages |= _pages(record.offset, record.size)
        return pages

    def _take_back(self, kept, fresh):
        if self.written.exists():
            for record, end in entries(self.written, self.seen):
                self.differs |= _pages(record.offset, record.size)
                self.seen = end
        with open(self.image, "r+b") as image:
            for page in self.differs | fresh:
                kept.seek(page)
                image.seek(page)
                image.write(kept.read(PAGE))
        self.differs = set()

    def _lose(self, records, chance, image, log):
        """Of what was not flushed any part may have reached the card: nothing, everything, or some of it, in units of the
        card's choice."""
        unit = chance.choice((SECTOR, PAGE, 1 << 30))
        share = chance.choice((0.0, 1.0, chance.random(), chance.random()))
        loose = there = 0
        for record in records:
            if record.what not in ("write", "durable"):
                continue
            for at in range(0, record.size, unit):
                size = min(unit, record.size - at)
                lands = record.what == "durable" or chance.random() < share
                if record.what == "write":
                    loose += size // SECTOR
                    there += lands * (size // SECTOR)
                if lands:
                    log.seek(record.at + at)
                    image.seek(record.offset + at)
                    image.write(log.read(size))
                    self.differs |= _pages(record.offset + at, size)
        return loose, there


def _pages(offset, size):
    return set(range(offset // PAGE * PAGE, offset + size, PAGE))


class _Part:
    """So many bytes of a file, for copyfileobj."""

    def __init__(self, file, size):
        self.file, self.left = file, size

    def read(self, size):
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data
