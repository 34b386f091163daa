from tests.web.panel import app, client, demo_file, service, tokens

__all__ = ["app", "client", "demo_file", "service", "tokens"]
