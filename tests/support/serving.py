"""The app in the process of the tests, with a folder of its own for uploads, and an HTTP client.

A test module takes the fixtures by assignment, `served = serving.served` and so on.
"""

from types import SimpleNamespace

import httpx
import pytest

from charrnn.runs.limits import Limits
from charrnn.runs.manager import RunManager
from charrnn.ui import AppContext, build, launch_options


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The app, running: its `page`, its `url`, its FastAPI `app`, and its folder of uploads."""
    root = tmp_path_factory.mktemp("routes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(root / "uploads"))
        context = AppContext(
            runs := RunManager(root / "runs", limits=Limits(upload_mb=1)), root / "shelf"
        )
        page = build(context)
        app, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(context))
        yield SimpleNamespace(page=page, app=app, url=url, folder=root / "uploads")
        page.close()
        runs.close()


@pytest.fixture
def http(served):
    with httpx.Client(base_url=served.url, timeout=90) as client:
        yield client
