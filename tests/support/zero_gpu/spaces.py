"""What the package `spaces` does on a ZeroGPU Space, as far as charrnn meets it, without a GPU.

As there: a decorated generator runs in a thread of a process that is forked from the caller's and
is used again for the next call; the seconds asked for are judged first, by the request that the
call belongs to; what goes wrong is a `gradio.Error` with a title. What the GPU would compute the
processor does. Each loan is a line of the file $ZERO_GPU_LOANS.

$ZERO_GPU_LEFT holds the seconds of quota that are left, or is empty where no GPU is free.
"""

import functools
import json
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import gradio as gr
import torch
from gradio.context import LocalContext

_FORK = multiprocessing.get_context("fork")
torch.cuda.is_available = lambda: True  # as the real one has it, in the app's process too


def GPU(task=None, *, duration=60):  # noqa: N802
    if task is None:
        return functools.partial(GPU, duration=duration)
    idle = []

    @functools.wraps(task)
    def lent(*arguments):
        _schedule(duration(*arguments) if callable(duration) else duration)
        worker = idle.pop() if idle else _Worker(task)
        worker.asked.send(arguments)
        while True:
            try:
                kind, value = worker.answers.recv()
            except EOFError:
                raise gr.Error("GPU task aborted", title="ZeroGPU worker error") from None
            if kind == "failed":
                raise gr.Error(value, title="ZeroGPU worker error")
            if kind == "over":
                idle.append(worker)
                return
            yield value

    return lent


def _schedule(seconds):
    request = LocalContext.request.get(None)
    visitor = request and dict(request.headers).get("x-ip-token")
    loan = {"seconds": seconds, "visitor": visitor, "by": os.getpid()}
    with Path(os.environ["ZERO_GPU_LOANS"]).open("a") as loans:
        loans.write(json.dumps(loan) + "\n")
    left = Path(os.environ["ZERO_GPU_LEFT"]).read_text()
    if not left:
        raise gr.Error("<a href='x'>No GPU</a> was available", title="ZeroGPU queue timeout")
    if request is None or seconds > int(left):
        raise gr.Error(f"({seconds}s requested vs. {left}s left)", title="ZeroGPU quota exceeded")


class _Worker:
    def __init__(self, task):
        self.asked, theirs = _FORK.Pipe()
        self.answers, ours = _FORK.Pipe(duplex=False)
        self.process = _FORK.Process(target=_serve, args=(task, theirs, ours), daemon=True)
        self.process.start()
        theirs.close()
        ours.close()


def _serve(task, asked, answers):
    """In the forked process."""
    from charrnn.training import step

    step.torch_device = lambda device: torch.device("cpu")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        arguments = asked.recv()
        thread = threading.Thread(target=_iterate, args=(task, arguments, answers))
        thread.start()
        thread.join()


def _iterate(task, arguments, answers):
    try:
        for value in task(*arguments):
            answers.send(("value", value))
    except Exception as error:  # noqa: BLE001  # as the real one: only its kind is passed on
        answers.send(("failed", type(error).__name__))
    else:
        answers.send(("over", None))
