"""Scenarios of flows as real calls: `ringdesk flow test --switch asterisk`.

Each scenario has a machine of its own (`machine`), the very one of a running center, with the
scenario's clock, contact, look-ups and figures of queues. All of them share one real switch
(`stand`), and a scripted SIP phone does what the scenario says and listens (`caller`).
"""

from engine.trials.run import Called, play

__all__ = ["Called", "play"]
