"""Small flows for tests, and the demo's own."""

from pathlib import Path

from ivr.flow import Flow
from ivr.loading import load

FLOWS = Path(__file__).parents[2] / "dialplans" / "flows"


def demo(name: str) -> Flow:
    path = FLOWS / f"{name}.yaml"
    return load(path.read_text(encoding="utf-8"), path.name)


#: What examples and tests collect, set and look up.
VARIABLES = "account: text, entered: text, tries: number, total: decimal, urgent: truth"


def around(
    nodes: str,
    *,
    start: str,
    languages: str = "en, pl",
    entries: str = "",
    variables: str = VARIABLES,
) -> str:
    """YAML of a flow with `nodes`, and an operator beside them."""
    indented = "\n".join(f"  {row}" for row in nodes.strip("\n").splitlines())
    return (
        f"flow: test\nlanguages: [{languages}]\nstart: {start}\noperator: operator\n"
        f"entries: [{entries}]\nvariables: {{{variables}}}\nnodes:\n{indented}\n"
        f"  operator: {{kind: queue, queue: operators}}\n"
    )
