"""The compiled build decides as the sources do, and whoever cannot make it is told why."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from calls.errors import PartMissing
from engine import compiled, compiling
from engine.parts.progress import Progress, Silent

#: One compiles, and all of them run the same build.
pytestmark = pytest.mark.xdist_group("compiled")

#: Golden calls through the whole center, and histories of the Acd beside a brute-force router.
DECISIONS = (
    "tests/scripts/test_scripts.py",
    "tests/acd/test_acd_differential.py::test_a_long_history_is_routed_alike",
    "tests/acd/test_acd_differential.py::test_restored_from_json_at_any_moment_it_goes_on_the_same",
)
#: A day whose figures do not come out alike by chance.
_SIMULATED = """
import sys
from engine import compiled
if "compiled" in sys.argv:
    assert compiled.use()
from pathlib import Path
from acd import acd
import msgspec
from engine.simulation.loading import load
from engine.simulation.run import run
assert acd.__file__.endswith(".py") == ("compiled" not in sys.argv)
outcome = run(load(Path(sys.argv[1])), "1")
sys.stdout.buffer.write(msgspec.json.encode(outcome))
"""


@pytest.fixture(scope="module")
def build() -> str:
    """The compiled one, made once for the same sources: it stays in the state directory. Where
    nobody can compile, nobody runs it: then the sources are compared with themselves."""
    try:
        compiling.build(Silent())
    except PartMissing:
        return "sources"
    return "compiled"


def _run(*arguments: str) -> bytes:
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=compiled.ROOT, check=False, capture_output=True
    )
    assert ended.returncode == 0, (ended.stdout + ended.stderr).decode()
    return ended.stdout


@pytest.mark.timeout(900)
def test_decisions_are_the_same(build: str) -> None:
    plugin = ("-p", "tests.compiled") if build == "compiled" else ()
    said = _run("-m", "pytest", *plugin, "-q", "-n", "0", *DECISIONS)
    assert b" passed" in said


@pytest.mark.timeout(900)
def test_a_simulated_day_is_the_same(build: str) -> None:
    scenario = str(compiled.ROOT / "engine" / "simulation" / "example.yaml")
    one, other = (_run("-c", _SIMULATED, scenario, which) for which in (build, "sources"))
    assert one == other
    assert b'"answered"' in one


def test_other_sources_are_not_run_by_this_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = compiled.folder()
    for room in ("acd", "calls", "cti", *compiled.MODULES):
        shutil.copytree(compiled.ROOT / room, tmp_path / room, dirs_exist_ok=True)
    monkeypatch.setattr(compiled, "ROOT", tmp_path)
    assert compiled.folder() == here
    with (tmp_path / "calls" / "facts.py").open("a") as facts:
        facts.write("#")
    assert compiled.folder() != here


def test_without_a_compiler_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGDESK_HOME", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(PartMissing, match="install gcc"):
        compiling.build(Silent())
    assert not list(tmp_path.iterdir())


def test_without_the_headers_of_python_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGDESK_HOME", str(tmp_path))
    monkeypatch.setenv("CC", sys.executable)  # there is one
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(PartMissing, match="install python3-dev"):
        compiling.build(Silent())


def test_a_new_build_takes_the_place_of_old_ones_but_not_of_one_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = tmp_path / "compiled"
    for name in ("0123456789abcdef", ".under-way", ".left"):
        (builds / name).mkdir(parents=True)
    os.utime(builds / ".left", (0.0, 0.0))
    monkeypatch.setattr(compiled, "builds", lambda: builds)

    def compile_nothing(work: Path, _: Progress) -> Path:
        (work / "made").mkdir()
        return work / "made"

    monkeypatch.setattr(compiling, "_compile", compile_nothing)
    monkeypatch.setattr(compiling, "_require_tools", lambda: None)
    made = compiling.build(Silent())
    assert {one.name for one in builds.iterdir()} == {made.name, ".under-way"}


def test_what_was_edited_while_it_was_compiled_is_no_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGDESK_HOME", str(tmp_path))
    names = iter(("before", "after"))
    monkeypatch.setattr(compiled, "folder", lambda: compiled.builds() / next(names))
    monkeypatch.setattr(compiling, "_compile", lambda work, _: work / "made")
    monkeypatch.setattr(compiling, "_require_tools", lambda: None)
    with pytest.raises(compiling.BuildFailed, match="changed"):
        compiling.build(Silent())
    assert not list(compiled.builds().iterdir())
