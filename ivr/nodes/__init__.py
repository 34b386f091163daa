"""The node kinds. `AnyNode` is the table: a kind exists when it is listed here."""

from typing import TypeAlias

from ivr.nodes.hangup import HangupNode
from ivr.nodes.language import LanguageNode
from ivr.nodes.menu import MenuNode
from ivr.nodes.queue import QueueNode
from ivr.nodes.say import SayNode

AnyNode: TypeAlias = SayNode | MenuNode | LanguageNode | QueueNode | HangupNode
