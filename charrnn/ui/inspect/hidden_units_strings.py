"""Strings of the mode Hidden units of the Inspect tab, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

HIDDEN_UNITS: Words = {
    "mode-hidden-units": ("Hidden units", "隐藏单元"),
    # the unit that tints the text
    "unit-title": ("One [hidden unit](hidden-unit)", "一个[隐藏单元](hidden-unit)"),
    "unit-number": ("Number of the unit", "单元编号"),
    "unit-previous": ("Previous unit", "上一个单元"),
    "unit-next": ("Next unit", "下一个单元"),
    "unit-of": ("of {n}, counted from 0", "共 {n} 个，从 0 数起"),
    "unit-layer": ("Layer", "层"),
    "unit-layer-name": ("{n} of {count}", "第 {n} 层，共 {count} 层"),
    "unit-layer-forward": ("{n}, forward", "第 {n} 层，正向"),
    "unit-layer-backward": ("{n}, backward", "第 {n} 层，反向"),
    "unit-quantity": ("Quantity", "要看的量"),
    "unit-name-h": ("H, hidden state", "H，隐状态"),
    "unit-name-c": ("C, memory cell", "C，记忆元"),
    "unit-name-i": ("I, input gate", "I，输入门"),
    "unit-name-f": ("F, forget gate", "F，遗忘门"),
    "unit-name-o": ("O, output gate", "O，输出门"),
    "unit-name-c-tilde": ("C̃, candidate", "C̃，候选记忆元"),
    "unit-name-r": ("R, reset gate", "R，重置门"),
    "unit-name-z": ("Z, update gate", "Z，更新门"),
    "unit-name-h-tilde": ("H̃, candidate", "H̃，候选隐状态"),
    "unit-about-h": (
        "The [hidden state](hidden-state) after each character, which is all that the next layer "
        "and the prediction see of it.",
        "读完每个字符后的[隐状态](hidden-state)。下一层和预测只看得到它。",
    ),
    "unit-about-c": (
        "The [memory cell](memory-cell) after each character. It may keep a number over many "
        "characters.",
        "读完每个字符后的[记忆元](memory-cell)。它可以把一个数保存许多个字符。",
    ),
    "unit-about-i": (
        "The input [gate](gate): from 0 to 1, how much of the candidate enters the memory cell.",
        "输入[门](gate)：从 0 到 1，候选值有多少进入记忆元。",
    ),
    "unit-about-f": (
        "The forget [gate](gate): from 0 to 1, how much of the memory cell stays.",
        "遗忘[门](gate)：从 0 到 1，记忆元保留多少。",
    ),
    "unit-about-o": (
        "The output [gate](gate): from 0 to 1, how much of the memory cell shows in the hidden "
        "state.",
        "输出[门](gate)：从 0 到 1，记忆元有多少显露在隐状态中。",
    ),
    "unit-about-c-tilde": (
        "The candidate: what this character would write into the memory cell.",
        "候选记忆元：这个字符想写入记忆元的值。",
    ),
    "unit-about-r": (
        "The reset [gate](gate): from 0 to 1, how much of the state before enters the candidate.",
        "重置[门](gate)：从 0 到 1，之前的状态有多少进入候选值。",
    ),
    "unit-about-z": (
        "The update [gate](gate): from 0 to 1, how much of the state before stays.",
        "更新[门](gate)：从 0 到 1，之前的状态保留多少。",
    ),
    "unit-about-h-tilde": (
        "The candidate: what this character would make of the hidden state.",
        "候选隐状态：这个字符想让隐状态变成的值。",
    ),
    "unit-reading": ("Reading the layer…", "正在读这一层……"),
    "unit-at": (
        "Unit {unit} is {value} at the selected “{character}”.",
        "在选中的“{character}”处，单元 {unit} 为 {value}。",
    ),
    "unit-zero": ("Unit {unit} is 0 in the whole text.", "单元 {unit} 在整段文本中都是 0。"),
    "unit-unread": (
        "Of this layer, the first {n} characters are read.",
        "这一层只读前 {n} 个字符。",
    ),
    "unit-spoken": ("{character}, {value}", "{character}，{value}"),
    "unit-wrong": ("Give a whole number from 0 to {last}.", "请给出 0 到 {last} 的整数。"),
    # find a unit for …
    "find-title": ("Find a unit for…", "寻找表示……的单元"),
    "find-best": ("best of each", "各项最佳"),
    "concept-quotes": ("inside quotes", "引号内"),
    "concept-brackets": ("inside brackets", "括号内"),
    "concept-line-start": ("line starts", "行首"),
    "concept-line-end": ("line ends", "行尾"),
    "concept-line-position": ("position in the line", "行内位置"),
    "concept-capitals": ("words in capitals", "全大写的词"),
    "concept-digits": ("digits", "数字"),
    "concept-word-start": ("word starts", "词首"),
    "concept-indentation": ("indentation", "缩进"),
    "concept-speaker": ("the speaker’s name", "说话人的名字"),
    "concept-capital-letters": ("capital letters", "大写字母"),
    "concept-vowels": ("vowels", "元音字母"),
    "concept-after-punctuation": ("at punctuation", "标点处"),
    "concept-selection": ("my selection", "我选中的文字"),
    "find-pattern": ("Or a regular expression", "或一个正则表达式"),
    "find-search": ("Search", "搜索"),
    "find-searching": ("Searching {n} units…", "正在搜索 {n} 个单元……"),
    "find-nothing": (
        "Nothing was found: no unit follows this on the part of the text that was not searched.",
        "没有找到：在未参与搜索的那部分文本上，没有单元与它相符。",
    ),
    "find-nothing-first": (
        "Nothing was found in this text: it is too short, or this model keeps such things in many "
        "units together.",
        "在这段文本里没有找到：文本太短，或者这个模型用许多单元一起记这些东西。",
    ),
    "find-unit": ("unit {unit}", "单元 {unit}"),
    "find-layer": ("layer {n}", "{n}"),
    "find-high": ("high there", "此处偏高"),
    "find-low": ("low there", "此处偏低"),
    "find-rises": ("rises along the line", "沿行上升"),
    "find-falls": ("falls along the line", "沿行下降"),
    "find-scores": (
        "Scores on the half of the text that the search did not use: how often the unit tells one "
        "such character from another ([area under the ROC curve](roc); 0.5 is chance), or "
        "[R²](r-squared) for a position.",
        "得分来自未参与搜索的那半文本：单元把这样的字符与其他字符分对的概率"
        "（[ROC 曲线下面积](roc)，0.5 为随机），对位置则是 [R²](r-squared)。",
    ),
    "find-searched": (
        "The first {n} characters were searched.",
        "搜索了前 {n} 个字符。",
    ),
    "find-marked": ("Underlined in the text: {concept}.", "文本中加下划线的是：{concept}。"),
    # all units
    "strips-title": ("All units near the selected character", "选中字符附近的所有单元"),
    "strips-order": ("Order of the units", "单元的顺序"),
    "strips-by-number": ("by number", "按编号"),
    "strips-by-strength": ("strongest here first", "此处最强的在前"),
    # where else the units of a selection are on
    "matches-title": ("Select a stretch of the text", "选中一段文本"),
    "matches-hint": (
        "Drag over the text, hold Shift and press the arrow keys, or press long on a phone. The "
        "units that stay on all through it are listed here, and where else they are on together.",
        "在文本上拖动、按住 Shift 再按方向键，或在手机上长按：这里会列出在整段中一直活跃的单元，"
        "以及它们在别处何时一起活跃。",
    ),
    "matches-of": ("Selected: “{text}”.", "选中：“{text}”。"),
    "matches-searching": ("Comparing…", "正在比较……"),
    "matches-none": (
        "No unit stays on all through this selection: select a shorter stretch.",
        "没有单元在整段中一直活跃：请选短一些。",
    ),
    "matches-units": (
        "Units that stay on all through it, with at least {percent} % of their largest value: {n}.",
        "整段中一直活跃、且不低于各自最大值 {percent} % 的单元：{n} 个。",
    ),
    "matches-high": ("unit {unit}, high", "单元 {unit}，偏高"),
    "matches-low": ("unit {unit}, low", "单元 {unit}，偏低"),
    "matches-nowhere": (
        "Nowhere else in the text are they on together.",
        "文本别处它们没有一起活跃过。",
    ),
    "matches-elsewhere": (
        "Where else they are on together, also marked in the text ({n} places; beside each, the "
        "share of these units):",
        "别处也一起活跃，文本中已标出（{n} 处，并附活跃单元的比例）：",
    ),
    # a unit is switched off
    "off-button": ("Switch unit {unit} off", "关闭单元 {unit}"),
    "off-again": ("Write again without unit {unit}", "关闭单元 {unit}，再写一次"),
    "off-comparing": ("Reading and writing without it…", "正在关闭它重新读和写……"),
    "off-worse": (
        "Without it, the [perplexity](perplexity) of this text is {after} instead of {before}: "
        "{percent} % more.",
        "关闭它之后，这段文本的[困惑度](perplexity)是 {after}，而不是 {before}：高 {percent} %。",
    ),
    "off-better": (
        "Without it, the [perplexity](perplexity) of this text is {after} instead of {before}: "
        "{percent} % less.",
        "关闭它之后，这段文本的[困惑度](perplexity)是 {after}，而不是 {before}：低 {percent} %。",
    ),
    "off-same": (
        "Without it, the [perplexity](perplexity) of this text stays {before}: this unit hardly "
        "matters here.",
        "关闭它之后，这段文本的[困惑度](perplexity)仍是 {before}：这个单元在这里几乎不起作用。",
    ),
    "off-others": (
        "Without other units, chosen at random: {changes}.",
        "关闭随机另选的单元时：{changes}。",
    ),
    "off-and": (", ", "、"),
    "off-space": (" ", ""),
    "off-tint": (
        "Tint the text by how much more each character surprises the model without it",
        "按关闭它之后每个字符意外度的变化着色",
    ),
    "off-tint-about": (
        "The tint goes up to {bits} bits more (orange) or less (blue). Both texts go on after the "
        "selected character, drawn with the same seed.",
        "颜色最深处，意外度多（橙）或少（蓝）{bits} 比特。两段文字都接在选中的字符之后，"
        "用同一个种子抽取。",
    ),
    "off-bidirectional": (
        "A bidirectional model reads what comes after a character too, so it is compared by "
        "reading only, not by writing.",
        "双向模型也读字符之后的内容，所以只比较阅读，不比较写作。",
    ),
    "off-compared": (
        "The first {n} characters were compared.",
        "比较了前 {n} 个字符。",
    ),
    "off-bits": ("{bits} bits", "{bits} 比特"),
    "off-with": ("With it", "保留"),
    "off-without": ("Without it", "关闭"),
}
