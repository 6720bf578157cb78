"""Start the app: the run manager, the page, and the server.

`charrnn app` and the repository's `app.py` call these functions. Gradio and torch are imported
within them: the fork server of the workers imports torch while this process imports Gradio.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import threading
from importlib import metadata
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from .errors import UserError
from .utils import places
from .utils.gradio_import import skip_interface_files
from .utils.process import configure_thread_pools

if TYPE_CHECKING:
    import gradio as gr

    from .ui import AppContext


def create_context() -> AppContext:
    """Start the run manager, with the limits that the environment variables set.

    Raises UserError for a wrong value of a variable, and where Gradio is not installed.
    """
    _check_installed()
    _configure_process()

    from .hub import forget_own_token
    from .runs.limits import Limits
    from .runs.manager import RunManager
    from .utils import log_stream
    from .utils.space import space_id
    from .utils.temporary import remove_leftovers, temporary_directory

    if not _is_reloading():
        log_stream.protect_output()
    if space_id() is not None:
        forget_own_token()

    limits = Limits.from_environment()
    # Uploads go to a directory of this process, which is removed when it ends.
    remove_leftovers()
    if "GRADIO_TEMP_DIR" not in os.environ:
        os.environ["GRADIO_TEMP_DIR"] = str(temporary_directory("files") / "gradio")
    runs = RunManager(places.app_runs(), workers=limits.workers, limits=limits)
    runs.retention.extra_tasks.append(lambda _: remove_leftovers())
    runs.warm_up()  # the fork server imports torch while this process imports Gradio

    from .runs import zerogpu

    zerogpu.prepare()

    from .ui import AppContext

    return AppContext(runs, places.bundled_models())


def create_demo(context: AppContext) -> gr.Blocks:
    """Build the page."""
    import torch

    from .ui import build

    # The other cores are for training. While they are idle, readings use them (`compute_threads`).
    # This comes before anything is computed: each thread that has computed with more threads keeps
    # them, and with more of them than cores OpenMP lets a waiting thread sleep at once, which makes
    # two threads slower than one.
    torch.set_num_threads(1)
    return build(context)


def serve(
    demo: gr.Blocks, context: AppContext, *, host: str | None = None, port: int | None = None
) -> None:
    """Launch the page and serve it until the process receives SIGINT or SIGTERM.

    Without a host or a port, Gradio's environment variables decide, and of the ports from there on
    the first that is free is taken. Raises UserError if a given address cannot be listened on.
    """
    from .ui import launch_options

    if _is_reloading():
        return  # the running server continues with this page
    # SIGTERM ends the process as Ctrl+C does: runs in training stop and keep their models.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # In seconds. A thread that generates a text releases the interpreter at each matrix product.
    sys.setswitchinterval(0.0001)
    try:
        gc.freeze()  # a garbage collection over all of torch and Gradio takes a third of a second
        demo.launch(server_name=host, server_port=port, **launch_options(context))
    except OSError as error:
        if port is None or "empty port" not in str(error):  # which is Gradio's own message
            raise
        raise UserError(
            "Nothing can listen on port {port}: another program may use it. Choose another --port.",
            port=port,
            field="port",
        ) from None
    finally:
        context.runs.close()


def _configure_process() -> None:
    """Set the environment of this process, before NumPy, torch and Gradio are imported."""
    configure_thread_pools()
    skip_interface_files()
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("MPLBACKEND", "agg")  # else Gradio loads all of pyplot at the first click
    if _is_reloading():  # Gradio has removed this module, and multiprocessing needs one
        sys.modules.setdefault("__main__", ModuleType("__main__"))


def _is_reloading() -> bool:
    """Return whether `gradio app.py` runs that file again after an edit.

    It does so in a thread, which replaces the page of the running server.
    """
    return threading.current_thread() is not threading.main_thread()


def _check_installed() -> None:
    """Raise UserError if the packages of the page are not installed."""
    if find_spec("gradio") is not None:
        return
    raise UserError(
        "The page needs packages that are not installed here. Install them with: {command}",
        command=f"{sys.executable} -m pip install {' '.join(_packages_of_the_page())}",
    )


def _packages_of_the_page() -> list[str]:
    """Return the requirements of the extra `app`, quoted for a shell."""
    try:
        required = metadata.requires("charrnn") or []
    except metadata.PackageNotFoundError:  # run from a clone
        return ["-r", f'"{places.PACKAGE.parent / "requirements.txt"}"']
    pages = (re.fullmatch(r"(.*?) *; extra == ['\"]app['\"]", line) for line in required)
    return [f'"{line[1]}"' for line in pages if line]
