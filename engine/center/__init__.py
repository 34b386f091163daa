"""The pure center of a call center: every message goes in here, every decision comes out."""

from engine.center.center import CallCenter
from engine.center.state import CenterState

__all__ = ["CallCenter", "CenterState"]
