"""The messages of `charrnn.runs.end_reasons` in 简体中文: why a run ended."""

from __future__ import annotations

from collections.abc import Mapping

END_MESSAGES: Mapping[str, str] = {
    "The training process crashed. What was saved before is safe, and the run can be resumed from "
    "it.": "训练进程意外终止。此前保存的模型完好，可以接着训练。",
    "The training process crashed before anything was saved. Start the run again.": (
        "训练进程意外终止，还没有保存任何模型。请重新开始训练。"
    ),
    "Internal error; the server's log says more. What was saved before is safe.": (
        "服务器内部出错，详情见服务器日志。此前保存的模型完好。"
    ),
    "Internal error before anything was saved; the server's log says more. Start the run again.": (
        "服务器内部出错，还没有保存任何模型。详情见服务器日志。请重新开始训练。"
    ),
    "The server shut down while this run was training. It can be resumed from here.": (
        "训练时服务器停止了。可以从这里接着训练。"
    ),
    "The server shut down while this run was waiting. Start it again.": (
        "排队时服务器停止了。请重新开始训练。"
    ),
    "The server stopped while this run was training. It can be resumed from what was saved last.": (
        "训练时服务器停止了。可以从最后保存的地方接着训练。"
    ),
    "The server stopped before anything of this run was saved. Start it again.": (
        "服务器停止时，这次训练还没有保存任何内容。请重新开始训练。"
    ),
    "Ended at the time limit for a run here. It can be resumed.": (
        "已达到这里一次训练的最长时间，训练结束，模型已保留，可以接着训练。"
    ),
    "Ended because the log of this run is full. Start a new run.": (
        "这次训练的记录已满，训练结束，模型已保留。请重新开始一次训练。"
    ),
    "Training used more memory than a run may use here and was stopped. What was saved before "
    "is safe. Use a smaller model, batch_size or steps.": (
        "训练占用的内存超出了这里的限制，已被终止。此前保存的模型完好。请减小模型、batch_size 或 "
        "steps。"
    ),
    "Training used more memory than a run may use here and was stopped before anything was "
    "saved. Use a smaller model, batch_size or steps.": (
        "训练占用的内存超出了这里的限制，还没有保存任何模型就被终止了。请减小模型、batch_size 或 "
        "steps。"
    ),
    "The training process did not respond for too long and was stopped. What was saved before "
    "is safe, and the run can be resumed from it.": (
        "训练进程太久没有动静，已被终止。此前保存的模型完好，可以接着训练。"
    ),
    "The training process did not respond for too long and was stopped before anything was "
    "saved. Use a smaller model, batch_size or steps.": (
        "训练进程太久没有动静，还没有保存任何模型就被终止了。请减小模型、batch_size 或 steps。"
    ),
    "No GPU was free for this run. Try again later, or train on the CPU.": (
        "没有空闲的 GPU 可供这次训练。请稍后再试，或用 CPU 训练。"
    ),
    "Your GPU time on Hugging Face for today is not enough for this run. Choose a shorter run, "
    "sign in on huggingface.co for more time, or train on the CPU.": (
        "Hugging Face 没有为这次训练提供 GPU：今天的使用时间不够。请选短一些的训练，在 "
        "huggingface.co 登录以获得更多时间，或用 CPU 训练。"
    ),
    "Cancelled before it began.": "开始之前就取消了。",
    "Interrupted.": "已中断。",
}
