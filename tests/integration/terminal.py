"""thonctl at a terminal of its own, as a person sits before it."""

import os
import pty
import select
import subprocess

import thon


class Terminal:
    def __init__(self, site, *args):
        self.master, slave = pty.openpty()
        self.said = b""
        self.at = 0  # what was waited for lies before it
        self.process = subprocess.Popen(
            [thon.BUILD / "thonctl", *args], stdin=slave, stdout=slave, stderr=slave, env=site.env(), start_new_session=True
        )
        os.close(slave)

    def until(self, text, timeout=20):
        """Until it says so, behind what was waited for before."""
        deadline = thon.Deadline(timeout)
        while (found := self.said.find(text.encode(), self.at)) < 0:
            assert not deadline.passed(), f"no {text!r} in {self.said[self.at :].decode(errors='replace')!r}"
            if select.select([self.master], [], [], deadline.left())[0]:
                try:
                    self.said += os.read(self.master, 4096)
                except OSError:  # it ended
                    assert text.encode() in self.said[self.at :], f"no {text!r} in {self.said[self.at :].decode()!r}"
        self.at = found + len(text.encode())
        return self

    def type(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)
        return self

    def ended(self):
        code = self.process.wait(20 * thon.SLOW)
        os.close(self.master)
        return code
