"""Run the app: `python app.py`, or as a Hugging Face Space; `gradio app.py` reloads on each edit.

The app listens on the port in GRADIO_SERVER_PORT, or on 7860.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from charrnn.utils.process import configure_thread_pools

if TYPE_CHECKING:
    import gradio as gr

    from charrnn.ui import AppContext

configure_thread_pools()
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("MPLBACKEND", "agg")  # else Gradio loads all of pyplot at the first click
HERE = Path(__file__).resolve().parent
# `gradio app.py` runs this file again at the start and after each edit, in a thread that
# replaces the page of the running server.
RELOADING = threading.current_thread() is not threading.main_thread()
if RELOADING:  # Gradio has removed this module, and multiprocessing starts no process without one
    sys.modules.setdefault("__main__", ModuleType("__main__"))


def create_context() -> AppContext:
    """Start the run manager, with the limits that the environment variables set."""
    from charrnn.errors import UserError
    from charrnn.hub import forget_own_token
    from charrnn.runs.limits import Limits
    from charrnn.runs.manager import RunManager
    from charrnn.utils import log_stream
    from charrnn.utils.space import space_id
    from charrnn.utils.temporary import remove_leftovers, temporary_directory

    if not RELOADING:
        log_stream.protect_output()
    if space_id() is not None:
        forget_own_token()

    try:
        limits = Limits.from_environment()
    except UserError as error:
        sys.exit(error.message)
    # Uploads go to a directory of this process, which is removed when it ends.
    remove_leftovers()
    if "GRADIO_TEMP_DIR" not in os.environ:
        os.environ["GRADIO_TEMP_DIR"] = str(temporary_directory("files") / "gradio")
    root = Path(os.environ.get("CHARRNN_RUNS", HERE / "runs"))
    runs = RunManager(root, workers=limits.workers, limits=limits)
    runs.retention.extra_tasks.append(lambda _: remove_leftovers())
    runs.warm_up()  # the fork server imports torch while this process imports Gradio

    from charrnn.runs import zerogpu

    zerogpu.prepare()

    from charrnn.ui import AppContext

    return AppContext(runs, HERE / "checkpoints")


def create_demo(context: AppContext) -> gr.Blocks:
    """Build the page."""
    from charrnn.ui import build

    return build(context)


def serve(demo: gr.Blocks, context: AppContext) -> None:
    """Launch the page and serve it until the process receives SIGINT or SIGTERM."""
    import torch

    from charrnn.ui import launch_options

    if RELOADING:
        return  # the running server continues with this page
    # SIGTERM ends the process as Ctrl+C does: runs in training stop and keep their models.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # In seconds. A thread that generates a text releases the interpreter at each matrix product.
    sys.setswitchinterval(0.0001)
    # The other cores are for training. While they are idle, readings use them (`compute_threads`).
    torch.set_num_threads(1)
    try:
        gc.freeze()  # a garbage collection over all of torch and Gradio takes a third of a second
        demo.launch(**launch_options(context))
    finally:
        context.runs.close()


if __name__ != "__mp_main__":  # multiprocessing imports this file in each worker process
    context = create_context()
    demo = create_demo(context)

if __name__ == "__main__":
    serve(demo, context)
