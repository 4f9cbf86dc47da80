"""The fake providers (tests/fakes/README.md). They run on the host, not in the guest: whoever has taken a message keeps it
when the sender's mains fail."""

import subprocess

from . import children
from .guest_files import BUILD
from .machine import Broken


class Providers:
    def __enter__(self):
        program = BUILD / "fakes" / "fake-providers"
        if not program.exists():
            raise Broken(f"{program} is not built")
        self.process = children.start([program, "--control-port", "0"], stdout=subprocess.PIPE, text=True)
        ports = [self.process.stdout.readline().strip() for _ in range(2)]
        if not all(ports):
            self.__exit__()
            raise Broken("the fake providers did not start")
        self.ports = dict(zip(("providers", "control"), map(int, ports)))
        return self

    def __exit__(self, *_):
        children.end(self.process)
        self.process.stdout.close()
        return False
