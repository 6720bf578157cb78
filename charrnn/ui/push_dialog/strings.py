"""Strings of the push dialog and of signing in to the Hub, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

# Drawn by push_dialog.js.
PUSH: Words = {
    "title": ("Push to the Hugging Face Hub", "上传到 Hugging Face Hub"),
    # the account
    "checking-account": ("Checking who you are…", "正在确认你的身份……"),
    "signed-in": ("Signed in as {account}.", "已登录：{account}。"),
    "signed-in-unnamed": ("Signed in.", "已登录。"),
    "stored": (
        "As {account}, the account that is logged in on this machine.",
        "以 {account} 的名义：这是这台机器上登录的账号。",
    ),
    "stored-unnamed": (
        "As the account that is logged in on this machine.",
        "以这台机器上登录的账号的名义。",
    ),
    "sign-in": ("Sign in with Hugging Face", "用 Hugging Face 账号登录"),
    "sign-in-note": (
        "Sign in, and the model goes to your account. This app may then create repositories there "
        "and write to those that it created, and to no others. Your token stays in your browser's "
        "cookie; this app does not keep it. You come back to this page, with what you typed.",
        "这样模型才会到你的账号下。登录后，本应用可以在那里新建仓库并写入自己新建的仓库，不能写入其他"
        "仓库。令牌只在你浏览器的 Cookie 里，这里不保存。登录后会回到本页，已填写的内容都还在。",
    ),
    "not-signed-in": (
        "You were not signed in: the Hub refused, or could not be reached. Try again.",
        "没有登录成功：Hub 拒绝了，或者无法连接。请再试一次。",
    ),
    "sign-out": ("Sign out", "退出登录"),
    "login-note": (
        "Nobody is logged in to the Hub on this machine yet. Run this once in a terminal:",
        "这台机器上还没有登录 Hub。请在终端里运行一次：",
    ),
    "check-again": ("Check again", "再看一次"),
    "none-note": (
        "This page cannot know who you are, so it cannot push in your name. Download the model in "
        "the Models tab, unpack it, and push it from your own machine:",
        "本页无法确认你是谁，因此不能以你的名义上传：请下载模型，从自己的机器上传。请在“模型”页"
        "下载模型，解压后从自己的机器上传：",
    ),
    # the form
    "name": ("Name on the Hub", "在 Hub 上的名称"),
    "name-hint": (
        "owner/name, where the owner is you or one of your organizations. An existing "
        "repository of this name is updated.",
        "owner/name：你自己，或你所属的组织。若已有同名仓库，则更新它。",
    ),
    "private": ("Private", "私有"),
    "private-hint": ("hidden from others", "他人看不到"),
    "hashes": ("With hashes of its lines", "连同各行的哈希值"),
    "hashes-hint": (
        "others see which of its lines are new; names and other short lines can be guessed from "
        "hashes",
        "别人能看出哪些行是新的；但姓名等短行可以从哈希值猜出来",
    ),
    "license": ("License of the model", "模型的许可证"),
    "license-hint": (
        "Optional. The license of the model, such as mit; not that of the text it learned from.",
        "可以不填。这是模型的许可证，例如 mit；不是训练文本的许可证。",
    ),
    "license-demanded": (
        "The model that this one started from has the license {license}, which asks for the same "
        "here.",
        "它的起始模型采用 {license}，该许可证要求衍生模型沿用同样的许可证。",
    ),
    # the files
    "files": ("What is uploaded", "将上传的文件"),
    "files-empty": (
        "Once the name is complete, as owner/name, all files are listed here.",
        "名称按 owner/name 填写完整后，这里会列出所有文件。",
    ),
    "preparing": ("Preparing the files…", "正在准备文件……"),
    "total": ("{n} in total", "共 {n}"),
    "recites": (
        "The text it was trained on is not uploaded, but a model can recite from it: push only "
        "what others may read.",
        "训练文本不会上传，但模型可能背出其中的内容：请只上传可以给人读的。",
    ),
    # progress
    "push": ("Push", "上传"),
    "cancel": ("Cancel", "取消"),
    "close": ("Close", "关闭"),
    "stop": ("Stop the push", "停止上传"),
    "waiting": ("Waiting for others to finish, place {n}…", "正在等待他人上传完成，第 {n} 位……"),
    "beginning": ("Contacting the Hub…", "正在联系 Hub……"),
    "sent": ("{done} of {total} {unit}", "{done} / {total} {unit}"),
    "rate-limited": (
        "The Hub has had too many requests; this continues by itself in about {n} s.",
        "Hub 收到的请求太多，要求稍等；约 {n} 秒后会自动继续。",
    ),
    "hub-trouble": (
        "The Hub has a problem right now; trying again…",
        "Hub 暂时出了故障，正在自动重试……",
    ),
    "slow": ("{status} · waiting for the Hub…", "{status} · 正在等待 Hub 回应……"),
    "look": ("Look at {repo} on the Hub", "在 Hub 上查看 {repo}"),
    "committing": ("All sent. The Hub is saving it…", "已全部发送，Hub 正在保存……"),
    "stopping": ("Stopping…", "正在停止……"),
    "still": (
        "The push is still running. Stop it first, or wait.",
        "仍在上传。请先停止，或等待完成。",
    ),
    "stopped": (
        "Stopped: the model was not uploaded. What you typed is still here.",
        "已停止：模型没有上传。填写的内容都还在。",
    ),
    "stopped-late": (
        "Stopped: the model was not uploaded, unless the Hub had all of it at that very moment. "
        "What you typed is still here.",
        "已停止：模型没有上传，除非 Hub 在那一刻恰好已全部收到。填写的内容都还在。",
    ),
    "lost": (
        "The connection to this app was lost, so it is not known whether the model arrived. "
        "Push again: nothing is uploaded twice.",
        "与本应用的连接中断，不确定模型是否已经送达。请再上传一次：不会重复上传。",
    ),
    "no-answer": (
        "This app is not responding. Try again in a moment; what you typed is kept.",
        "本应用暂时没有回应，请稍后再试。填写的内容都还在。",
    ),
    # the result
    "created": ("A new repository holds the model:", "模型已在新建的仓库里："),
    "created-private": ("A new private repository holds the model:", "模型已在新建的私有仓库里："),
    "updated": ("The existing repository has been updated:", "已更新原有的仓库："),
    "card-kept": (
        "The text of its model card is its owner's, and was left as it was.",
        "其模型卡的正文由所有者自己撰写，未作改动。",
    ),
    "share": ("A link that opens the model in this app", "在本应用中打开该模型的链接"),
    "share-private": (
        "It opens only for those who may see the repository.",
        "只有能看到该仓库的人才能打开。",
    ),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
}

# Why the server refuses a push (push_dialog/__init__.py).
REFUSALS: Words = {
    "enough": (
        "You already have two pushes running. Wait until one is done, or stop it.",
        "你已有两个上传正在进行。请等其中一个完成，或将它停止。",
    ),
    "signed-out": (
        "You are no longer signed in. Sign in again: what you typed is kept.",
        "登录已失效。请重新登录，已填写的内容会保留。",
    ),
    "nobody": (
        "This page cannot push in your name, since it cannot know who you are: download the "
        "model and push it from your own machine.",
        "本页无法确认你是谁，因此不能以你的名义上传：请下载模型，从自己的机器上传。",
    ),
}

# Drawn by header.js.
ACCOUNT: Words = {
    "sign-in": ("Sign in", "登录"),
    "sign-out": PUSH["sign-out"],
}
