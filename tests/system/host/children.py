"""The programs that the rig starts. All end with it, whichever thread started them."""

import os
import signal
import subprocess
import threading

_lock = threading.Lock()
_running, _ended = set(), False


def start(command, **options):
    """A program as the leader of a session of its own."""
    with _lock:
        if _ended:
            raise InterruptedError("the run is being ended")
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        _running.add(child)
    return child


def end(child, number=signal.SIGKILL):
    """The program and all that it started, at once."""
    if child.poll() is None:
        os.killpg(child.pid, number)
        child.wait()
    with _lock:
        _running.discard(child)


def run(command, within, **options):
    """Its exit status. It gets the time to clean up (mounts of a chroot, say) when it has to end early."""
    child = start(command, **options)
    try:
        return child.wait(timeout=within)
    finally:
        end(child, signal.SIGTERM)


def end_all():
    """Whoever waits for one of them learns that it ended; none is started any more."""
    global _ended
    with _lock:
        _ended = True
        for child in _running:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
