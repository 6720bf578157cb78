"""The app: `python app.py`, or a Hugging Face Space. The port is GRADIO_SERVER_PORT's or 7860."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from charrnn.process import be_considerate

be_considerate()
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
HERE = Path(__file__).resolve().parent


def main() -> None:
    """Build the interface and serve it until it is interrupted."""
    from charrnn.workers import Runs

    runs = Runs(Path(os.environ.get("CHARRNN_RUNS", HERE / "runs")))
    runs.warm_up()  # torch is being imported there while gradio is here

    import torch

    from charrnn.ui import House, build, launch_options

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # as Ctrl+C: stop what trains, and keep it
    torch.set_num_threads(1)  # this process only generates; the other cores are for training
    try:
        build(House(runs, HERE / "checkpoints")).launch(**launch_options())
    finally:
        runs.close()


if __name__ == "__main__":
    main()
