from tests.web.panel import app, client, demo_file, service, tokens
from tests.web.program import admin, agent, supervisor

__all__ = [
    "admin",
    "agent",
    "app",
    "client",
    "demo_file",
    "service",
    "supervisor",
    "tokens",
]
