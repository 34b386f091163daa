"""For all tests."""

from hypothesis import settings

# How long an example takes is a matter of the machine, which is shared.
settings.register_profile("ringdesk", deadline=None)
settings.load_profile("ringdesk")
