"""The app: `python app.py`, or a Hugging Face Space. The port is GRADIO_SERVER_PORT's or 7860."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

from charrnn.utils.process import be_considerate

be_considerate()
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("MPLBACKEND", "agg")  # or Gradio loads all of pyplot at the first click
HERE = Path(__file__).resolve().parent


def main() -> None:
    """Build the interface and serve it until it is interrupted."""
    from charrnn.errors import UserError
    from charrnn.hub import forget_own_token
    from charrnn.runs.limits import Limits, space
    from charrnn.runs.manager import Runs
    from charrnn.utils import log_stream
    from charrnn.utils.temporary import remove_left_over, temporary_directory

    log_stream.protect()
    if space() is not None:
        forget_own_token()

    try:
        limits = Limits.of_environment()
    except UserError as error:
        sys.exit(error.message)
    # What is uploaded lies apart from other programs' files, and goes with this process.
    remove_left_over()
    os.environ.setdefault("GRADIO_TEMP_DIR", str(temporary_directory("files") / "gradio"))
    root = Path(os.environ.get("CHARRNN_RUNS", HERE / "runs"))
    runs = Runs(root, workers=limits.workers, limits=limits)
    runs.sweeper.also.append(lambda _: remove_left_over())
    runs.warm_up()  # torch is being imported there while gradio is here

    from charrnn.runs import zerogpu

    zerogpu.prepare()

    import torch

    from charrnn.ui import House, build, launch_options

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # as Ctrl+C: stop what trains, and keep it
    # Seconds. A thread that writes a text lets go at each matrix product, and waits to go on.
    sys.setswitchinterval(0.0001)
    torch.set_num_threads(1)  # this process only generates; the other cores are for training
    try:
        house = House(runs, HERE / "checkpoints")
        page = build(house)
        gc.freeze()  # a look for garbage among all of torch and Gradio takes a third of a second
        page.launch(**launch_options(house))
    finally:
        runs.close()


if __name__ == "__main__":
    main()
