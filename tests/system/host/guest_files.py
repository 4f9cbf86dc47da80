"""What a guest boots from and what goes into it: made from Debian packages, once, and kept under build/rig."""

import hashlib
import os
import pathlib
import tarfile

from . import children
from .machine import Broken, tail
from .tally import tell

HERE = pathlib.Path(__file__).resolve().parent.parent
TOP = HERE.parent.parent
CACHE = TOP / "build" / "rig"
BUILD = pathlib.Path(os.environ.get("THON_BUILD", TOP / "build" / "release"))
RELEASES = {"12": "bookworm", "13": "trixie"}
MAKING = 2400  # seconds that a script may take, with another one and two guests beside it


def this_release():
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    return RELEASES.get(release.get("VERSION_ID", "").strip('"'), "bookworm")


def guest_files(release):
    """Where the guest's kernel and root file system are; made when missing or made by an older recipe."""
    place = CACHE / release
    recipe = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in ("make-guest", "make-kernel", "bootstrap.sh", "rig-guest.service")))
    stamp = place / "recipe"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != recipe.hexdigest():
        place.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        tell(release, "making the guest from Debian packages")
        make("make-guest", release)
        stamp.write_text(recipe.hexdigest(), encoding="ascii")
    return place


def make(script, release):
    place = CACHE / release
    place.mkdir(parents=True, exist_ok=True)
    log = place / f"{script}.log"
    with open(log, "wb") as file:
        if children.run([HERE / script, release, place], MAKING, stdout=file, stderr=file):
            raise Broken(f"{script} {release} failed:\n{tail(log)}")


def built_files(release, deb=None):
    """What goes into a guest of a release: the package and what tries it, of this build, or of one in a chroot of that release."""
    if release == this_release():
        deb = deb or max((TOP / "build" / "deb").glob("thon_*.deb"), key=os.path.getmtime, default=None)
        return {"thon.deb": deb, "gpio-probe": BUILD / "system" / "gpio-probe", "fake-cameras": BUILD / "fakes" / "fake-cameras"}
    built = CACHE / release / "built"
    tell(release, "building the package there")
    make("make-package", release)
    return {"thon.deb": next(built.glob("thon_*.deb"), None), **{name: built / name for name in ("gpio-probe", "fake-cameras")}}


def pack(files, target):
    """The second disk: scenarios and what they try, as a tar archive, which the guest unpacks as it boots."""
    with tarfile.open(target, "w") as archive:
        archive.add(HERE / "guest", "guest", filter=lambda info: None if info.name.endswith("__pycache__") else info)
        for name, file in files.items():
            if not file or not file.exists():
                raise Broken(f"{name} is not built: run `make test-system`")
            archive.add(file, name)
