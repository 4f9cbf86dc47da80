#!/usr/bin/python3
"""Makes a store out of a dump of this directory. usage: load.py DUMP FILE"""

import os
import sqlite3
import sys


def load(dump, file):
    with open(dump, encoding="utf-8") as text:
        script = text.read()
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
    store = sqlite3.connect(file)
    store.execute("PRAGMA journal_mode = WAL")
    store.executescript(script)
    store.close()


if __name__ == "__main__":
    load(*sys.argv[1:])
