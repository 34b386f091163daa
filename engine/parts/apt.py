"""Debian packages without root: apt with a private state downloads, dpkg unpacks.

The host's own apt configuration is read (proxies, mirrors) and never written.
"""

import os
import platform
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from calls.errors import PartMissing
from engine.parts.progress import Step

#: Packages that a program of the host's own release takes from the host: they belong together
#: with the host's loader.
_HOST_LIBC = ("libc6_", "libc-bin_")

_CONFIGURATION = """\
Dir::State "{state}/state";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "{state}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
"""


def distribution() -> dict[str, str]:
    """The host's os-release; empty where there is none."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def triplet() -> str:
    """The architecture's name in library paths, ``x86_64-linux-gnu``. Raises `PartMissing`."""
    machine = platform.machine()
    if machine not in ("x86_64", "aarch64", "riscv64"):
        raise PartMissing(f"nothing can be unpacked for the architecture {machine!r}")
    return f"{machine}-linux-gnu"


class Apt:
    """A private apt state in the folder `state`, for one release (empty: the host's own)."""

    def __init__(self, state: Path, suite: str, components: tuple[str, ...] = ("main",)) -> None:
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise PartMissing(f"this system has no {tool}, so it is not Debian or Ubuntu")
        self._state = state
        self._suite = suite
        self._components = components
        (state / "state/lists/partial").mkdir(parents=True, exist_ok=True)
        (state / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
        # As if nothing were installed: whatever the program needs is fetched with it.
        (state / "status").write_text("")
        (state / "sources.list").write_text("\n".join(self._sources()) + "\n")
        (state / "apt.conf").write_text(_CONFIGURATION.format(state=state))

    def update(self, step: Step) -> None:
        """Learn what there is. Raises `PartMissing`."""
        self._run("update", step=step, span=(0.0, 0.1))

    def candidate(self, package: str) -> str | None:
        """The version that an installation of this package would have; None for no such package."""
        shown = subprocess.run(
            ["apt-cache", "-c", self._state / "apt.conf", "show", "--no-all-versions", package],
            capture_output=True,
            text=True,
            check=False,
        )
        versions = [line for line in shown.stdout.splitlines() if line.startswith("Version: ")]
        return versions[0].removeprefix("Version: ") if versions else None

    def download(self, packages: tuple[str, ...], step: Step) -> list[Path]:
        """Fetch packages and all they depend on; the ``.deb`` files. Raises `PartMissing`."""
        options = ("--yes", "--download-only", "--no-install-recommends")
        self._run("install", *options, *packages, step=step, span=(0.1, 0.75))
        return sorted((self._state / "cache/archives").glob("*.deb"))

    def unpack(self, debs: list[Path], root: Path, step: Step) -> None:
        """Unpack into `root`, deleting each file when it is done."""
        root.mkdir(parents=True)
        if not self._suite:
            debs = [deb for deb in debs if not deb.name.startswith(_HOST_LIBC)]

        def one(deb: Path) -> None:
            subprocess.run(["dpkg-deb", "-x", deb, root], check=True, capture_output=True)
            deb.unlink()

        with ThreadPoolExecutor(os.cpu_count() or 2) as workers:
            for done, _ in enumerate(workers.map(one, debs), 1):
                step.advance(0.75 + 0.25 * done / len(debs), "unpacking")

    def _sources(self) -> list[str]:
        """Source lines for the release that is wanted, on the mirror that the host uses."""
        own = distribution().get("VERSION_CODENAME", "")
        listed = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
             "Created-By: Packages"],
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        rolling = ("stable", "testing", "unstable", "sid")
        targets = [line.split() for line in listed.stdout.splitlines()]
        targets = [
            target
            for target in targets
            if len(target) == 3 and target[1].partition("-")[0] in (own, *rolling)
        ]
        if self._suite:
            mirror = next((t[0] for t in targets if "-" not in t[1] and t[2] == "main"), None)
            if mirror is None:
                raise PartMissing("the system's apt sources name no Debian mirror")
            targets = [[mirror, self._suite, *self._components]]
        if not targets:
            raise PartMissing("the system's apt sources do not have its own release")
        options = f"target=Packages{_keyring()}"
        return [f"deb [{options}] {' '.join(target)}" for target in targets]

    def _run(self, *arguments: str, step: Step, span: tuple[float, float]) -> None:
        """Run apt-get; its progress becomes this span of the step's."""
        process = subprocess.Popen(
            ["apt-get", "-q", "-c", self._state / "apt.conf", "-o", "APT::Status-Fd=1", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
        complaints = []
        with process:
            for line in process.stdout or ():
                kind, _, rest = line.partition(":")
                if kind == "dlstatus":
                    _, percent, note = rest.split(":", 2)
                    share = span[0] + (span[1] - span[0]) * float(percent) / 100
                    step.advance(share, note.strip())
                elif kind in ("E", "W", "Err"):
                    complaints.append(line.strip())
        if process.returncode != 0:
            said = next((line for line in complaints if line.startswith("E:")), "apt-get failed")
            raise PartMissing(f"apt-get {arguments[0]}: {said.removeprefix('E:').strip()}")


def _keyring() -> str:
    """The option that names the distribution's own keys; empty: whatever the host trusts."""
    family = distribution().get("ID", "debian")
    for suffix in (".pgp", ".gpg"):
        ring = Path(f"/usr/share/keyrings/{family}-archive-keyring{suffix}")
        if ring.exists():
            return f" signed-by={ring}"
    return ""
