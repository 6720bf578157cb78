"""English and Chinese strings of the Train tab."""

from __future__ import annotations

from ..i18n import Words
from ..run_card.strings import CARD

TRAIN: Words = {
    "train-text": ("Text", "文本"),
    "train-own": ("Your own", "你的文本"),
    "train-own-how": ("upload or paste", "上传或粘贴"),
    "train-English": ("English", "英文"),
    "train-Chinese": ("Chinese", "中文"),
    "train-card-characters": ("{n} chars", "{n} 字"),
    "train-paste": ("Paste a text", "粘贴文本"),
    "train-paste-here": (
        "Any text in any script; a few thousand characters are enough to start.",
        "任何文字都行；几千字就可以开始。",
    ),
    "train-files": ("Or upload: text, CSV, ePub, .zip …", "或上传：文本、CSV、ePub、.zip 等"),
    "train-source": ("Both are here: train on", "两样都有：用哪一份训练"),
    "train-source-hint": ("The other one is kept.", "另一份会保留。"),
    "train-source-paste": ("the pasted text", "粘贴的文本"),
    "train-source-files": ("the uploaded files", "上传的文件"),
    "train-encoding": ("Encoding", "编码"),
    "train-encoding-auto": ("Detected automatically", "自动识别"),
    "train-encoding-hint": (
        "Choose one if the preview looks wrong.",
        "若预览有误，可在此指定。",
    ),
    "train-part": ("What to read of it", "读取哪一部分"),
    "train-part-hint": (
        "This is {kind}. The preview below shows the text that comes out.",
        "识别为：{kind}。下面的预览就是取出的文本。",
    ),
    "train-part-option": ("{name} · {amount}", "{name} · {amount}"),
    "train-part-as-is": ("All of it, as it is", "全部原样"),
    "train-part-text": ("Its text", "其中的文字"),
    "train-part-all": ("All cells", "全部单元格"),
    "train-part-markdown": ("Cells with text", "文字单元格"),
    "train-part-code": ("Cells with code", "代码单元格"),
    "train-recipe": ("Recipe", "方案"),
    "train-recipe-10s": ("10\u00a0s", "10\u00a0秒"),
    "train-recipe-1min": ("1\u00a0min", "1\u00a0分钟"),
    "train-recipe-5min": ("5\u00a0min", "5\u00a0分钟"),
    "train-recipe-night": ("until it stops improving", "直到不再进步"),
    "train-recipe-textbook": ("Dive into Deep Learning", "《动手学\n深度学习》"),
    "train-recipe-custom": ("every setting", "全部设置"),
    "train-experiment": ("Experiment", "实验"),
    "train-experiment-hint": (
        "From the textbook [Dive into Deep Learning](https://d2l.ai), with its data, settings and "
        "protocol; → is the perplexity published there.",
        "出自教材[《动手学深度学习》](https://zh.d2l.ai)，数据、设置与流程和书中一致；"
        "→ 是书中达到的困惑度。",
    ),
    "train-gpu": ("Train on a GPU", "用 GPU 训练"),
    "train-gpu-takes": (
        "Takes up to {n}\u00a0s of your GPU time on Hugging Face, which is {anybody}\u00a0minutes "
        "a day, or {free} if you are signed in there with a free account.",
        "最多占用你在 Hugging Face 的 GPU 时间 {n}\u00a0秒：未登录每天 {anybody}\u00a0分钟，"
        "登录免费账号后每天 {free}\u00a0分钟。",
    ),
    "train-gpu-cut": (
        " It is cut off after about a minute, and can be continued.",
        "大约一分钟后中断，可以接着训练。",
    ),
    "train-go": ("Train on {text}\u00a0· {time}", "用{text}训练\u00a0· {time}"),
    "train-go-untimed": ("Train on {text}", "用{text}训练"),
    "train-go-own": ("your text", "你的文本"),
    "train-go-title": ("{title}", "《{title}》"),
    "train-go-night": ("until it stops improving", "直到不再进步"),
    "train-stop": CARD["button-stop"],
    "train-sample": ("Sample now", "现在写一段"),
    "train-resume": CARD["button-keep"],
    "train-push": ("Push…", "上传…"),
    "train-generate": ("Generate with it →", "用它生成 →"),
    "train-offline": (
        "{title} could not be downloaded from {host}. Try again, or train on a text that needs no "
        "network: {others}, or one of your own.",
        "《{title}》无法从 {host} 下载。请再试一次，或选用不需要网络的文本：{others}，"
        "也可以用你自己的文本。",
    ),
    "train-others": (", ", "、"),
    "train-group-model": ("Model", "模型"),
    "train-group-reading": ("Reading the text", "读取文本"),
    "train-group-learning": ("Learning", "学习"),
    "train-group-length": ("Length", "时长"),
    "train-group-machine": ("Machine and the rest", "机器与其他"),
}

# Drawn in the browser by own_text.js.
OWN_TEXT: Words = {
    "files-too-large": (
        "These files have {size} MB, and the limit for a run here is {most} MB. Choose a part "
        "of them.",
        "这些文件共 {size} MB，这里一次训练最多 {most} MB。请只选其中一部分。",
    ),
}

# The link under the form (form_reset.js).
FORM_RESET: Words = {
    "form-reset": ("Back to defaults", "恢复默认"),
    "form-undo": ("Undo", "撤销"),
}

# Drawn in the browser by summary.js.
REPORT: Words = {
    "characters": ("{n} characters", "{n} 字"),
    "symbols": ("{n} symbols", "{n} 种符号"),
    "held-out": ("{share} % held out", "留出 {share} %"),
    "held-out-spread": ("{share} % held out, all over", "全文各处留出 {share} %"),
    "held-out-lines": ("{share} % held out, in lines", "逐行留出 {share} %"),
    "compared": (
        "Held out: {unseen} % symbols new to the rest · {bits} bits per character by its counts, "
        "{own} elsewhere · {repeated} % also in the rest",
        "留出部分：新符号 {unseen} % · 按其余部分的频率每字 {bits} 比特，别处 {own} · "
        "{repeated} % 在其余部分也有",
    ),
    "documents-lines": (
        "{n} lines, {median} characters long as a rule, {longest} at most{repeated}",
        "{n} 行，一般长 {median} 个字符，最长 {longest} 个{repeated}",
    ),
    "documents-blank-lines": (
        "{n} parts, {median} characters long as a rule, {longest} at most{repeated}",
        "{n} 段，一般长 {median} 个字符，最长 {longest} 个{repeated}",
    ),
    "documents-files": (
        "{n} files, {median} characters long as a rule, {longest} at most{repeated}",
        "{n} 个文件，一般长 {median} 个字符，最长 {longest} 个{repeated}",
    ),
    "documents-repeated": (", {n} of them again", "，其中 {n} 个重复"),
    "list-question": (
        "This looks like a list. Each line can be learned as a text of its own, so that the model "
        "writes whole new lines.",
        "这看起来像一份列表。可以把每行当作独立的文本来学，这样模型会写出完整的新行。",
    ),
    "list-yes": ("Learn line by line", "逐行学习"),
    "list-no": ("No, as one text", "不，当作一篇文本"),
    "offer-spread": ("Hold out passages from all over the text", "改从全文各处留出段落"),
    "offer-lines": ("Hold out lines from all over the text", "改从全文各处留出各行"),
    "nothing-held-out": ("nothing held out", "不留出"),
    "line-ends": ("{kind} line endings", "{kind} 换行符"),
    "mixed": ("mixed", "混合"),
    "rare": ("Rare: {characters}", "罕见：{characters}"),
    "space": ("space", "空格"),
    "preview": ("The beginning of the text", "文本开头"),
    "download": ("Training downloads it once ({size})", "训练时下载一次（{size}）"),
    "download-hint": ("From {host}, and checked by its SHA-1", "来自 {host}，并以 SHA-1 校验"),
    "nothing": ("Nothing to read yet.", "还没有文本。"),
    "model": (
        "{model}, {hidden} hidden units, {optimizer}",
        "{model}，{hidden} 个隐藏单元，{optimizer}",
    ),
    "comma": (", ", "，"),
    "layers": ("{n} layers", "{n} 层"),
    "bidirectional": ("bidirectional", "双向"),
    "published": ("Published: {figures}.", "书中：{figures}。"),
    "published-at": ("{p} after {n} epochs", "{n} 轮后 {p}"),
    "note-lyrics": (
        "The textbook used other lyrics, with 1,027 symbols.",
        "书中用的是别的歌词，有 1,027 种符号。",
    ),
    "note-random": ("The textbook shows two runs: 1.4 and 1.5.", "书中有两次结果：1.4 与 1.5。"),
}
