"""``ringdesk staff``: how many agents a load of calls needs."""

from collections.abc import Callable
from math import ceil
from typing import Any

import click
import msgspec

from acd import erlang
from acd.erlang import Overloaded, Service
from calls.errors import InputInvalid
from engine import quantities

#: Rows shown above and below the answer.
_BEFORE, _AFTER = 2, 3
#: Seconds. The formulas are not exact for times without end.
_LONGEST = 366 * 86400


class _Quantity(click.ParamType[Any]):
    """An option that a function reads; its ValueError is told with the option's name."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _above_zero(read: Callable[[str], float]) -> Callable[[str], float]:
    def checked(text: str) -> float:
        value = read(text)
        if value == 0:
            raise ValueError("must be above 0")
        return value

    return checked


def _time(text: str) -> float:
    value = quantities.seconds(text)
    if value > _LONGEST:
        raise ValueError("must be at most a year")
    return value


def _target(text: str) -> tuple[float, float]:
    percent, slash, within = text.partition("/")
    if not slash:
        raise ValueError(f"must be like 80/20 (80 % within 20 seconds), not {text!r}")
    wanted = quantities.number(percent.strip().removesuffix("%"), "like 80/20") / 100
    if not 0 < wanted < 1:
        raise ValueError(f"{percent}%: must be above 0 and below 100 percent")
    return wanted, _time(within)


def _shrinkage(text: str) -> float:
    value = quantities.share(text)
    if value >= 1:
        raise ValueError("must be below 100%: somebody has to be there")
    return value


TIME = _Quantity("time", _above_zero(_time))
COUNT = _Quantity("number", _above_zero(quantities.number))


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One number of agents; `service` is None where they are overloaded."""

    agents: int
    #: People to schedule so that so many are there.
    scheduled: int
    service: Service | None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: what was asked, how many are needed, and the rows around it. Times: seconds."""

    calls: float
    per: float
    aht: float
    target: float
    within: float
    patience: float | None
    shrinkage: float
    #: Offered load in erlangs.
    load: float
    agents: int
    scheduled: int
    rows: tuple[Row, ...]


@click.command()
@click.option("--calls", type=COUNT, required=True, help="How many come ...")
@click.option("--per", type=TIME, default="1h", show_default=True, help="... in this time.")
@click.option("--aht", type=TIME, required=True, help="Average handling time: talk and wrap-up.")
@click.option(
    "--target",
    type=_Quantity("percent/seconds", _target),
    default="80/20",
    show_default=True,
    help="The service level: so many percent answered within so many seconds.",
)
@click.option(
    "--shrinkage",
    type=_Quantity("share", _shrinkage),
    default="0%",
    show_default=True,
    help="The share of paid time away from calls: breaks, training, illness.",
)
@click.option("--patience", type=TIME, help="How long callers wait on average before they give up.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def command(
    calls: float,
    per: float,
    aht: float,
    target: tuple[float, float],
    shrinkage: float,
    patience: float | None,
    as_json: bool,
) -> None:
    """How many agents are needed, by the Erlang C formula; with --patience by Erlang A.

    \b
      ringdesk staff --calls 100 --per 30m --aht 180 --target 80/20 --shrinkage 30%
    Times are seconds, or like 90s, 30m, 1h30m. The formulas suppose calls at random, one queue
    and agents who all can take every call; `ringdesk simulate` supposes nothing of the kind.
    """
    plan = _plan(calls, per, aht, target, shrinkage, patience)
    if as_json:
        click.echo(msgspec.json.encode(plan).decode())
    else:
        click.echo(_described(plan))


def _plan(
    calls: float,
    per: float,
    aht: float,
    target: tuple[float, float],
    shrinkage: float,
    patience: float | None,
) -> Plan:
    rate = calls / per
    if rate * aht > erlang.MOST:
        raise InputInvalid(
            f"--calls {calls:g}, --per {per:g}, --aht {aht:g}: that is a load of "
            f"{rate * aht:.4g} erlangs; at most {erlang.MOST:,.0f} are reckoned with"
        )
    wanted, within = target
    agents = erlang.agents_needed(rate, aht, wanted, within, patience)

    def row(count: int) -> Row:
        try:
            service = erlang.service(count, rate, aht, within, patience)
        except Overloaded:
            service = None
        return Row(agents=count, scheduled=_scheduled(count, shrinkage), service=service)

    return Plan(
        calls=calls,
        per=per,
        aht=aht,
        target=wanted,
        within=within,
        patience=patience,
        shrinkage=shrinkage,
        load=rate * aht,
        agents=agents,
        scheduled=_scheduled(agents, shrinkage),
        rows=tuple(row(count) for count in range(max(1, agents - _BEFORE), agents + _AFTER + 1)),
    )


def _scheduled(agents: int, shrinkage: float) -> int:
    return ceil(round(agents / (1 - shrinkage), 9))


def _described(plan: Plan) -> str:
    schedule = f"; with {plan.shrinkage * 100:g} % shrinkage schedule {plan.scheduled}"
    calls = "1 call" if plan.calls == 1 else f"{plan.calls:g} calls"
    agents = "1 agent answers" if plan.agents == 1 else f"{plan.agents} agents answer"
    lines = [
        f"{calls} in {plan.per:g} s of {plan.aht:g} s each: {plan.load:.4g} erlangs.",
        f"{agents} at least {plan.target * 100:g} % within {plan.within:g} s"
        f"{schedule if plan.shrinkage else ''}.",
        "",
    ]
    header = ["agents", "schedule", "in time", "ASA", "occupancy", "wait"]
    header += ["give up"] * (plan.patience is not None)
    lines.append("  " + "".join(f"{title:>10}" for title in header))
    lines += [_line(row, plan) for row in plan.rows]
    if any(row.service is None for row in plan.rows):
        lines += ["", "Overloaded: more work comes than is done, so the line grows without end."]
    return "\n".join(lines)


def _line(row: Row, plan: Plan) -> str:
    mark = "> " if row.agents == plan.agents else "  "
    cells = [str(row.agents), str(row.scheduled)]
    if row.service is None:
        return mark + "".join(f"{cell:>10}" for cell in cells) + "  overloaded"
    service = row.service
    cells += [
        f"{service.service_level:.1%}",
        f"{service.asa:.1f} s",
        f"{service.occupancy:.1%}",
        f"{service.waits:.1%}",
    ]
    if plan.patience is not None:
        cells.append(f"{service.abandonment:.1%}")
    return mark + "".join(f"{cell:>10}" for cell in cells)
