"""Programs on PATH, unpacked or fetched, by one process at a time; a failure says what to do."""

import subprocess
import threading
from pathlib import Path

import pytest

from calls.errors import PartMissing
from engine.parts import find, finding
from engine.parts.__main__ import main
from engine.parts.catalogue import RECIPES, Recipe
from engine.parts.node import LEAST, find_node
from engine.parts.progress import Step
from engine.settings import load


def program(folder: Path, name: str, says: str) -> Path:
    """An executable that says something."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("name", "option", "says"),
    [("sipp", "-v", "SIPp v3"), ("espeak-ng", "--version", "eSpeak NG"), ("asterisk", "-V", "2")],
)
def test_an_unpacked_program_runs_from_anywhere(
    name: str, option: str, says: str, tmp_path: Path
) -> None:
    part = finding.unpacked(name, load().parts.absolute())
    assert part.root is not None
    ran = subprocess.run(
        [part.path, option], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert says in ran.stdout


def test_the_one_on_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(tmp_path / "bin", "sipp", "mine")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    part = find("sipp", tmp_path / "parts")
    assert (part.path, part.root) == (own, None)
    assert not (tmp_path / "parts").exists()


def test_a_part_is_fetched_once_however_many_want_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []
    begun = threading.Event()
    go_on = threading.Event()

    def unpack(recipe: Recipe, _suite: str, _state: Path, root: Path, _step: Step) -> None:
        fetched.append(recipe.name)
        begun.set()
        assert go_on.wait(10)
        program(root / "launch", recipe.name, "hello")

    monkeypatch.setattr(finding, "_unpack", unpack)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(finding.unpacked("sipp", tmp_path)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert fetched == ["sipp"]
    assert len(found) == 4
    assert len({part.path for part in found}) == 1


def test_one_that_was_killed_in_the_middle_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_recipe: Recipe, _suite: str, _state: Path, root: Path, _step: Step) -> None:
        program(root / "usr", "half", "half")
        raise OSError("No space left on device")

    monkeypatch.setattr(finding, "_unpack", fail)
    with pytest.raises(PartMissing, match="No space left on device"):
        finding.unpacked("sipp", tmp_path)
    assert not finding.is_unpacked("sipp", tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_what_cannot_be_had_says_what_to_install(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PartMissing) as failure:
        find(name, tmp_path / "parts")
    assert f"{RECIPES[name].title} is neither on PATH nor can it be fetched" in str(failure.value)
    assert "Remedy: " in str(failure.value)


def test_no_network_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """apt's own words, as it gives them when a mirror cannot be reached."""
    program(tmp_path / "bin", "apt-cache", "")
    program(tmp_path / "bin", "dpkg-deb", "")
    apt = tmp_path / "bin" / "apt-get"
    apt.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        '*indextargets*) . /etc/os-release; echo "http://mirror $VERSION_CODENAME main" ;;\n'
        '*) echo "E: Failed to fetch: Temporary failure resolving"; exit 100 ;;\n'
        "esac\n"
    )
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    with pytest.raises(PartMissing, match="Temporary failure resolving"):
        finding.unpacked("espeak-ng", tmp_path / "parts")


def test_the_command_prints_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = program(tmp_path / "bin", "chromium", "mine")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert main(["chromium"]) == 0
    assert capsys.readouterr().out == f"{own}\n"
    assert main(["nonsense"]) == 2
    assert "usage" in capsys.readouterr().err


def test_an_old_node_on_path_gives_way_to_the_one_that_is_carried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "node", "v12.1.0")
    program(tmp_path / "bin", "npm", "6")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    carried = find_node()
    assert int(carried.version.partition(".")[0]) >= LEAST
    said = subprocess.run([*carried.npm, "--version"], capture_output=True, check=True)
    assert said.stdout

    program(tmp_path / "bin", "node", f"v{LEAST}.0.0")
    assert find_node().folder == tmp_path / "bin"
