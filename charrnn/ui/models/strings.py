"""Strings of the Models tab, in English and Chinese; all of them are drawn by JavaScript."""

from __future__ import annotations

from ..i18n import Words

# Shared by open_model.js, models.js and hub_search.js (model_card.js).
CARDS: Words = {
    "held-out": ("[held out](held-out)", "[留出](held-out)"),
    "own-text": ("own text", "训练文本"),
    "perplexity": ("[perplexity](perplexity)", "[困惑度](perplexity)"),
    "curve": (
        "Perplexity over the training, from {first} to {last}",
        "训练过程中的困惑度，从 {first} 到 {last}",
    ),
    "megabytes": ("{n} MB", "{n} MB"),
    "now": ("now", "刚刚"),
    "again": ("Try again", "重试"),
    "lost": (
        "The server is not responding. Try again in a moment.",
        "服务器暂时没有回应，请稍后再试。",
    ),
}

# Drawn by open_model.js.
OPEN_MODEL: Words = {
    "open-title": ("Open from the Hub", "从 Hub 打开"),
    "open-placeholder": ("owner/name", "owner/name"),
    "open": ("Open", "打开"),
    "open-hint": (
        "A revision may follow: owner/name@revision. Or open ",
        "可以带版本：owner/name@revision。也可以打开",
    ),
    "open-file": ("a file", "文件"),
    "open-file-hint": (
        ", a .safetensors or a .zip that Download made; or drop it here.",
        "：.safetensors，或由“下载”得到的 .zip；也可以拖到这里。",
    ),
    "open-drop": ("Drop the file to open it.", "松开即可打开该文件。"),
    "open-several": (
        "These are {n} files, but only one can be opened at a time: drop a single .safetensors "
        "or .zip.",
        "一次只能打开一个文件，这里有 {n} 个：请只拖入一个 .safetensors 或 .zip。",
    ),
    "open-kind": (
        "{name} is not a checkpoint: choose a .safetensors, or the .zip that Download makes.",
        "{name} 不是检查点：请选择 .safetensors，或“下载”所得的 .zip。",
    ),
    "open-empty": (
        "Type the name of a model on the Hub first, such as ada/songs.",
        "请先填写 Hub 上的模型名，例如 ada/songs。",
    ),
    "open-asking": ("Looking up {name}…", "正在查询 {name}……"),
    "open-progress": ("{name} · {done} of {total} MB", "{name} · {done} / {total} MB"),
    "open-file-progress": ("Uploading {name}…", "正在上传 {name}……"),
    "open-proving": ("Checking {name}…", "正在检查 {name}……"),
    "open-cancel": ("Cancel", "取消"),
    "open-cancelled": ("Cancelled.", "已取消。"),
    "open-done": ("{name} is open.", "已打开 {name}。"),
    "open-too-large": (
        "{name} has {size} MB, and the limit here is {most} MB.",
        "{name} 有 {size} MB，这里最多 {most} MB。",
    ),
    "open-not-sent": (
        "{name} could not be uploaded. Try again.",
        "{name} 无法传到服务器，请重试。",
    ),
}

# Drawn by models.js.
MODELS: Words = {
    "models-own": ("Yours", "你的模型"),
    "models-bundled": ("Came with charrnn", "随 charrnn 附带"),
    "models-none": (
        "None yet in this browser. Train one on the Train tab, ten seconds are enough, or open one "
        "from the Hub.",
        "此浏览器还没有模型。在“训练”页训练一个（十秒就够），或从 Hub 打开一个。",
    ),
    "models-loading": ("Looking for your models…", "正在查找你的模型……"),
    "models-own-run": ("Your run", "你的训练"),
    "models-rename": ("Rename", "重命名"),
    "rename-hint": ("Name of this run", "这次训练的名称"),
    "models-upload": ("From a file", "来自文件"),
    "models-away": (
        "Opened from the Hub earlier; Generate opens it again.",
        "先前从 Hub 打开；按“生成”会再次打开。",
    ),
    "models-gone": (
        "This file is no longer on the server: open it again to use it.",
        "该文件已不在服务器上：要用它，请重新打开。",
    ),
    "models-generate": ("Generate", "生成"),
    "models-resume": ("Resume", "恢复训练"),
    "models-keep": ("Keep training", "继续训练"),
    "models-watch": ("Watch", "查看训练"),
    "models-download": ("Download", "下载"),
    "models-packing": ("Packing…", "打包中……"),
    "models-push": ("Push…", "上传…"),
    "models-forget": ("Forget", "移除"),
    "models-forgotten": ("{title} was removed from the list.", "{title} 已从列表移除。"),
    "models-undo": ("Undo", "撤销"),
    "models-of": ("{what}: {title}", "{what}：{title}"),
    "interrupted": ("Interrupted", "已中断"),
}

# Drawn by hub_search.js.
HUB_SEARCH: Words = {
    "hub-title": ("On the Hub", "Hub 上的模型"),
    "hub-search": ("Search the Hub", "搜索 Hub"),
    "hub-sort": ("Order", "排序"),
    "hub-updated": ("Newest", "最新"),
    "hub-downloads": ("Most downloaded", "下载最多"),
    "hub-likes": ("Most liked", "最受喜爱"),
    "hub-whose": ("Whose", "范围"),
    "hub-everybody": ("Everyone’s", "所有人的"),
    "hub-mine": ("Yours", "你的"),
    "hub-private": ("private", "私有"),
    "hub-download-count": ("{n} downloads", "{n} 次下载"),
    "hub-download-one": ("1 download", "1 次下载"),
    "hub-like-count": ("{n} likes", "{n} 个赞"),
    "hub-like-one": ("1 like", "1 个赞"),
    "hub-open": ("Open", "打开"),
    "hub-loading": ("Searching the Hub…", "正在查询 Hub……"),
    "hub-found": ("{n} models", "{n} 个模型"),
    "hub-found-one": ("1 model", "1 个模型"),
    "hub-empty": (
        "No models yet, be the first: train one, then press Push… on its card.",
        "还没有模型，来做第一个吧：训练一个，然后在它的卡片上按“上传…”。",
    ),
    "hub-empty-mine": (
        "There are no charrnn models of yours to show: press Push… on a card above. Private "
        "models that were pushed from elsewhere may be hidden from this sign-in.",
        "这里还看不到你的 charrnn 模型：在上面的卡片上按“上传…”。"
        "从别处上传的私有模型，当前的登录可能看不到。",
    ),
    "hub-nothing": (
        "Nothing on the Hub has “{search}” in its name. Try another word, or fewer letters.",
        "Hub 上没有名称含“{search}”的模型。换个词，或少写几个字母试试。",
    ),
    "hub-away": (
        "All other models on this page work without the Hub.",
        "本页的其他模型不受影响，可以照常使用。",
    ),
    "hub-more": (
        "These are the first {n}; search to find others.",
        "这里是前 {n} 个，其他的请用搜索查找。",
    ),
}
