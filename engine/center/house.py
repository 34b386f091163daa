"""What we say where no flow has anything to say: nobody is hung up on without a word."""

from ivr.flow import Flow
from ivr.nodes.hangup import HangupNode
from ivr.nodes.say import SayNode

#: A flow of our own, beside those that are published.
HOUSE = Flow(
    flow="house",
    languages=("en", "pl", "uk"),
    start="sorry",
    operator="goodbye",
    nodes={
        "sorry": SayNode(
            text={
                "en": "We are sorry, we cannot take your call now. Please call again later.",
                "pl": "Przepraszamy, nie możemy teraz odebrać. Prosimy zadzwonić później.",
                "uk": "Вибачте, зараз ми не можемо відповісти. Зателефонуйте, будь ласка, пізніше.",
            },
            next="goodbye",
        ),
        "goodbye": HangupNode(),
    },
)
