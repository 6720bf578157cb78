"""The words of the run card, drawn in the browser."""

from __future__ import annotations

from ..runs import DIED, FELL_OVER
from .words import Words

# Why a run failed, as its last event says it in English (charrnn.runs), and in Chinese.
FAILURES: Words = {
    "died-kept": (DIED[True], "训练进程意外终止。此前保存的模型完好，可以接着训练。"),
    "died-empty": (DIED[False], "训练进程意外终止，还没有保存任何模型。请重新开始训练。"),
    "fell-over-kept": (FELL_OVER[True], "charrnn 内部出错。此前保存的模型完好。"),
    "fell-over-empty": (FELL_OVER[False], "charrnn 内部出错，还没有保存任何模型。"),
}

CARD: Words = {
    "s": ("s", "秒"),
    "earlier": ("An earlier run: {run}", "先前的一次训练：{run}"),
    "parameters": ("{n} parameters", "{n} 个参数"),
    "link": ("link to this run", "本次训练的链接"),
    "main-held": ("Perplexity, held out", "留出文本困惑度"),
    "main-train": ("Perplexity, training", "训练困惑度"),
    "kept-held": ("Kept model, held out", "保留模型的困惑度"),
    "kept-train": ("Kept model, training", "保留模型的困惑度"),
    "kept-at": ("Kept: {p}", "保留的模型：{p}"),
    "from": ("from {n}", "起初 {n}"),
    "bits-per-character": ("bits per character", "每字符比特数"),
    "perplexity": ("perplexity", "困惑度"),
    "bits": ("bits", "比特"),
    "scale": ("Unit of the chart", "图表单位"),
    "ready": ("ready", "就绪"),
    "missing": (
        "The run of this link is not on this server any more.",
        "这个链接所指的训练已不在本服务器上。",
    ),
    "how-to-begin": (
        "Press the button: the perplexity falls here, and below, noise becomes words.",
        "按下按钮：困惑度会在这里下降，下面的乱码会慢慢变成文字。",
    ),
    "fetching": ("Downloading…", "正在下载……"),
    "downloading": ("Downloading · {n}", "正在下载 · {n}"),
    "starting": ("Starting…", "正在启动……"),
    "ahead": ("Queued · {n} ahead", "排队中 · 前面还有 {n} 个"),
    "of": ("{done} of {total}", "{done} / {total}"),
    "epoch-of": ("epoch {n} of {total}", "第 {n} / {total} 轮"),
    "epoch-n": ("epoch {n}", "第 {n} 轮"),
    "epochs": ("epochs", "轮"),
    "left": ("{time} left", "还剩 {time}"),
    "speed": ("{n}/s", "{n} 字符/秒"),
    "stopped-at": ("Stopped at {time}, model kept", "停于 {time}，模型已保留"),
    "finished-in": ("Finished in {time}", "用时 {time}完成"),
    "uniform": ("uniform", "均匀"),
    "unigram": ("unigram", "一元"),
    "ngram": ("n-gram", "n 元"),
    "curve-held": ("held out", "留出"),
    "curve-train": ("training", "训练"),
    "published": ("published", "书中"),
    "published-at": ("Published: {p} at epoch {n}", "书中：第 {n} 轮 {p}"),
    "gradients": ("Gradient norm", "梯度范数"),
    "clipped": ("clipped in {share} of steps", "{share} 的步被裁剪"),
    "clip-at": ("clip {n}", "裁剪 {n}"),
    "card": ("The run", "本次训练"),
    "writes": ("What it writes", "它写出的文字"),
    "unfold": ("Show all of it", "展开全文"),
    "nothing-yet": ("No perplexity yet.", "还没有困惑度。"),
    "spoken-held": (
        "{state}: held-out perplexity fell from {first} to {now}, {bits} bits per character.",
        "{state}：留出文本困惑度从 {first} 降到 {now}，每字符 {bits} 比特。",
    ),
    "spoken-train": (
        "{state}: training perplexity fell from {first} to {now}, {bits} bits per character.",
        "{state}：训练困惑度从 {first} 降到 {now}，每字符 {bits} 比特。",
    ),
    "why-diverged": (
        "The gradients exploded, and the perplexity with them. {kept} {advice}",
        "梯度爆炸，困惑度随之发散。{kept}{advice}",
    ),
    "diverged-kept": (
        "What was kept is the model of step {n}, with a perplexity of {p}.",
        "保留的是第 {n} 步的模型，困惑度为 {p}。",
    ),
    "diverged-step": ("What was kept is the model of step {n}.", "保留的是第 {n} 步的模型。"),
    "diverged-untrained": (
        "It came too soon for a good model to be kept: what is saved has learned nothing.",
        "发散得太早，没有好的模型可以保留：保存下来的还什么都没学到。",
    ),
    "try-clip": ("Try clip 1, or a smaller learning rate.", "试试裁剪阈值 1，或更小的学习率。"),
    "try-rate": ("Try a smaller learning rate.", "试试更小的学习率。"),
    "never-began": (
        "This run was cancelled while it waited: nothing was trained.",
        "这次训练在排队时就取消了：什么都没有训练。",
    ),
    "why-failed": ("{message}", "训练中止：{message}"),
    "overfits": (
        "Since {when} the held-out perplexity rises while training still falls: it is learning "
        "this text by heart. The best model, at {best}, is the one that is kept.",
        "{when}起，留出困惑度上升而训练困惑度仍在下降：模型在背诵这段文本。"
        "保留的是最好的模型（{best}）。",
    ),
    "bidirectional": (
        "This model also reads the text backwards, so it sees the character that it should "
        "predict: training perplexity near 1, and useless writing. That is the lesson.",
        "双向模型也从后往前读，看得见它该预测的字：训练困惑度接近 1，写出的文字却毫无用处。"
        "这正是这一课的意思。",
    ),
    "no-held-out": (
        "Nothing is held out: this number says how well the model knows its own text, not how "
        "well it writes.",
        "没有留出文本：这个数说明模型对训练文本有多熟，而不是写得多好。",
    ),
    "beats-ngram": (
        "Below the n-gram baseline of {n}: it has learned more than counts of the last few "
        "characters can tell.",
        "已低于 n 元基线 {n}：它学到的，多于对前几个字符的计数所能告诉的。",
    ),
    "beats-unigram": (
        "Below the unigram baseline of {n}: it uses the characters before, not only how common "
        "each one is.",
        "已低于一元基线 {n}：它用上了前面的字符，而不只是各字符有多常见。",
    ),
    "beats-uniform": (
        "Guessing blindly among all symbols would give {n}.",
        "在所有符号中盲猜的困惑度是 {n}。",
    ),
}
