"""Strings of the Generate tab, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

GENERATE: Words = {
    "generate-checkpoint": ("Model", "模型"),
    "generate-prefix": ("Prefix", "开头"),
    "generate-prefix-hint": (
        "The text begins with this; empty is fine too",
        "文本以此开头，也可以留空",
    ),
    "generate-length": ("Length in characters", "长度（字符数）"),
    "generate-stop": ("Stop at", "遇到即停"),
    "generate-stop-hint": ("a text; \\n is a line end", "某段文字；\\n 表示换行"),
    "generate-finish": ("Finish the sentence", "写完一句就停"),
    "generate-finish-hint": (
        "Ends with the first sentence that is over after ¾ of the length.",
        "写到长度的 ¾ 之后，在第一个句末停下。",
    ),
    "generate-seed": ("Seed", "随机种子"),
    "generate-seed-hint": ("a new one each time", "留空则每次随机"),
    "generate-no-model": (
        "There is no trained model yet. Train one on the Train tab: ten seconds are enough.",
        "还没有训练好的模型。请先到“训练”页训练一个，十秒就够。",
    ),
}

# The link beside the dropdown (from_hub_link.js).
FROM_HUB_LINK: Words = {
    "from-hub": ("From the Hub…", "从 Hub 打开…"),
    "opening": ("Opening {name}…", "正在打开 {name}……"),
}

# The text and the next characters (generate.js, next_char.js).
TEXT: Words = {
    "text": ("The text", "文本"),
    "empty": (
        "Press Generate and the model continues from here, one character at a time.",
        "按“生成”，模型会从这里逐字写下去。",
    ),
    "empty-no-model": (
        "No trained model yet. Train one on the Train tab: ten seconds are enough.",
        "还没有训练好的模型。请先到“训练”页训练一个，十秒就够。",
    ),
    "surprise": ("Tint by surprise", "按意外度着色"),
    "tint-scale": ("[Surprisal](surprisal) 0 to {n} bits", "[意外度](surprisal) 0 到 {n} 比特"),
    "speed": ("Show", "显示"),
    "speed-fast": ("as fast as it comes", "随到随显"),
    "speed-slow": ("slowly", "慢速"),
    "speed-step": ("one step at a time", "逐字"),
    "next-step": ("Next character", "下一个字符"),
    "all": ("Show all", "全部显示"),
    "generate": ("Generate", "生成"),
    "stop": ("Stop", "停止"),
    "continue": ("Continue", "续写"),
    "three-alphas": ("Three α", "三种 α"),
    "three-alphas-hint": (
        "The same prefix at α = {alphas}, side by side",
        "同一开头，α = {alphas}，并排比较",
    ),
    "undo": ("Undo", "撤销"),
    "redo": ("Redo", "重做"),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
    "keep": ("Keep this one", "采用这一份"),
    "writing": ("writing", "正在写"),
    "characters": ("{n} characters", "{n} 个字符"),
    "character": ("1 character", "1 个字符"),
    "rate": ("{n} characters/s", "{n} 字符/秒"),
    "seed": ("seed {n}", "种子 {n}"),
    "greedy": ("greedy", "贪心"),
    "picked": ("picked by hand", "手动选取"),
    "stopped": ("stopped", "已停止"),
    "silent": (
        "The server has not responded for a while. Try again; if that does not help, reload the "
        "page: its text is kept.",
        "服务器许久没有回应。请再试一次；若仍不行，请刷新页面，已写的文本会保留。",
    ),
    "spoken-writing": ("Writing", "正在生成"),
    "spoken-done": ("Done: {n} characters", "完成：{n} 个字符"),
    "spoken-one": ("Done: 1 character", "完成：1 个字符"),
    "spoken-three-alphas": (
        "Done: {k} texts of {n} characters each",
        "完成：{k} 份文本，每份 {n} 个字符",
    ),
    "unknown-one": (
        "is not in this model’s {n} symbols: it stays in your text and is read as unknown.",
        "不在该模型的 {n} 个符号之中：它会留在文本里，按未知字符读入。",
    ),
    "unknown-many": (
        "are not in this model’s {n} symbols: they stay in your text and are read as unknown.",
        "不在该模型的 {n} 个符号之中：它们会留在文本里，按未知字符读入。",
    ),
    "more": ("and {n} more", "等另外 {n} 个"),
    # how the next character is chosen
    "how": ("How to choose the next character", "如何选取下一个字符"),
    "mode-greedy": ("Greedy", "贪心"),
    "mode-sample": ("Sample", "采样"),
    "alpha": ("α = {n}", "α = {n}"),
    "alpha-term": (
        "[α](alpha) = {n}, that is temperature {temperature}",
        "[α](alpha) = {n}，即温度 {temperature}",
    ),
    "alpha-off": (
        "[α](alpha) does not matter: the likeliest is taken",
        "[α](alpha) 不起作用：总取最可能的字符",
    ),
    "bolder": ("¼ bolder", "¼ 更大胆"),
    "safer": ("4 safer", "4 更稳妥"),
    "next": ("Next, after “{text}”", "“{text}”之后"),
    "next-first": ("The first character", "第一个字符"),
    "nothing-expected": (
        "The text begins here: nothing was read before, so nothing was expected.",
        "文本从这里开始：之前什么也没有读，所以没有预期。",
    ),
    "spoken-first": (
        "{character}, the first character: nothing was expected",
        "{character}，第一个字符：没有预期",
    ),
    # the draw of a character (random_draw.js), and the state after it (hidden_state.js)
    "draw": (
        "[The draw](draw): {n} falls on “{character}”",
        "[抽取](draw)：{n} 落在“{character}”上",
    ),
    "draw-alpha": (
        "[The draw](draw) at α = {alpha}: {n} falls on “{character}”",
        "[抽取](draw)（α = {alpha}）：{n} 落在“{character}”上",
    ),
    "state": (
        "[Hidden state](hidden-state) H: {n} [units](hidden-unit)",
        "[隐状态](hidden-state) H：{n} 个[单元](hidden-unit)",
    ),
    "state-first": (
        "[Hidden state](hidden-state) H: the first {n} of {m} [units](hidden-unit)",
        "[隐状态](hidden-state) H：{m} 个[单元](hidden-unit)中的前 {n} 个",
    ),
    "state-bidirectional": (
        "This model reads the text in both directions, from the start again for each character: no "
        "[hidden state](hidden-state) goes on from one character to the next.",
        "这个模型双向读文本，每写一个字符都要把全文重读一遍，所以没有从一个字符传到下一个字符的"
        "[隐状态](hidden-state)。",
    ),
    "state-colors": ("orange: + · blue: −", "橙：+ · 蓝：−"),
    "state-changed": (
        "orange: + · blue: − · outlined: changed most",
        "橙：+ · 蓝：− · 带框：变化最大",
    ),
    "unit-value": ("unit {unit}: {to}", "单元 {unit}：{to}"),
    "unit-change": ("unit {unit}: {from} → {to}", "单元 {unit}：{from} → {to}"),
    "expected": ("Expected after “{text}”", "“{text}”之后的预期"),
    "end": ("To the end", "回到末尾"),
    "written": (
        "“{character}”: [surprisal](surprisal) {bits} bits",
        "“{character}”：[意外度](surprisal) {bits} 比特",
    ),
    "written-unknown": ("“{character}”: unknown to this model", "“{character}”：该模型不认识"),
    "entropy": ("[entropy](entropy) {bits} bits", "[熵](entropy) {bits} 比特"),
    "spoken-written": ("{character}, surprisal {bits} bits", "{character}，意外度 {bits} 比特"),
    "spoken-unknown": ("{character}, unknown to this model", "{character}，该模型不认识"),
    "pick": ("Write {character}", "写下 {character}"),
    "branch": ("Branch here with {character}", "从这里改写为 {character}"),
    "panel-sample": (
        "outline: the model’s p · solid: p^α, what is sampled from",
        "空心：模型的 p · 实心：采样所用的 p^α",
    ),
    "panel-greedy": (
        "outline: the model’s p · solid: what greedy takes",
        "空心：模型的 p · 实心：贪心所取",
    ),
    "panel-pick": (
        "Click one to write it yourself. Click any character of the text to see what was expected "
        "there.",
        "点击其一，可亲自写下它。点击文本中的任一字符，可看到那里的预期。",
    ),
    "panel-branch": (
        "Click one to branch here: it replaces the rest of the text, and Undo brings that back.",
        "点击其一，可从这里另起：它取代其后的文本，撤销可恢复。",
    ),
}
