#!/usr/bin/python3
"""Stands in the handbook's test for what cannot run there as typed: systemctl, journalctl, apt and the like. Called by the name of the
tool, it refuses what the real one would: a unit that does not exist, a verb or an option that is none. What a service manager would
do to our daemons it writes down for the test to do."""

import json
import os
import re
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = {name for p in (ROOT / "systemd").iterdir() if re.search(r"\.(service|timer|target|path|mount|socket)$", name := p.name.removesuffix(".in"))}
DEBIANS = {"mosquitto", "ModemManager", "systemd-timesyncd", "ssh", "systemd-journald"}

# Options that take a value end in "=". A tool that is not here does not stand in the book.
TOOLS = {
    "systemctl": {"verbs": "status start stop restart reload enable disable is-active is-failed cat list-timers list-units poweroff reboot daemon-reload",
                  "options": "--now --no-pager --all --failed --quiet -n="},
    "journalctl": {"options": "-u= -x -e -f -b -k -r -n= -p= --since= --until= --no-pager --disk-usage --vacuum-size= --vacuum-time="},
    "apt": {"verbs": "install update upgrade remove purge list show", "options": "-y --installed --upgradable --reinstall"},
    "timedatectl": {"verbs": "status timesync-status set-timezone set-time set-ntp show"},
    "hostnamectl": {"verbs": "status set-hostname"},
    "gpioinfo": {}, "gpiodetect": {}, "vcgencmd": {"verbs": "get_throttled measure_temp measure_volts"},
    "dmesg": {"options": "-T -H -w --level= "}, "lsblk": {"options": "-f -o="}, "mount": {"options": "-o= -a"}, "umount": {},
    "aplay": {"options": "-l -L -D="}, "arecord": {"options": "-l -L -D="}, "speaker-test": {"options": "-t= -c= -l= -D="},
    "mmcli": {"options": "-L -m="}, "ssh": {}, "scp": {}, "reboot": {}, "poweroff": {}, "ping": {"options": "-c="}, "ip": {"verbs": "addr route link neigh"},
    "lp": {"options": "-d= -n="}, "adduser": {}, "fsck": {"options": "-n -y"}, "mkfs.vfat": {"options": "-n="},
    "tar": {"options": "-C= -xpf= -cpf= -tf="},
}  # fmt: skip


def refuse(words):
    print(f"{sys.argv[0].rsplit('/', 1)[-1]}: {words}", file=sys.stderr)
    sys.exit(64)


def check_unit(name):
    if name in OURS or f"{name}.service" in OURS or name.removesuffix(".service") in DEBIANS:
        return
    if (at := re.fullmatch(r"([a-z-]+@)[^@]+\.(service|timer|mount)", name)) and f"{at[1]}.{at[2]}" in OURS:
        return
    refuse(f"there is no unit {name} in systemd/")


def sort_out(arguments, options):
    """The words that are no options."""
    words, it = [], iter(arguments)
    for argument in it:
        name, equals, _ = argument.partition("=")
        if not argument.startswith("-") or argument == "-":
            words.append(argument)
        elif argument in options or (equals and f"{name}=" in options):
            continue
        elif f"{argument}=" in options:
            if next(it, None) is None:
                refuse(f"{argument} needs a value")
        else:
            refuse(f"unknown option {argument}")
    return words


def order(verb, units):
    """Exit status of what the test did."""
    if "HANDBOOK_ORDERS" not in os.environ:
        return 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as manager:
        manager.connect("\0" + os.environ["HANDBOOK_ORDERS"])
        manager.sendall(json.dumps([verb, units]).encode() + b"\n")
        return int(manager.makefile().readline())


def main():
    tool, arguments = sys.argv[0].rsplit("/", 1)[-1], sys.argv[1:]
    known = TOOLS[tool]
    if tool == "journalctl":
        for option, value in zip(arguments, arguments[1:]):
            if option == "-u":
                check_unit(value)
    words = sort_out(arguments, known.get("options", "").split()) if tool not in ("ssh", "scp", "gpioinfo") else arguments
    verbs = known.get("verbs", "").split()
    if verbs and words and words[0] not in verbs:
        refuse(f"unknown verb {words[0]}")
    if tool == "systemctl" and words:
        for unit in words[1:] if words[0] != "is-active" else []:  # what is not there is not active
            check_unit(unit)
        if words[0] in ("start", "stop", "restart", "reload", "is-active"):
            if not words[1:]:
                refuse(f"{words[0]} of what?")
            sys.exit(order(words[0], words[1:]))


if __name__ == "__main__":
    main()
