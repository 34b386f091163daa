"""What a benchmark found, for machines and for people."""

import os
import platform
from pathlib import Path

import msgspec

from engine import compiled


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One number. `ratio` below 1 is better than what it is held against: value / against, or
    against / value where more is better."""

    name: str
    value: float
    unit: str
    #: What the value is held against, in words, and that number.
    against: str
    ratio: float
    machine: str = ""
    #: ``compiled`` or ``interpreted``, see `engine.compiled`.
    build: str = ""
    #: More of the same measurement.
    detail: dict[str, float] = {}


def held_against(
    name: str,
    value: float,
    unit: str,
    against: str,
    other: float,
    *,
    more_is_better: bool = False,
    detail: dict[str, float] | None = None,
) -> Result:
    return Result(
        name=name,
        value=round(value, 3),
        unit=unit,
        against=f"{against}: {round(other, 3):.10g} {unit}",
        ratio=round(other / value if more_is_better else value / other, 3),
        machine=machine(),
        build=build(),
        detail={key: round(number, 3) for key, number in (detail or {}).items()},
    )


def machine() -> str:
    """The processor, its cores and the system."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def build() -> str:
    """Which build of the pure rooms is measured."""
    return "compiled" if compiled.in_use() else "interpreted"


def table(results: list[Result]) -> str:
    """The results as columns."""
    rows = [("name", "value", "ratio", "held against")]
    rows += [(r.name, f"{r.value:g} {r.unit}", f"{r.ratio:g}", _other(r)) for r in results]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in rows]  # fmt: skip
    return "\n".join([*lines, "", f"{build()}, on {machine()}"])


def _other(result: Result) -> str:
    detail = ", ".join(f"{key} {number:g}" for key, number in result.detail.items())
    return f"{result.against} ({detail})" if detail else result.against
