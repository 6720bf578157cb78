"""What the `end` of a run says that did not end by itself, and whose doing it was.

The messages are a table each, by whether there is something to go on from: True or False. The page
has them in Chinese as well (`charrnn.ui.run_card.strings`).
"""

from __future__ import annotations

from ..training import Event

# A bug, or the death of the worker: by whether a model had been saved.
FELL_OVER = {
    True: "Something went wrong inside charrnn. What was saved before is safe.",
    False: "Something went wrong inside charrnn, before anything was saved.",
}
DIED = {
    True: "The training process died. What was saved before is safe, and the run can go on from "
    "it.",
    False: "The training process died before anything was saved. Start the run again.",
}
# The server's doing, not the visitor's: a run stopped in time, by whether it had begun to train;
# and one cut off, by whether there is a point that it can go on from.
CLOSED = {
    True: "The server stopped while this run trained. It can go on from here.",
    False: "The server stopped while this run waited. Start it again.",
}
CUT_OFF = {
    True: "The server stopped while this run trained. It can go on from what was saved last.",
    False: "The server stopped before anything of this run was saved. Start it again.",
}
# Ended by the limits of the server; of the two tables, by whether a model had been saved.
TIME_UP = "Ended after the longest time that a run may take here. It can go on."
LOG_FULL = "Ended because the log of this run is full. Start a new run."
GREW = {
    True: "Training took more memory than a run may have here, and was ended. What was saved "
    "before is safe. Use a smaller model, batch_size or steps.",
    False: "Training took more memory than a run may have here, and was ended before anything was "
    "saved. Use a smaller model, batch_size or steps.",
}
HUNG = {
    True: "The training process said nothing for too long, and was ended. What was saved before is "
    "safe, and the run can go on from it.",
    False: "The training process said nothing for too long, and was ended before anything was "
    "saved. Use a smaller model, batch_size or steps.",
}

# A run that asked for a GPU and did not get one.
NO_GPU = "No GPU was free for this run. Try again later, or train on the processor."
NO_QUOTA = (
    "Hugging Face lends no GPU for this run: your time for today does not suffice for it. Choose a "
    "shorter one, sign in on huggingface.co for more time, or train on the processor."
)


def interrupted(end: Event, message: str) -> Event:
    """An `end` that says that the run was interrupted, by the server's end. Its `reason` is that
    of the worker: `stopped` where that could save everything, `failed` where it was killed."""
    return end | {"message": message, "interrupted": True}
