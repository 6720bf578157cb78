"""Strings of the mode How far back, in English and Chinese."""

from __future__ import annotations

from ..i18n import Words

REACH: Words = {
    "mode-reach": ("How far back", "记忆多远"),
    "reach-scale-least": ("0.01 %", "0.01 %"),
    "reach-scale-most": ("all of the gradient", "全部梯度"),
    # gradients through time
    "reach-gradient": ("The gradient on its way back", "梯度向前追溯"),
    "reach-what": (
        "How strongly the loss of one prediction pulls at the [hidden state](hidden-state) k "
        "steps before: the [norm](gradient-norm) of its gradient in H, the mean of several places "
        "in this text. New models of the same size, before training, show what each cell is made "
        "for.",
        "一次预测的损失对 k 步之前的[隐状态](hidden-state)影响多大：它对 H 的梯度的"
        "[范数](gradient-norm)，取文本中若干位置的平均。同样大小、尚未训练的新模型显示每种循环单元"
        "的本性。",
    ),
    "reach-steps": ("Steps back", "追溯步数"),
    "reach-axis": ("k, steps back", "k，往前的步数"),
    "reach-chart": ("Gradient norm by steps back", "各步之前的梯度范数"),
    "reach-at": ("{k} steps back", "{k} 步之前"),
    "reach-line-model": ("this model", "这个模型"),
    "reach-line-cell": ("this model, memory cell C", "这个模型的记忆元 C"),
    "reach-line-tanh": ("tanh RNN, untrained", "tanh RNN，未训练"),
    "reach-line-relu": ("ReLU RNN, untrained", "ReLU RNN，未训练"),
    "reach-line-gru": ("GRU, untrained", "GRU，未训练"),
    "reach-line-lstm": ("LSTM, untrained (C)", "LSTM，未训练（C）"),
    "reach-short-model": ("this model", "这个模型"),
    "reach-short-cell": ("its C", "它的 C"),
    "reach-short-tanh": ("tanh", "tanh"),
    "reach-short-relu": ("ReLU", "ReLU"),
    "reach-short-gru": ("GRU", "GRU"),
    "reach-short-lstm": ("LSTM", "LSTM"),
    "reach-as-table": ("As a table", "以表格显示"),
    "reach-model-first": ("Measuring this model…", "正在测量这个模型……"),
    "reach-context-now": ("Replacing what came before…", "正在替换前文……"),
    "reach-new-model": (
        "Measuring a new model for comparison: {cell}, {n} of {total}…",
        "正在测量用来比较的新模型：{cell}，第 {n} 个，共 {total} 个……",
    ),
    "reach-too-large": (
        "This model is too large to make new ones of its size for comparison.",
        "这个模型太大，无法另建同样大小的新模型来比较。",
    ),
    "reach-vanishes": (
        "After {k} steps {left} of the gradient is left: ×\u00a0{each} at each step. It "
        "[vanishes](vanishing-gradient).",
        "{k} 步之后，梯度还剩 {left}：每步约乘以 {each}。它在[消失](vanishing-gradient)。",
    ),
    "reach-explodes": (
        "After {k} steps the gradient is {times} times as large: ×\u00a0{each} at each step. It "
        "[explodes](vanishing-gradient).",
        "{k} 步之后，梯度是原来的 {times} 倍：每步约乘以 {each}。它在[爆炸](vanishing-gradient)。",
    ),
    "reach-cut": (
        "Training [cut](truncated-bptt) it at the dashed line: its sequences had {n} characters "
        "(steps), and no error was passed back further than that.",
        "训练时梯度在虚线处[截断](truncated-bptt)：每段序列 {n} 个字符（steps），"
        "误差不会传得更远。",
    ),
    "reach-cut-beyond": (
        "Training [cut](truncated-bptt) it after {n} characters (steps), further back than this "
        "chart shows.",
        "训练时梯度在 {n} 个字符（steps）之后[截断](truncated-bptt)，比这张图显示的更远。",
    ),
    "reach-not-cut": (
        "Training did not [cut](truncated-bptt) it: gradients went back to the start of each "
        "epoch.",
        "训练时没有[截断](truncated-bptt)：梯度一直传回到每轮的开头。",
    ),
    "reach-cut-unknown": (
        "The checkpoint does not say after how many steps training cut the gradient.",
        "检查点没有记录训练时梯度在多少步之后截断。",
    ),
    # predictions without the past
    "reach-context": ("When the past is replaced", "替换前文之后"),
    "reach-context-what": (
        "All but the last k characters are replaced by another part of the text. How far does the "
        "prediction move (Kullback–Leibler divergence), and how often does it name another "
        "character?",
        "除最后 k 个字符外，前文都换成文本的另一部分。预测移动了多少（KL 散度）？"
        "最可能的字符有多常改变？",
    ),
    "reach-last": ("last k", "最后 k 个"),
    "reach-bits": ("bits", "比特"),
    "reach-changed": ("changed", "改变"),
    "reach-forgotten": (
        "Beyond about {n} characters, what came before hardly matters to this model.",
        "超过大约 {n} 个字符之前的内容，对这个模型几乎没有影响。",
    ),
    "reach-forgotten-one": (
        "This model looks at the last character only: what came before hardly matters.",
        "这个模型只看最后一个字符，更早的内容几乎没有影响。",
    ),
    "reach-not-forgotten": (
        "Even what came before the last {n} characters changes what this model expects.",
        "即使是最后 {n} 个字符之前的内容，也会改变这个模型的预期。",
    ),
}
