"""The page's scripts are built when their sources change, and only then."""

import json
from pathlib import Path

import pytest

from calls.errors import PartMissing
from engine.parts.frontend import build

LOCK = {"name": "pages", "lockfileVersion": 3, "requires": True, "packages": {"": {}}}


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    """Sources of a page with a build script that needs no package."""
    folder = tmp_path / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "page.js").write_text("first")
    (folder / "package.json").write_text(
        json.dumps({"name": "pages", "private": True, "scripts": {"build": "node build.mjs"}})
    )
    (folder / "package-lock.json").write_text(json.dumps(LOCK))
    (folder / "build.mjs").write_text(
        "import {mkdirSync, copyFileSync} from 'node:fs'\n"
        "mkdirSync('../build'); copyFileSync('src/page.js', '../build/page.js')\n"
    )
    return folder


def test_built_once_and_again_after_a_change(frontend: Path, tmp_path: Path) -> None:
    built = tmp_path / "build"
    assert build(frontend=frontend, built=built)
    assert not build(frontend=frontend, built=built)
    (frontend / "src" / "page.js").write_text("second")
    (built / "stale.js").write_text("of a page that is no more")
    assert build(frontend=frontend, built=built)
    assert (built / "page.js").read_text() == "second"
    assert not (built / "stale.js").exists()


def test_a_broken_source_shows_what_the_build_said(frontend: Path, tmp_path: Path) -> None:
    (frontend / "build.mjs").write_text("throw new Error('page.js:1 is no good')")
    built = tmp_path / "build"
    with pytest.raises(PartMissing) as failure:
        build(frontend=frontend, built=built)
    assert "page.js:1 is no good" in str(failure.value)
    assert "Remedy: " in str(failure.value)
    with pytest.raises(PartMissing):  # a failed build is not taken for a finished one
        build(frontend=frontend, built=built)
