"""What a guest boots from and what goes into it: made from Debian packages, once, and kept under build/rig."""

import dataclasses
import hashlib
import os
import pathlib
import tarfile

from . import children
from .machine import Broken, Guest, tail
from .pi import Pi
from .tally import tell

HERE = pathlib.Path(__file__).resolve().parent.parent
TOP = HERE.parent.parent
CACHE = TOP / "build" / "rig"
BUILD = pathlib.Path(os.environ.get("THON_BUILD", TOP / "build" / "release"))
RELEASES = {"12": "bookworm", "13": "trixie"}
HOOKS = ("bootstrap.sh", "rig-guest.service")
MAKING = 3600  # seconds that a script may take, on a host that is busy with much else


@dataclasses.dataclass(frozen=True)
class Image:
    """What is played under one name: which Debian, on which machine, made by which scripts, and the module of its parts."""

    debian: str
    scripts: tuple = ("make-guest", "make-kernel")  # the first is run; a change of any makes it anew
    machine: type = Guest
    architecture: str = "amd64"
    parts: str = "parts"
    tools: tuple = ("gpio-probe", "fake-cameras")  # what scenarios need beside the package


IMAGES = {release: Image(release) for release in RELEASES.values()}
IMAGES["pi"] = Image("trixie", ("make-pi", "make-guest"), Pi, "arm64", "parts_pi", ())


def this_release():
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    return RELEASES.get(release.get("VERSION_ID", "").strip('"'), "bookworm")


def guest_files(name):
    """Where the guest's kernel and root file system are; made when missing or made by an older recipe."""
    image, place = IMAGES[name], CACHE / name
    recipe = hashlib.sha256(b"".join((HERE / part).read_bytes() for part in (*image.scripts, *HOOKS))).hexdigest()
    stamp = place / "recipe"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != recipe:
        place.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        tell(name, "making the guest from Debian packages")
        make(name, image.scripts[0], place)
        stamp.write_text(recipe, encoding="ascii")
    return place


def make(name, script, *more):
    place = CACHE / name
    place.mkdir(parents=True, exist_ok=True)
    log = place / f"{pathlib.Path(script).name}.log"
    with open(log, "wb") as file:
        if children.run([HERE / script, IMAGES[name].debian, *more], MAKING, stdout=file, stderr=file):
            raise Broken(f"{script} {name} failed:\n{tail(log)}")


def built_files(name, deb=None):
    """What goes into a guest: the package and what tries it, of this build, or of one in a chroot of the guest's release."""
    if name == this_release():
        deb = deb or max((TOP / "build" / "deb").glob("thon_*.deb"), key=os.path.getmtime, default=None)
        return {"thon.deb": deb, "gpio-probe": BUILD / "system" / "gpio-probe", "fake-cameras": BUILD / "fakes" / "fake-cameras"}
    image, built = IMAGES[name], CACHE / name / "built"
    tell(name, "building the package there")
    if image.tools:
        make(name, "make-package", CACHE / name)
    else:
        make(name, TOP / "packaging" / "build-deb-for", image.architecture, built)
    return {"thon.deb": next(built.glob("thon_*.deb"), None), **{tool: built / tool for tool in image.tools}}


def pack(files, target):
    """The second disk: scenarios and what they try, as a tar archive, which the guest unpacks as it boots."""
    with tarfile.open(target, "w") as archive:
        archive.add(HERE / "guest", "guest", filter=lambda info: None if info.name.endswith("__pycache__") else info)
        for name, file in files.items():
            if not file or not file.exists():
                raise Broken(f"{name} is not built: run `make test-system`")
            archive.add(file, name)
