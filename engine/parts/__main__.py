"""`python -m engine.parts NAME`: the path of a program, fetched first where need be."""

import sys

from calls.errors import RingdeskError
from engine.parts.catalogue import RECIPES
from engine.parts.finding import find
from engine.parts.progress import progress_on
from engine.settings import load


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in RECIPES:
        print(f"usage: python -m engine.parts {'|'.join(RECIPES)}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        print(find(arguments[0], load().parts, progress_on()).path)  # noqa: T201
    except RingdeskError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
