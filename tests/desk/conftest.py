from tests.storage.databases import database, empty_url, postgresql

__all__ = ["database", "empty_url", "postgresql"]
