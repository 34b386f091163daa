"""Words from plain values (YAML, JSON) and back, for people: no tags, and nothing unknown passes.

>>> word({"after": 60, "skils": {}}, Relaxation)
InputInvalid: skils: no such field; known are after, skills, queues, ring
"""

import re
import typing
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

import msgspec

from calls.errors import InputInvalid

_Struct = TypeVar("_Struct", bound=msgspec.Struct)

#: What msgspec says of where: ``Expected `str`, got `int` - at `$.overflow[0].target```.
_SAID = re.compile(r"^(?P<problem>.*?)(?: - at `(?:key in )?\$\.?(?P<place>.*)`)?$", re.DOTALL)


def word(plain: Any, type_: type[_Struct], **given: Any) -> _Struct:
    """Raises `InputInvalid`, which begins with the field: ``overflow.1.target: ...``.

    Items of lists are counted from 1, as people count rules and steps. `given` are fields that
    are known from elsewhere and must not be in `plain`.
    """
    refuse_unknown(plain, type_, given)
    try:
        return msgspec.convert({**plain, **given}, type_, str_keys=True)
    except msgspec.ValidationError as error:
        raise InputInvalid(explained(error)) from None


def plain(value: Any) -> Any:
    """All fields, also those at their defaults: whoever reads it sees what there is."""
    match value:
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def refuse_unknown(value: Any, type_: Any, without: Collection[str] = ()) -> None:
    """Raises `InputInvalid` for a field, at any depth, that its struct does not have.

    At the top, fields `without` are not known either.
    """
    for place, fields in _unknown(value, type_, (), without):
        known = ", ".join(fields)
        raise InputInvalid(f"{'.'.join(place)}: no such field; known are {known}")


def explained(error: msgspec.ValidationError) -> str:
    """What msgspec found, with the place first."""
    said = _SAID.match(str(error))
    problem, place = (said["problem"], said["place"]) if said else (str(error), None)
    problem = problem[:1].lower() + problem[1:]
    if not place:
        return problem
    counted = re.sub(r"\[(\d+)\]", lambda found: f".{int(found[1]) + 1}", place)
    return f"{counted.replace('[...]', '')}: {problem}"


def _unknown(
    value: Any, type_: Any, place: tuple[str, ...], without: Collection[str] = ()
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        fields = {field.name: field.type for field in msgspec.structs.fields(type_)}
        for name in without:
            del fields[name]
        for key, item in value.items() if isinstance(value, dict) else ():
            if str(key) in fields:
                yield from _unknown(item, fields[str(key)], (*place, str(key)))
            elif key != type_.__struct_config__.tag_field:
                yield (*place, str(key)), list(fields)
        return
    for inner in typing.get_args(type_):
        if isinstance(value, list | tuple):
            for number, item in enumerate(value, 1):
                yield from _unknown(item, inner, (*place, str(number)))
        elif typing.get_origin(type_) is dict and isinstance(value, dict):
            for key, item in value.items():
                yield from _unknown(item, inner, (*place, str(key)))
        else:
            yield from _unknown(value, inner, place)
