"""The three big unions: what goes into the machine and what comes out."""

from typing import TypeAlias

from calls.actions import Action, Refused
from calls.commands import Command
from calls.events import Event
from calls.facts import Fact
from calls.requests import Request

Message: TypeAlias = Event | Action
Output: TypeAlias = Command | Fact | Request | Refused
