"""An app in the process of the tests, so that they can look into it."""

from contextlib import contextmanager

from charrnn.ui import House, build, launch_options
from charrnn.workers import Runs


@contextmanager
def launched(root):
    """The address of an app in this process, whose models lie in `root`/shelf."""
    runs = Runs(root / "runs")
    house = House(runs, root / "shelf")
    page = build(house)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(house))
    yield url.rstrip("/")
    page.close()
    runs.close()
