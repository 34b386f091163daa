"""The node kinds. `AnyNode` is the table: a kind exists when it is listed here."""

from typing import TypeAlias

from ivr.nodes.branch import BranchNode
from ivr.nodes.callback import CallbackNode
from ivr.nodes.collect import CollectNode
from ivr.nodes.fault import FaultNode
from ivr.nodes.flow import FlowNode, ReturnNode
from ivr.nodes.hangup import HangupNode
from ivr.nodes.hours import HoursNode
from ivr.nodes.http import HttpNode
from ivr.nodes.language import LanguageNode
from ivr.nodes.lookup import LookupNode
from ivr.nodes.menu import MenuNode
from ivr.nodes.prompt import PromptNode
from ivr.nodes.queue import QueueNode
from ivr.nodes.say import SayNode
from ivr.nodes.set import SetNode
from ivr.nodes.survey import SurveyNode
from ivr.nodes.transfer import TransferNode
from ivr.nodes.voicemail import VoicemailNode

AnyNode: TypeAlias = (
    SayNode
    | MenuNode
    | LanguageNode
    | CollectNode
    | HoursNode
    | BranchNode
    | SetNode
    | LookupNode
    | HttpNode
    | QueueNode
    | CallbackNode
    | VoicemailNode
    | TransferNode
    | SurveyNode
    | FaultNode
    | PromptNode
    | FlowNode
    | ReturnNode
    | HangupNode
)
