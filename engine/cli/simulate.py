"""``ringdesk simulate``: a day of calls through the real center, in seconds."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from calls.errors import InputInvalid
from engine.parts.progress import progress_on
from engine.simulation import figures, report
from engine.simulation.loading import EXAMPLE, load
from engine.simulation.results import Comparison, Results, compare, simulate

_FILE = click.Path(path_type=Path, dir_okay=False)


def _print_example(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)
        ctx.exit()


@click.command()
@click.argument("scenario", type=_FILE)
@click.option("--against", type=_FILE, help="Another scenario: both side by side.")
@click.option("--runs", type=click.IntRange(1, 10_000), default=10, show_default=True)
@click.option(
    "--jobs",
    type=click.IntRange(1, 1000),
    default=lambda: len(os.sched_getaffinity(0)),
    show_default="one for each core",
    help="Runs at a time. The figures are the same.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed, the same callers."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@click.option(
    "--report", "page", type=_FILE, help="Write a page with pictures (HTML) to this file."
)
@click.option(
    "--example",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_example,
    help="Print an example that explains the format of scenarios.",
)
def command(
    scenario: Path,
    against: Path | None,
    runs: int,
    jobs: int,
    seed: int,
    as_json: bool,
    page: Path | None,
) -> None:
    """Run the calls of SCENARIO (YAML) through the real queues and flows, with simulated callers,
    agents and phones, in jump time.

    \b
      ringdesk simulate --example > monday.yaml
      ringdesk simulate monday.yaml --runs 20 --report monday.html
      ringdesk simulate monday.yaml --against two-agents-less.yaml

    The figures are those of the live pages, over callers who came after the warm-up: counts are of
    a run, shares and times of all runs together; behind ± is the 95 % confidence interval (behind
    - and + where it reaches further one way, with +? where too few callers tell how far). With
    --against both scenarios get the same callers, as far as their streams are the same; a
    difference with * is more than chance.
    """
    loaded = load(scenario)
    other = load(against) if against is not None else None
    with progress_on(sys.stderr).step(f"Simulating {loaded.title}") as step:
        found = (
            simulate(loaded, runs, seed, step.advance, jobs)
            if other is None
            else compare(loaded, other, runs, seed, step.advance, jobs)
        )
    if page is not None:
        _write(page, report.page(found))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        click.echo("\n".join(_told(found)))
    if page is not None:
        click.echo(f"Wrote {page}.", err=True)


def _write(page: Path, html: str) -> None:
    try:
        page.write_text(html, encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"cannot write {page}: {error.strerror}") from None


def _told(found: Results | Comparison) -> Iterator[str]:
    if isinstance(found, Comparison):
        yield figures.heading(found.one)
        yield f"against {figures.heading(found.other)}"
    else:
        yield figures.heading(found)
    for title, rows in figures.sections(found):
        yield f"\n{title}"
        if above := figures.columns(found):
            yield f"  {'':<22}{''.join(f'  {column:>18}' for column in above)}"
        for figure, cells, certain in rows:
            values = "".join(f"  {cell:>18}" for cell in cells)
            yield f"  {figure.title:<22}{values}{' *' * certain}"
    for warning in figures.warnings(found):
        yield f"\n{warning}"
