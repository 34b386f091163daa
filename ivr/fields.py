"""The types of a flow file's fields. Their descriptions are what an error message tells."""

from typing import Annotated, TypeAlias

from msgspec import Meta

Name: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_-]*$",
        description="a name of small letters, digits, - and _, beginning with a letter",
    ),
]

#: Where an edge leads.
Target: TypeAlias = Annotated[str, Meta(pattern=r"\S", description="the name of a node")]

#: As `Target`; empty: the flow's operator.
OptionalTarget: TypeAlias = Annotated[str, Meta(description="the name of a node")]

#: Where a node leads that would otherwise be a dead end.
Next: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"\S",
        description="the name of the node that follows; without it the caller is at a dead end",
    ),
]

LanguageCode: TypeAlias = Annotated[
    str, Meta(pattern=r"^[a-z]{2,3}$", description="a language code such as en, pl or uk")
]

Text: TypeAlias = Annotated[str, Meta(pattern=r"\S", description="a text to be spoken")]

#: One text for each language of the flow.
Texts: TypeAlias = Annotated[
    dict[LanguageCode, Text], Meta(description="a text for each of the flow's languages")
]

Key: TypeAlias = Annotated[
    str, Meta(pattern=r"^[0-9*#]$", description='one key of the phone: 0 to 9, "*" or "#"')
]

#: As `Key`; empty: none.
OptionalKey: TypeAlias = Annotated[
    str, Meta(pattern=r"^[0-9*#]?$", description='one key of the phone: 0 to 9, "*" or "#"')
]

Tries: TypeAlias = Annotated[
    int,
    Meta(ge=0, le=9, description="a whole number from 0 to 9"),
]

#: Seconds of silence after which a caller counts as having given no input.
Timeout: TypeAlias = Annotated[
    float, Meta(ge=1, le=60, description="a number of seconds from 1 to 60")
]

Proficiency: TypeAlias = Annotated[int, Meta(ge=1, le=10, description="a proficiency from 1 to 10")]

Seconds: TypeAlias = Annotated[float, Meta(ge=0, description="a number of seconds")]

VariableName: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="a name of small letters, digits and _, beginning with a letter",
    ),
]

#: See `ivr.expressions`.
Expression: TypeAlias = Annotated[
    str, Meta(pattern=r"\S", description='an expression such as 3, vip or language == "pl"')
]

#: See `ivr.templates`.
Template: TypeAlias = Annotated[
    str, Meta(pattern=r"\S", description="a text, perhaps with {{ values }} in it")
]

OptionalTexts: TypeAlias = Annotated[
    dict[LanguageCode, Text], Meta(description="a text for each of the flow's languages")
]
