from pathlib import Path

import pytest

from tests.browser.chromium import browser, built_scripts, chromium_path, panel, people, picture
from tests.browser.real import chromium, open_page
from tests.center.conftest import center, scene, shared_center
from tests.web.panel import demo_file, service

__all__ = [
    "browser",
    "built_scripts",
    "center",
    "chromium",
    "chromium_path",
    "demo_file",
    "open_page",
    "panel",
    "people",
    "picture",
    "scene",
    "service",
    "shared_center",
]

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
