"""An app in the process of the tests, so that they can look into it."""

from contextlib import contextmanager

from charrnn.ui import House, build, launch_options
from charrnn.workers import Runs


@contextmanager
def launched(root):
    """The address of an app in this process, whose models lie in `root`/shelf."""
    with housed(root) as house, serving(house) as url:
        yield url


@contextmanager
def housed(root):
    """What the app in this process knows of."""
    runs = Runs(root / "runs")
    yield House(runs, root / "shelf")
    runs.close()


@contextmanager
def serving(house, *middleware):
    """The address of the app of a house, whose requests pass through `middleware` first."""
    page = build(house)
    options = launch_options(house)
    options["app_kwargs"]["middleware"] += middleware
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **options)
    yield url.rstrip("/")
    page.close()
