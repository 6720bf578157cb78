"""English and Chinese strings of the run card and the list of recent runs."""

from __future__ import annotations

from ...training.holdout import SENTENCES as WARNINGS
from ...training.messages import BIDIRECTIONAL, SENTENCES
from ...training.sample_writer import FEWER_SAMPLES
from ..i18n import Words

# What went wrong with a run, what was kept of it, and what to try.
DIAGNOSES: Words = {
    name: (SENTENCES[name], chinese)
    for name, chinese in {
        "not-finite": "训练在第 {step} 步之后发散：损失或其梯度已不是有限的数。",
        "diverged": "训练在第 {step} 步之后发散：损失无止境地增大。",
        "exploded": (
            "训练在第 {step} 步之后发散：梯度范数从约 {usual} 涨到 {norm}，损失随之暴涨。"
        ),
        "exploding": (
            "从第 {since} 步起梯度爆炸：范数从约 {usual} 涨到 {norm}，训练困惑度随之升到 {train}。"
        ),
        "above-uniform": (
            "从第 {since} 步起，训练困惑度一直高于均匀猜测的 {uniform}，现为 {train}。"
        ),
        "overfits": (
            "从第 {epoch} 轮（第 {since} 步）起，留出文本的困惑度从 {best} 升到 {now}，"
            "而训练文本的困惑度仍在下降：模型在背诵这段文本。"
        ),
        "unlike": (
            "留出的是文本的末尾，与其余部分不是一类文字，所以它的困惑度 {now} 说明不了学到了什么。"
        ),
        "sorted": "文本各行已排序，而留出的是末尾，所以它的困惑度 {now} 说明不了学到了什么。",
        "by-heart": (
            "训练困惑度为 {perplexity}：模型已把文本背了下来，会照着背诵。"
            "留出一部分文本（留出比例），才能看出它对别的文本如何。"
        ),
        "copied": (
            "模型已把文本背了下来，会照着背诵："
            "留出部分的困惑度 {perplexity} 来自其余部分也有的段落。"
        ),
        "unlearned": (
            "训练 {step} 步之后，困惑度为 {perplexity}，不比只凭各符号频率的 {unigram} 更好："
            "几乎什么也没学到。"
        ),
        "stopped": "停于第 {step} 步。",
        "kept": "模型已保留。",
        "kept-step": "保留的是第 {kept} 步的模型。",
        "kept-latest": "保留的是最后的模型（第 {kept} 步）。",
        "kept-best": "保留的是最好的模型（第 {kept} 步）：留出文本的困惑度为 {held}。",
        "kept-start": "没有一步使留出困惑度低于起始模型的 {held}，因此保留了起始模型。",
        "kept-untrained": "还没有好的模型可以保留：保存下来的什么都没学到。",
        "try": "试试{setting} = {value}。",
        "try-longer": "试试更久的训练：{setting} = {value}。",
        "try-holdout": "改从全文各处留出：{setting} = {value}。",
        "try-mix": "打乱文本各行的顺序，或试试{setting} = {value}。",
        "try-mix-only": "打乱文本各行的顺序。",
        "try-text": "试试更长的文本：这份只有 {characters} 个字符。",
    }.items()
}

# Why the held-out perplexity may mislead, shown before a run and on its card.
HOLDOUT: Words = {
    name: (WARNINGS[name], chinese)
    for name, chinese in {
        **{
            f"unlike-{kind}": (
                "留出的是文本的末尾，与其余部分不是一类文字：按其余部分的统计，它的困惑度是 "
                f"{{held_out}}，文本别处为 {{own}}，均匀猜测为 {{uniform}}。{clause}"
                "所以它的困惑度说明不了学到了什么。"
            )
            for kind, clause in {
                "script": "其中 {unseen} % 的字符在其余部分从未出现，可能是另一种文字。",
                "table": (
                    "字母占 {letters} %，而其余部分占 {own_letters} %，可能是索引、表格或其他附录。"
                ),
                "language": "可能是另一种语言，或注释、许可、索引之类的附录。",
            }.items()
        },
        "unlike": (
            "留出的是文本的末尾，与其余部分不是一类文字：按其余部分中各字符的频率，它的困惑度是 "
            "{held_out}，文本别处为 {own}，均匀猜测为 {uniform}。所以它的困惑度说明不了学到了什么。"
        ),
        "sorted": (
            "文本各行已排序，而留出的是末尾：以末尾各行的首字开头的，在其余各行中只占 {share} %。"
            "所以它的困惑度说明不了学到了什么。"
        ),
        "copied": (
            "留出部分有 {share} % 在文本其余部分原样出现过。"
            "所以它的困惑度说明的是文本背得多熟，而不是对别的文本如何。"
            "请换一份没有重复的文本，或用另一份文本来评分。"
        ),
        "offer-spread": "请从全文各处留出段落：设留出位置 holdout = spread。",
        "offer-lines": "请从全文各处留出各行：设留出位置 holdout = lines。",
        "offer-none": "请打乱文本各行的顺序，或设留出比例 validation = 0。",
    }.items()
}

CARD: Words = {
    "s": ("s", "秒"),
    "example": ("An earlier run: {run}", "先前的一次训练：{run}"),
    "parameters": ("{n} parameters", "{n} 个参数"),
    "link": ("Copy link", "复制链接"),
    "copied": ("Link copied", "链接已复制"),
    "main-held": (
        "[Perplexity](perplexity), [held out](held-out)",
        "[留出](held-out)文本[困惑度](perplexity)",
    ),
    "main-train": ("[Perplexity](perplexity), training", "训练[困惑度](perplexity)"),
    "kept-held": (
        "Kept model, [held out](held-out)",
        "保留模型 · [留出](held-out)困惑度",
    ),
    "kept-train": ("Kept model, training", "保留模型 · 训练困惑度"),
    "kept-step": ("Of the model of step {n}, which is kept", "保留的是第 {n} 步的模型"),
    "kept-at": ("Kept: {p}", "保留的模型：{p}"),
    "from": ("from {n}", "起初 {n}"),
    "started-from": ("from {model}", "起点：{model}"),
    "started-from-at": (
        "Started from {model}: {n} before the first step",
        "起点：{model}，第一步之前为 {n}",
    ),
    "bits-per-character": ("[bits per character](bits)", "[每字符比特数](bits)"),
    "perplexity": ("perplexity", "困惑度"),
    "bits": ("bits", "比特"),
    "scale": ("Unit of the chart", "图表单位"),
    "ready": ("ready", "就绪"),
    "finding": ("Loading…", "正在载入……"),
    "not-restored": (
        "The server did not say what this card should show. Reload the page to ask again.",
        "服务器没有说明这里该显示什么。请刷新页面再试。",
    ),
    "missing": (
        "The run of this link is no longer on this server. What you see here is an example; "
        "choose a text and press the button to train one of your own.",
        "这个链接所指的训练已不在本服务器上。下面是一个示例；选择文本并按下按钮，就能开始你自己的训练。",
    ),
    "watch-only": (
        "This run was shared with you: you can watch it and generate with its model. Only the "
        "browser that started it can stop it, continue it or share the model.",
        "这是与你共享的训练：你可以观看，也可以用它的模型生成文本。"
        "只有开始训练的浏览器才能停止、接着训练或分享模型。",
    ),
    "how-to-begin": (
        "Press the button: the perplexity falls here, and below, noise becomes words.",
        "按下按钮：困惑度会在这里下降，下面的乱码会慢慢变成文字。",
    ),
    "fetching": ("Downloading…", "正在下载……"),
    "downloading": ("Downloading · {n}", "正在下载 · {n}"),
    "starting": ("Starting…", "正在启动……"),
    "place": ("Queued · place {n}, wait unknown", "排队中 · 第 {n} 位，等待时间未知"),
    "place-wait": ("Queued · place {n}, about {time}", "排队中 · 第 {n} 位，约 {time}"),
    "star": ("☆ star", "☆ 加星"),
    "starred": ("★ starred", "★ 已加星"),
    "star-hint": (
        "Runs are removed some time after they end. A star keeps this one.",
        "训练结束一段时间后会被清除。加星可保留这一次。",
    ),
    "starred-hint": (
        "This run is kept. Remove the star to stop keeping it.",
        "这次训练会一直保留。取消星标即不再保留。",
    ),
    "of": ("{done} of {total}", "{done} / {total}"),
    "epoch-of": ("[epoch](epoch) {n} of {total}", "第 {n} / {total} [轮](epoch)"),
    "epoch-n": ("epoch {n}", "第 {n} 轮"),
    "epochs": ("epochs", "轮"),
    "left": ("{time} left", "还剩 {time}"),
    "speed": ("{n}/s", "{n} 字符/秒"),
    "stopped-at": ("Stopped at {time}, model kept", "停于 {time}，模型已保留"),
    "interrupted-at": ("Interrupted at step {n}", "中断于第 {n} 步"),
    "interrupted": ("Interrupted", "已中断"),
    "lost": ("Connection lost", "连接已断开"),
    "lost-note": (
        "Connection lost; the run continues. Reconnecting…",
        "连接已断开，训练仍在进行。正在重新连接……",
    ),
    "button-stop": ("Stop and keep", "停止并保留"),
    "button-cancel": ("Cancel", "取消"),
    "button-keep": ("Keep training", "继续训练"),
    "button-resume": ("Resume", "恢复训练"),
    "button-again": ("Start again", "重新开始"),
    "finished-in": ("Finished in {time}", "用时 {time}完成"),
    "uniform": ("uniform", "均匀"),
    "unigram": ("unigram", "一元"),
    "ngram": ("n-gram", "n 元"),
    "curve-held": ("held out", "留出"),
    "curve-train": ("training", "训练"),
    "published": ("published", "书中"),
    "published-at": ("Published: {p} at epoch {n}", "书中：第 {n} 轮 {p}"),
    "gradients": ("Gradient norm", "梯度范数"),
    "gradient-terms": (
        "What it shows: the [gradient norm](gradient-norm) and its [clipping](clipping).",
        "图中是[梯度范数](gradient-norm)及其[裁剪](clipping)。",
    ),
    "clipped": ("clipped in {share} of steps", "{share} 的步被裁剪"),
    "clip-at": ("clip {n}", "裁剪 {n}"),
    "card": ("The run", "本次训练"),
    "writes": ("What it writes", "它写出的文字"),
    "near": ("≈ perplexity close by", "≈ 为邻近步测得的困惑度"),
    "near-at": (
        "Measured at step {n}; the sample is from step {step}",
        "测于第 {n} 步，写于第 {step} 步",
    ),
    "unfold": ("Show all of it", "展开全文"),
    "fewer-samples": (FEWER_SAMPLES, "途中样本的空间已用完：此后会少写一些，或不再写。"),
    "nothing-yet": ("No perplexity yet.", "还没有困惑度。"),
    "spoken-held": (
        "{state}: held-out perplexity {went} from {first} to {now}, {bits} bits per character.",
        "{state}：留出文本困惑度从 {first} {went} {now}，每字符 {bits} 比特。",
    ),
    "spoken-train": (
        "{state}: training perplexity {went} from {first} to {now}, {bits} bits per character.",
        "{state}：训练困惑度从 {first} {went} {now}，每字符 {bits} 比特。",
    ),
    "fell": ("fell", "降到"),
    "rose": ("rose", "升到"),
    "try-hint": (
        "Fills in the form with the settings of this run and this one change.",
        "用本次训练的设置和这一处改动填好表单。",
    ),
    "never-began": (
        "This run was cancelled while it waited: nothing was trained.",
        "这次训练在排队时就取消了：什么都没有训练。",
    ),
    "why-failed": ("{message}", "训练中止：{message}"),
    "bidirectional": (
        BIDIRECTIONAL,
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
        "A uniform guess among the text’s symbols and “unknown” would give a perplexity of {n}.",
        "在文本的所有符号和“未知”中均匀猜测，困惑度是 {n}。",
    ),
}

# Drawn in the browser by list_tools.js, in lists of runs and of models.
DELETING: Words = {
    "delete": ("Delete", "删除"),
    "delete-sure": ("Delete for good?", "确定删除？"),
    "delete-of": ("{what}: {title}", "{what}：{title}"),
}

# Drawn in the browser by recent_runs.js.
RECENT_RUNS: Words = {
    "untitled": ("Run {id}…", "训练 {id}…"),
    "yours": ("Your runs", "你的训练"),
    "none-yet": (
        "None yet in this browser. What you train is listed here.",
        "此浏览器还没有训练记录。你训练的都会列在这里。",
    ),
    "gone": (
        "The runs of this browser are no longer on this server.",
        "此浏览器的训练已不在本服务器上。",
    ),
    "rename": ("Rename", "重命名"),
    "rename-of": ("Rename {name}", "重命名{name}"),
    "rename-hint": ("Name of this run", "这次训练的名称"),
    "unreachable": (
        "The list cannot be read right now. Try again in a moment.",
        "暂时无法读取列表，请稍后再试。",
    ),
    "interrupted": ("Interrupted", "已中断"),
    "now": ("now", "刚刚"),
}
