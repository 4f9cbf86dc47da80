"""Units as they are installed: each with the block that takes rights away, or the installation fails and says which."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MARK = "@HARDENING@"


@pytest.fixture
def source(tmp_path):
    """The tree that is installed from, with units of its own."""
    tree = tmp_path / "source"
    (tree / "packaging").mkdir(parents=True)
    shutil.copy(ROOT / "packaging/install-files", tree / "packaging")
    shutil.copytree(ROOT / "systemd", tree / "systemd")
    for name in ("etc", "docs", "demo"):
        (tree / name).symlink_to(ROOT / name)
    return tree


def install(tree):
    return subprocess.run(
        [tree / "packaging/install-files", tree.parent / "root", "/usr", "/units", "1"],
        capture_output=True, text=True, timeout=60,
    )


def test_every_unit_has_the_block_in_its_place(source):
    assert install(source).returncode == 0
    block = (source / "systemd/hardening.conf").read_text()
    templates = sorted((source / "systemd").glob("*.service.in"))
    assert templates
    for template in templates:
        before, after = template.read_text().split(f"{MARK}\n")
        assert (source.parent / "root/units" / template.stem).read_text() == before + block + after


@pytest.mark.parametrize("mark, words", [
    ("", "stands in it 0 times"),
    (f"{MARK}\n{MARK}", "stands in it 2 times"),
    (f"{MARK} ", "is left as it is"),
    ("@HARDENED@", "is left as it is"),
], ids=["without", "twice", "with a blank", "of another name"])
def test_a_unit_without_its_block_is_not_installed_in_silence(source, mark, words):
    unit = source / "systemd/thon-lightd.service.in"
    unit.write_text(unit.read_text().replace(MARK, mark))
    done = install(source)
    assert done.returncode != 0
    assert "thon-lightd.service.in" in done.stderr and words in done.stderr


def test_a_unit_that_is_no_template_is_not_passed_over(source):
    (source / "systemd/thon-new.service").write_text("[Service]\nExecStart=/bin/true\n")
    done = install(source)
    assert done.returncode != 0 and "thon-new.service" in done.stderr


@pytest.mark.parametrize("lost", ["emptied", "removed"])
def test_without_a_block_nothing_is_installed(source, lost):
    block = source / "systemd/hardening.conf"
    if lost == "emptied":
        block.write_text("")
    else:
        block.unlink()
    done = install(source)
    assert done.returncode != 0 and done.stderr
