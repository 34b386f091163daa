from tests.storage.databases import (
    database,
    empty_url,
    migrated_postgresql,
    migrated_sqlite,
    postgresql,
)

__all__ = ["database", "empty_url", "migrated_postgresql", "migrated_sqlite", "postgresql"]
