"""Definitions of the technical terms on the page, in English and Chinese.

A string marks a term as Markdown marks a link: `[held out](held-out)`. `page/terms.js` draws each
term as a button that shows the definition. Each names the chapter of *Dive into Deep Learning*, or
of its Chinese edition, that it comes from, if it is in the book.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import Words

_ENGLISH, _CHINESE = "https://d2l.ai/", "https://zh.d2l.ai/"
_RNN = "chapter_recurrent-neural-networks/"


@dataclass(frozen=True)
class Chapter:
    """A chapter by its title and its address, each in English and Chinese."""

    title: tuple[str, str]
    address: tuple[str, str]


@dataclass(frozen=True)
class Term:
    """A term: its name, what it is, and the chapter that it comes from, or None.

    at_hand: says what a number on the page means; `{n}` is replaced by a figure that the script
        computes from it. None for a term without one.
    """

    name: tuple[str, str]
    definition: tuple[str, str]
    chapter: Chapter | None
    at_hand: tuple[str, str] | None = None


def _chapter(english: str, chinese: str, path: str, path_zh: str | None = None) -> Chapter:
    return Chapter((english, chinese), (_ENGLISH + path, _CHINESE + (path_zh or path)))


_LANGUAGE_MODELS = _chapter(
    "Language Models",
    "语言模型和数据集",
    _RNN + "language-model.html",
    _RNN + "language-models-and-dataset.html",
)
_PERPLEXITY = Chapter(
    ("Language Models", "循环神经网络"),
    (_LANGUAGE_MODELS.address[0], f"{_CHINESE}{_RNN}rnn.html"),
)
_NETWORKS = _chapter("Recurrent Neural Networks", "循环神经网络", _RNN + "rnn.html")
_SCRATCH = _chapter(
    "Recurrent Neural Network Implementation from Scratch",
    "循环神经网络的从零开始实现",
    _RNN + "rnn-scratch.html",
)
_LSTM = _chapter(
    "Long Short-Term Memory (LSTM)",
    "长短期记忆网络（LSTM）",
    "chapter_recurrent-modern/lstm.html",
)
_BACKPROPAGATION = _chapter("Backpropagation Through Time", "通过时间反向传播", _RNN + "bptt.html")
_INFORMATION = _chapter(
    "Softmax Regression",
    "softmax 回归",
    "chapter_linear-classification/softmax-regression.html",
    "chapter_linear-networks/softmax-regression.html",
)
_TRAINING = _chapter(
    "Linear Regression Implementation from Scratch",
    "线性回归的从零开始实现",
    "chapter_linear-regression/linear-regression-scratch.html",
    "chapter_linear-networks/linear-regression-scratch.html",
)
_GENERALIZATION = _chapter(
    "Generalization",
    "模型选择、欠拟合和过拟合",
    "chapter_linear-regression/generalization.html",
    "chapter_multilayer-perceptrons/underfit-overfit.html",
)

TERMS: dict[str, Term] = {
    "perplexity": Term(
        ("Perplexity", "困惑度"),
        (
            "How unsure the model is of the next character: exp of the mean cross-entropy. 1 means "
            "that it always knows; lower is better.",
            "模型对下一个字符有多没把握：平均交叉熵的指数。1 表示每次都知道，越低越好。",
        ),
        _PERPLEXITY,
        (
            "Here: as if choosing among {n} equally likely characters each time.",
            "此处：相当于每次在 {n} 个等可能的字符中选一个。",
        ),
    ),
    "held-out": Term(
        ("Held out", "留出"),
        (
            "The end of the text, on which the model is never trained. Its perplexity shows what "
            "the model has learned, and not what it remembers.",
            "文本的末尾，从不用于训练。它的困惑度说明模型学到了什么，而不是记住了什么。",
        ),
        _GENERALIZATION,
    ),
    "bits": Term(
        ("Bits per character", "每字符比特数"),
        (
            "The perplexity as a number of yes-or-no questions: its base-2 logarithm. 2 bits are a "
            "perplexity of 4, and each bit less halves it.",
            "把困惑度换成是非题的个数，即以 2 为底的对数。2 比特就是困惑度 4，每少 1 比特减半。",
        ),
        _INFORMATION,
    ),
    "uniform": Term(
        ("Uniform", "均匀"),
        (
            "A guess that gives every symbol the same probability. A model that is no better has "
            "learned nothing.",
            "给每个符号相同概率的猜测。模型若不比它好，就什么也没学到。",
        ),
        _LANGUAGE_MODELS,
        ("Here: {n} symbols, “unknown” included.", "此处：{n} 种符号，含“未知”。"),
    ),
    "unigram": Term(
        ("Unigram", "一元"),
        (
            "A guess from how common each character is, whatever stands before it.",
            "只看每个字符有多常见、不看前文的猜测。",
        ),
        _LANGUAGE_MODELS,
    ),
    "n-gram": Term(
        ("n-gram", "n 元"),
        (
            "A guess from counts: what followed the last few characters elsewhere in the training "
            "text, up to seven of them (interpolated Kneser-Ney). It needs no network.",
            "靠计数的猜测：训练文本别处在同样的前几个字符（至多七个）之后出现过什么"
            "（插值 Kneser-Ney）。不需要神经网络。",
        ),
        _LANGUAGE_MODELS,
    ),
    "alpha": Term(
        ("α", "α"),
        (
            "How boldly to draw: characters are drawn from q ∝ p^α. 1 is the model’s own p, less "
            "is bolder, and more is safer. Other tools call 1/α the temperature T: α = 2 is "
            "T = 0.5.",
            "抽取时有多大胆：字符从 q ∝ p^α 中抽取。1 就是模型自己的 p，越小越大胆，"
            "越大越稳妥。别的工具用温度 T = 1/α：α = 2 就是 T = 0.5。",
        ),
        _SCRATCH,
    ),
    "surprisal": Term(
        ("Surprisal", "意外度"),
        (
            "How little the model expected a character: −log₂ of its probability p, in bits. "
            "0 bits: it was certain. Each bit more is half the probability.",
            "模型有多没料到一个字符：其概率 p 的 −log₂，单位是比特。0 比特表示确信无疑，"
            "每多 1 比特，概率减半。",
        ),
        _INFORMATION,
        ("Here: 1 chance in {n}.", "此处：{n} 分之一的机会。"),
    ),
    "entropy": Term(
        ("Entropy", "熵"),
        (
            "The surprisal that the model itself expects for the next character, in bits: how open "
            "it is what comes.",
            "模型自己对下一个字符所预期的意外度，单位是比特：接下来的字有多悬而未决。",
        ),
        _INFORMATION,
        (
            "Here: as if choosing among {n} equally likely characters.",
            "此处：相当于在 {n} 个等可能的字符中选一个。",
        ),
    ),
    "hidden-unit": Term(
        ("Hidden unit", "隐藏单元"),
        (
            "One number of the hidden state, which is all that the network carries from one "
            "character to the next. More units can keep more of the text before.",
            "隐状态中的一个数。网络从一个字符带到下一个字符的，就只有隐状态。"
            "单元越多，能记住的前文越多。",
        ),
        _NETWORKS,
    ),
    "hidden-state": Term(
        ("Hidden state H", "隐状态 H"),
        (
            "The numbers that the network carries from one character to the next: all that it "
            "knows of the text before. There is one for each hidden unit.",
            "网络从一个字符带到下一个字符的一组数：它对前文所知的一切。每个隐藏单元一个数。",
        ),
        _NETWORKS,
    ),
    "memory-cell": Term(
        ("Memory cell C", "记忆元 C"),
        (
            "What an LSTM keeps beside its hidden state: C = F ⊙ C before + I ⊙ C̃. A forget gate "
            "near 1 keeps a number for long.",
            "LSTM 在隐状态之外保存的一组数：C = F ⊙ 之前的 C + I ⊙ C̃。遗忘门接近 1 时，"
            "数可以保存很久。",
        ),
        _LSTM,
    ),
    "gate": Term(
        ("Gate", "门"),
        (
            "A number from 0 to 1 for each unit by which another one is multiplied: 0 lets nothing "
            "through, 1 everything. It is computed anew for each character.",
            "每个单元一个从 0 到 1 的数，用来乘另一个数：0 全部挡住，1 全部放行。"
            "每个字符都会重新计算。",
        ),
        _LSTM,
    ),
    "logits": Term(
        ("Logits", "未规范化的预测（logit）"),
        (
            "The outputs of the network before the softmax, one for each symbol. The softmax "
            "makes probabilities of them, which are positive and add up to 1.",
            "网络在 softmax 之前的输出，每个符号一个。softmax 把它们变成概率：都为正，总和为 1。",
        ),
        _INFORMATION,
    ),
    "draw": Term(
        ("The draw", "抽取"),
        (
            "All symbols share a line from 0 to 1, the most frequent first, each as wide as its "
            "q ∝ p^α. A random number falls on one of them, and that is written. The seed decides "
            "the number.",
            "所有符号共占一条从 0 到 1 的线，最常见的在前，各按其 q ∝ p^α 占宽。一个随机数落在"
            "哪个符号上，就写下哪个。随机数由种子决定。",
        ),
        _SCRATCH,
    ),
    "roc": Term(
        ("Area under the ROC curve", "ROC 曲线下面积"),
        (
            "How well one number tells two kinds of places apart: the chance that it is greater in "
            "a place of the one kind than in one of the other. 1 is always, 0.5 is guessing.",
            "一个数区分两类位置的能力：它在一类位置大于另一类位置的机会。1 是总能区分，"
            "0.5 是瞎猜。",
        ),
        None,
    ),
    "r-squared": Term(
        ("R²", "R²"),
        (
            "How much of the differences of a quantity, such as the position in the line, a "
            "straight line through one number accounts for. 1 is all, 0 is nothing.",
            "一个量（例如行内位置）的差异，有多少能由一个数的线性关系解释。1 是全部，"
            "0 是毫无关系。",
        ),
        None,
    ),
    "gradient-norm": Term(
        ("Gradient norm", "梯度范数"),
        (
            "The length of the gradient of the loss in all weights. Through many steps of time it "
            "can vanish or explode.",
            "损失对所有权重的梯度的长度。经过许多时间步，它可能消失，也可能爆炸。",
        ),
        _BACKPROPAGATION,
    ),
    "vanishing-gradient": Term(
        ("Vanishing gradient", "梯度消失"),
        (
            "Each step back in time multiplies the gradient by the weights once more. With factors "
            "below 1 it shrinks until nothing is learned from far back; above 1 it explodes.",
            "每往回一步，梯度就再乘一次权重。因子小于 1，它会缩小到学不到远处的东西；"
            "大于 1，则会爆炸。",
        ),
        _BACKPROPAGATION,
    ),
    "truncated-bptt": Term(
        ("Truncated backpropagation through time", "截断的通过时间反向传播"),
        (
            "The gradient is followed back to the start of the minibatch only, as many steps as it "
            "is long. What was read before stays in the hidden state, but nothing is learned "
            "about it.",
            "梯度只往回传到小批量的开头，小批量有几步就传几步。更早读到的内容仍在隐状态里，"
            "但不会再从中学习。",
        ),
        _BACKPROPAGATION,
    ),
    "clipping": Term(
        ("Gradient clipping", "梯度裁剪"),
        (
            "A gradient longer than θ is shortened to θ, so that one step cannot undo what was "
            "learned.",
            "比 θ 长的梯度被缩短到 θ，一步就不会毁掉已学到的东西。",
        ),
        _SCRATCH,
    ),
    "epoch": Term(
        ("Epoch", "迭代周期"),
        (
            "One pass over the training text.",
            "通读一遍训练文本，简称一轮。",
        ),
        _TRAINING,
    ),
    "memorizing": Term(
        ("Memorizing", "背诵"),
        (
            "The training perplexity falls, and the held-out perplexity does not: the model keeps "
            "the text itself and not what texts like it have in common. Also called overfitting.",
            "训练困惑度下降，留出文本的却不降：模型记住的是文本本身，而不是这类文本的共同之处。"
            "也叫过拟合。",
        ),
        _GENERALIZATION,
    ),
    "memorization": Term(
        ("Memorization", "逐字背诵"),
        (
            "The model writes long stretches of its training text character by character. Some "
            "stretches of any new text stand there too, so the held-out text says what is normal.",
            "模型把训练文本的长片段逐字写出来。任何新文本都会有些片段碰巧出现在其中，"
            "所以要与留出文本相比，才知道什么是正常的。",
        ),
        _GENERALIZATION,
    ),
}


def _strings() -> Words:
    table = {"chapter-of": ("Dive into Deep Learning: {title} ↗", "《动手学深度学习》：{title} ↗")}
    for key, term in TERMS.items():
        table[f"term-{key}"] = term.name
        table[f"define-{key}"] = term.definition
        if term.chapter:
            table[f"chapter-{key}"] = term.chapter.title
            table[f"address-{key}"] = term.chapter.address
        if term.at_hand:
            table[f"number-{key}"] = term.at_hand
    return table


# Drawn in the browser by terms.js.
DEFINITIONS: Words = _strings()
