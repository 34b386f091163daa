"""``python -m bench [--only NAME] [--interpreted]``: measure, one JSON object a line, then a table.

The compiled build is measured, made first where it can be made; `--interpreted`: the sources.
"""

import importlib
import sys

from calls.errors import RingdeskError
from engine import compiled, compiling
from engine.parts.progress import progress_on


def main() -> int:
    arguments = sys.argv[1:]
    if "--interpreted" in arguments:
        arguments.remove("--interpreted")
    else:
        _use_the_compiled()
    code: int = importlib.import_module("bench.measuring").main(arguments)
    return code


def _use_the_compiled() -> None:
    try:
        compiling.build(progress_on())
    except RingdeskError as error:
        print(f"bench: measuring the interpreted build: {error}", file=sys.stderr)
    else:
        compiled.use()


if __name__ == "__main__":
    sys.exit(main())
