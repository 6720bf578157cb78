"""Messages of `UserError` in 简体中文: each English template, and its translation.

The key is the template exactly as in the source, with its placeholders and format specifications.
Values that are messages themselves, such as the reason of a failure, are in `phrases_zh`. A test
checks that every message in the source has an entry here, and that every entry has a message.
"""

from __future__ import annotations

from collections.abc import Mapping

from .document_errors_zh import DOCUMENT_ERRORS
from .end_messages_zh import END_MESSAGES
from .hub_errors_zh import HUB_ERRORS
from .phrases_zh import PHRASES
from .start_messages_zh import START_MESSAGES

ERRORS: Mapping[str, str] = {
    **DOCUMENT_ERRORS,
    **HUB_ERRORS,
    **END_MESSAGES,
    **PHRASES,
    **START_MESSAGES,
    "Internal error; the server's log says more. Nothing you typed is lost.": (
        "服务器内部出错，详情见服务器日志。你输入的内容都还在。"
    ),
    "This checkpoint cannot be opened: {why}.": "无法打开这个检查点：{why}。",
    "dtype = {value}: choose one of {choices}.": "dtype = {value}：请选 {choices} 之一。",
    "The weights are too large for {dtype}: save them as float32.": (
        "{dtype} 放不下这些权重：请存为 float32。"
    ),
    "A checkpoint can hold at most {most:,} symbols: use a text with fewer different characters.": (
        "检查点最多容纳 {most:,} 种符号，请用符号较少的文本。"
    ),
    "A checkpoint's configuration can have at most {most} MB: shorten the prefixes.": (
        "检查点的配置最多 {most} MB，请缩短开头。"
    ),
    "This checkpoint cannot be opened: {sentence}": "无法打开这个检查点：{sentence}",
    "A model needs at least one symbol.": "模型至少需要一个符号。",
    # looking into a model
    "concept = {value}: give one of {names}, a regular expression between slashes such as /th./, "
    "or spans of characters such as [[0, 12], [40, 44]].": (
        "`concept` = {value}：请给出 {names} 之一、斜杠之间的正则表达式（如 `/th./`），"
        "或字符区间（如 [[0, 12], [40, 44]]）。"
    ),
    "Give at most {most:,} spans of characters.": "字符区间最多 {most:,} 个。",
    "A regular expression can have at most {most} characters: give a shorter one.": (
        "正则表达式最多 {most} 个字符：请给出更短的。"
    ),
    "{pattern} is not a regular expression that can be used here: {why}.": (
        "{pattern} 不是这里可用的正则表达式：{why}。"
    ),
    "This regular expression takes too long on this text: give a simpler one, or a shorter text.": (
        "这个正则表达式在此文本上耗时太长，请换一个简单些的，或用短一些的文本。"
    ),
    "This text has too few such characters to search in one part of it and to test in another: "
    "give a longer text, or choose something that occurs more often.": (
        "文本中这样的字符太少，无法在一部分里搜索、在另一部分里检验。"
        "请用长一些的文本，或选择更常出现的内容。"
    ),
    "No character of this text is known to both models: choose another model.": (
        "这段文本里没有两个模型都认识的字符：请另选一个模型。"
    ),
    "At most {most:,} characters can be searched with this model: choose a part of them.": (
        "用这个模型最多可搜索 {most:,} 个字符，请选取其中一部分。"
    ),
    "{name} = {value}: this model has {name} 0 to {last}.": (
        "{name} = {value}：这个模型的 {name} 为 0 到 {last}。"
    ),
    "quantity = {value}: this model has {names}.": "`quantity` = {value}：这个模型有 {names}。",
    "There is nothing to compare: give the generated text and the training text.": (
        "没有可比较的内容，请给出生成的文本和训练文本。"
    ),
    "There is no character {place} in this text: give 0 to {last}.": (
        "文本里没有位置 {place} 的字符：请给出 0 到 {last}。"
    ),
    "With documents = {kind} whole documents from all over the text are held out: set holdout = "
    "end.": "`documents` = {kind} 时，从全文各处整篇留出，请设 `holdout = end`。",
    "holdout = lines needs a text of at least {least} different lines; this one has {has}. Choose "
    "holdout = spread.": (
        "`holdout = lines` 需要至少有 {least} 个不同行的文本，这份只有 {has} 行。"
        "请选 `holdout = spread`。"
    ),
    "A bidirectional model reads the whole text at once, not step by step: choose a model that "
    "reads in one direction.": "双向模型一次读完整个文本，没有逐步的过程，请选择单向的模型。",
    "A bidirectional model reads the whole text at once, so it has no memory that reaches back: "
    "choose a model that reads in one direction.": (
        "双向模型一次读完整个文本，没有可回溯的记忆，请选择单向的模型。"
    ),
    "steps = {value}: give 1 to {most}.": "steps = {value}：请给出 1 到 {most}。",
    "{setting} = {value}: give at least 1.": "{setting} = {value}：请至少给出 1。",
    "This text has {count:,} characters: give at least {least:,}.": (
        "文本只有 {count:,} 个字符，请至少给出 {least:,} 个。"
    ),
    "Select some characters of the text first.": "请先选中文本中的一些字符。",
    "The prefix has {count:,} characters: give at most {most:,}.": (
        "开头有 {count:,} 个字符，请最多给出 {most:,} 个。"
    ),
    "{name} can have at most {most:,} characters: choose a part of it.": (
        "{name} 最多 {most:,} 个字符，请选取其中一部分。"
    ),
    "The training text has {has:,} characters, and texts of at most {most:,} are compared here. "
    "Compare a longer one with `charrnn novelty` on the command line.": (
        "训练文本有 {has:,} 个字符，这里最多比较 {most:,} 个字符的文本。"
        "更长的请在命令行用 `charrnn novelty` 比较。"
    ),
    # a run
    "A name can have at most {most} characters: choose a shorter one.": (
        "名称最多 {most} 个字符：请换一个短一些的。"
    ),
    "That model belongs to a run that was shared with you. You can generate with it here; only "
    "its owner can download or push it.": (
        "该模型属于别人与你共享的训练。你可以在这里用它生成文本；只有它的主人才能下载或上传它。"
    ),
    # a request that is refused before it reaches an event
    "This request is larger than {size} MB, the limit here. Upload a long text as a file "
    "instead.": "这个请求超过了 {size} MB 的上限。较长的文本请改为上传文件。",
    "The JSON of this request has too many parts: at most {most:,} brackets, commas and colons "
    "are allowed.": "这个请求的 JSON 结构过于庞大：括号、逗号和冒号合计最多 {most:,} 个。",
    "The JSON of this request is nested too deeply: at most {most} levels are allowed.": (
        "这个请求的 JSON 嵌套过深：最多 {most} 层。"
    ),
    "The body of this request is not JSON in UTF-8.": "这个请求的正文不是 UTF-8 编码的 JSON。",
    "The body of this request is not a JSON object.": "这个请求的正文不是 JSON 对象。",
    "The body of this request needs a list named {name}.": "这个请求的正文需要名为 {name} 的列表。",
    "{name} must have 1 to 64 letters, digits, - and _.": (
        "{name} 须由 1 到 64 个字母、数字、“-”或“_”组成。"
    ),
    "There is no such function.": "没有这个函数。",
    "That file has not been uploaded to this app: upload it first.": (
        "该文件尚未上传到本应用，请先上传。"
    ),
    "There is no disk space for more uploads: try again later, or paste the text.": (
        "没有空间接收更多上传的文件。请稍后再试，或改为粘贴文本。"
    ),
    "This request took too long to arrive: try again, or upload a long text as a file.": (
        "请求发送得太慢，已超时。请重试，较长的文本请改为上传文件。"
    ),
    "The server is receiving too many large requests: try again in a moment.": (
        "服务器正在接收的大请求过多，请稍后再试。"
    ),
    # the text
    "Paste a text or upload a file first: there is nothing to train on.": (
        "请先粘贴文本或上传文件：还没有可以训练的内容。"
    ),
    "No file was chosen: choose at least one.": "还没有选择文件：请至少选择一个。",
    "{text} is empty. Choose a text with something in it.": "{text}是空的，请换一份有内容的文本。",
    "{text} is too short: a model learns which character follows which, and there is only one. "
    "Use a longer text.": (
        "{text}太短：模型学习的是哪个字符跟在哪个字符之后，而这里只有一个字符。请用更长的文本。"
    ),
    "{text} is too short: a model learns which character follows which, and there are none. Use "
    "a longer text.": (
        "{text}太短：模型学习的是哪个字符跟在哪个字符之后，而这里一个字符也没有。请用更长的文本。"
    ),
    "The text is too short for a minibatch of {batch_size} × {steps}: it has {has:,} characters "
    "for training and needs {needs:,}. Use a longer text, a smaller batch_size or fewer steps.": (
        "文本太短，凑不满一个 {batch_size} × {steps} 的小批量：可供训练的有 {has:,} 个字符，需要 "
        "{needs:,} 个。请用更长的文本，或减小 batch_size（批量大小）或 steps（时间步数）。"
    ),
    "Nothing is left of {text}: this recipe keeps only the letters A to Z, and the text has none. "
    "Choose another recipe or another text.": (
        "{text}没有留下任何内容：该方案只保留字母 A 到 Z，而文本中没有。请换一个方案或文本。"
    ),
    "{text} has {has:,} different characters, and at most {most:,} can be learned. Check that "
    "it is a text, and that its encoding is right.": (
        "{text}有 {has:,} 种不同的字符，最多能学 {most:,} 种。请检查它是不是文本，以及编码是否选"
        "对。"
    ),
    "{text} is larger than {size} MB, the limit here. Choose a part of it.": (
        "{text}超过 {size} MB，这是这里的上限。请只选其中一部分。"
    ),
    "{text} is not plain text: it is full of bytes that do not occur in text. Choose text files "
    "(.txt), or a .zip of them.": (
        "{text}不是纯文本：其中满是文本里不会有的字节。请选择文本文件（.txt）或其 .zip 压缩包。"
    ),
    "{text} is {kind}, not a text: {advice}.": "{text}是{kind}，不是文本：请{advice}。",
    "There is no file {text}: check its name.": "没有 {text} 这个文件：请检查文件名。",
    "{text} is a folder. Choose the files in it, or a .zip of them.": (
        "{text}是文件夹。请选择其中的文件，或其 .zip 压缩包。"
    ),
    "{text} could not be read: {why}.": "无法读取{text}：{why}。",
    # zip archives
    "There is no text in {text}. Choose a .zip of text files (.txt).": (
        "{text}里没有文本。请选择文本文件（.txt）的 .zip 压缩包。"
    ),
    "{text} holds more than {size} MB, the limit here. Choose a part of it.": (
        "{text}解压后超过 {size} MB，这是这里的上限。请只选其中一部分。"
    ),
    "{text} holds more than {count:,} files. Put the texts into fewer files.": (
        "{text}里的文件多于 {count:,} 个。请把文本合并成较少的文件。"
    ),
    "{text} is a damaged zip archive. Create it again, or choose the texts themselves.": (
        "{text}是损坏的 zip 压缩包。请重新压缩，或直接选择其中的文本。"
    ),
    "{text} holds no text, only another zip archive ({name}). Unpack it, and choose that "
    "archive or the texts in it.": (
        "{text}里没有文本，只有另一个 zip 压缩包（{name}）。请解压后选择它或其中的文本。"
    ),
    "{text} is encrypted. Unpack it, and choose the texts themselves.": (
        "{text}有密码。请解压后直接选择其中的文本。"
    ),
    "{text} uses an unsupported compression. Make an ordinary .zip of the texts.": (
        "{text}用了不支持的压缩方式。请把文本压缩成普通的 .zip。"
    ),
    "{text} is a damaged gzip archive. Create it again, or choose the text itself.": (
        "{text}是损坏的 gzip 压缩包。请重新压缩，或直接选择其中的文本。"
    ),
    # documents and tables
    "{text} is {kind} that could not be read: it is damaged, or too complicated. To use it, "
    "{advice}.": "{text}是{kind}，但无法读取：它已损坏，或太复杂。要用它，请{advice}。",
    "{text} is {kind} that is protected against copying, so its text cannot be read. Choose a copy "
    "without protection.": (
        "{text}是{kind}，但有复制保护，无法读取其中的文字。请选择没有保护的副本。"
    ),
    "{text} has no column {column}: it is not a table.": "{text}没有 {column} 这一列：它不是表格。",
    "{text} has no column {column}. It has {names}.": (
        "{text}没有 {column} 这一列。其中有：{names}。"
    ),
    # encodings
    "{text} is not in {encoding}: byte {byte:,} is not valid in it. Choose another encoding, or "
    "let it be detected.": (
        "{text}的编码不是 {encoding}：第 {byte:,} 个字节不符。请换一种编码，或让它自动识别。"
    ),
    "{text} is not in {encoding}. Choose another encoding, or let it be detected.": (
        "{text}的编码不是 {encoding}。请换一种编码，或让它自动识别。"
    ),
    "The encoding of {text} could not be detected. Choose it, or save the file as UTF-8.": (
        "认不出{text}的编码。请指定编码，或把文件存为 UTF-8。"
    ),
    "There is no encoding called {encoding}. Choose one such as utf-8, utf-16, gb18030, big5, "
    "shift_jis, euc-kr, koi8-r, windows-1251, windows-1252.": (
        "没有名为 {encoding} 的编码。可用的有 utf-8、utf-16、gb18030、big5、shift_jis、euc-kr、"
        "koi8-r、windows-1251、windows-1252 等。"
    ),
    "{encoding} is not a text encoding: choose another one, such as utf-8.": (
        "{encoding} 不是文本编码：请另选一种，例如 utf-8。"
    ),
    # texts that are downloaded, texts that are named
    "{title} could not be downloaded ({why}). Use a text that needs no network ({names}), or a "
    "file of your own.": (
        "无法下载 {title}（{why}）。请用不需要网络的文本（{names}），或自己的文件。"
    ),
    "There is no text called {name}. The texts are {names}.": (
        "没有名为 {name} 的文本。可选的有：{names}。"
    ),
    "There is no tracker {name}. The trackers are {names}.": (
        "没有名为 {name} 的跟踪工具。可用的有 {names}。"
    ),
    "Tracking with {name} needs the extra [{name}] of charrnn, which is not installed here. "
    "Install it with: {command}": (
        "用 {name} 跟踪需要 `charrnn` 的可选依赖 [{name}]，这里没有安装。请用此命令安装：{command}"
    ),
    "This Python was installed without its manual. Choose another text.": (
        "这个 Python 没有附带手册。请换一份文本。"
    ),
    # settings
    "There is no setting {name}. The settings are {names}.": (
        "没有名为 {name} 的设置。可用的设置：{names}。"
    ),
    "There is no recipe {name}. The recipes are {names}.": (
        "没有名为 {name} 的方案。可用的方案：{names}。"
    ),
    "The held-out share must be between 0 and 0.5, not {value}.": (
        "留出比例须在 0 与 0.5 之间，而不是 {value}。"
    ),
    "Give epochs or seconds, not both.": "epochs（迭代周期）与 seconds（秒数）请只填一个。",
    "This model has {parameters:,} parameters, and a checkpoint can hold at most {most:,}. Use "
    "a smaller hidden_size or fewer layers.": (
        "该模型有 {parameters:,} 个参数，而检查点最多容纳 {most:,} 个。请减小 hidden_size（"
        "隐藏单元数）或 layers（层数）。"
    ),
    "truncate = epoch keeps the graph of {characters:,} characters in memory; at most {most:,} are "
    "allowed. Use a shorter text or truncate = minibatch.": (
        "truncate = epoch 会把 {characters:,} 个字符的计算图留在内存里，最多允许 {most:,} 个。"
        "请用更短的文本，或 truncate = minibatch。"
    ),
    "smoothing stores a number for each pair of {characters:,} characters and {symbols:,} "
    "symbols, and at most {most:,} are allowed. Use a shorter text or smoothing = 0.": (
        "smoothing（平滑）要为 {characters:,} 个字符与 {symbols:,} 种符号的每个组合存一个数，最"
        "多允许 {most:,} 个。请用更短的文本，或 smoothing = 0。"
    ),
    "truncate = epoch keeps the graph across an epoch, but random sampling starts every "
    "minibatch from scratch: choose sampling = sequential.": (
        "truncate = epoch 会在整个迭代周期内保留计算图，而随机采样使每个小批量重新开始：请选择 "
        "sampling = sequential（相邻采样）。"
    ),
    "Without epochs or seconds a run ends when the held-out perplexity stops improving, but "
    "nothing is held out: set validation, epochs or seconds.": (
        "没有 epochs 或 seconds 时，训练在留出文本的困惑度不再下降时结束，而现在没有留出：请设置"
        " validation（留出比例）、epochs 或 seconds。"
    ),
    "threads = {count:,}: this machine has {cores:,} CPU cores. Give at most that many, or none "
    "to let the size of the model decide.": (
        "threads = {count:,}：这台机器有 {cores:,} 个 CPU 核心可用。请勿超过，或用 none "
        "由模型大小决定。"
    ),
    "There is no GPU here: choose device = cpu.": "这里没有 GPU：请选 device = cpu。",
    "On a GPU choose precision = auto or float32.": "GPU 上请选 precision = auto 或 float32。",
    "On a GPU choose implementation = torch.": "GPU 上请选 implementation = torch。",
    # beyond what one user, or all of them, may take here
    "The uploaded files have {size} MB, and the limit for a run here is {most:,} MB. Choose a "
    "part of them.": "上传的文件共 {size} MB，这里一次训练最多 {most:,} MB。请只选其中一部分。",
    "{text} has {count:,} different characters, and the limit here is {most:,}. Choose a text "
    "with fewer.": (
        "{text}有 {count:,} 种不同的字符，这里最多 {most:,} 种。请换一份字符种类较少的文本。"
    ),
    "{text} has {count:,} characters, and the limit here is {most:,}. Choose a part of it.": (
        "{text}有 {count:,} 个字符，这里最多 {most:,} 个。请只选其中一部分。"
    ),
    "This model has {parameters:,} parameters, and the limit here is {most:,}. Use a smaller "
    "hidden_size or fewer layers.": (
        "该模型有 {parameters:,} 个参数，这里最多 {most:,} 个。请减小 hidden_size（隐藏单元数）"
        "或 layers（层数）。"
    ),
    "seconds = {value:g}: a run here may take at most {most:g} seconds. Give fewer; when it has "
    "ended, it can be continued for as long again.": (
        "seconds = {value:g}：这里一次训练最多 {most:g} 秒。请减少；结束后可以再接着训练同样长的"
        "时间。"
    ),
    "You have as many runs waiting or training as are allowed at once ({runs}). Stop one, or "
    "wait until one has ended.": (
        "你已有 {runs} 次训练在排队或进行，这里同时最多这么多。请停止其中一次，或等它结束。"
    ),
    "As many users from your network have runs waiting or training as are allowed at once ("
    "{users}). Wait until one of these runs has ended.": (
        "你所在的网络已有 {users} 位用户的训练在排队或进行，这里同时最多这么多。"
        "请等其中一次结束后再试。"
    ),
    "You already have {count} requests waiting: try again when one of them is done.": (
        "你已有 {count} 个请求在等待：请等其中一个得到回应后再试。"
    ),
    "Many users from your network are waiting right now: try again in a minute.": (
        "你所在的网络此刻有很多用户在等待：请过一分钟再试。"
    ),
    "There is no disk space for another run: it needs {needed} MB, and {used} of {most:,} MB "
    "are in use. Try again later, when older runs have been removed, or use a smaller text or "
    "model.": (
        "没有空间进行新的训练：需要 {needed} MB，而 {most:,} MB 中已用 {used} MB。"
        "请等旧的训练被清除后再试，或用更短的文本、更小的模型。"
    ),
    "There is no disk space to continue this run: it needs {needed} MB, and {used} of {most:,} "
    "MB are in use. Try again later, when older runs have been removed.": (
        "没有空间继续这次训练：需要 {needed} MB，而 {most:,} MB 中已用 {used} MB。"
        "请等旧的训练被清除后再试。"
    ),
    "Your runs, models and files take up {used} of the {most} MB that you have here, and this "
    "needs {needed} MB more. Delete some of your runs or models, or wait until old ones have "
    "been removed.": (
        "你的训练、模型和文件已占用 {most} MB 中的 {used} MB，还需要 {needed} MB。"
        "请删除你的一些训练或模型，或等旧的被清除。"
    ),
    "This needs {needed} MB, and each user has {most} MB here. Choose a smaller text or "
    "model.": "这需要 {needed} MB，而这里每位用户有 {most} MB。请选小一些的文本或模型。",
    "The runs, models and files of your network take up all the space that one network has "
    "here. Delete some of yours, or wait until old ones have been removed.": (
        "你所在网络的训练、模型和文件已占满这里给一个网络的空间。请删除你的一些，或等旧的被清除。"
    ),
    "There is no disk space for more starred runs. Remove the star from another one first, or "
    "download this model.": "没有空间保留更多加星的训练。请先取消另一次的星标，或下载这个模型。",
    # runs and models
    "There is no such run: it may have been removed. Train again.": (
        "没有这次训练，它可能已被清除。请重新训练。"
    ),
    "This run is still waiting or training: stop it, or wait until it has ended.": (
        "这次训练还在排队或进行：请停止它，或等它结束。"
    ),
    "This run cannot be read: {why}. Delete it, or start a new run.": (
        "无法读取这次训练：{why}。请删除它，或重新开始一次训练。"
    ),
    "This run has been continued so often that its log is full. Start a new run.": (
        "这次训练接续的次数太多，记录已满。请重新开始一次训练。"
    ),
    "This run cannot be resumed: {why}. What it has saved is kept; start a new run.": (
        "这次训练无法继续：{why}。已保存的内容都还在；请重新开始一次训练。"
    ),
    "The run could not be saved: {why}.": "训练无法保存：{why}。",
    "The run could not be saved in {path}: {why}.": "训练无法保存到 {path}：{why}。",
    "The app is shutting down: try again later.": "服务器正在关闭，请稍后再试。",
    "This run has not saved a model yet: wait a moment and try again.": (
        "这次训练还没有保存模型：请稍候再试。"
    ),
    "There is no model called {name}: give the name of one that came with the app, the id of a "
    "run, or owner/name of one on the Hub.": (
        "没有名为 {name} 的模型，它可能已被清除。请在列表中另选一个，或重新训练。"
    ),
    "There is no corpus in {path}: give the directory that a corpus was saved in.": (
        "{path} 里没有语料：请给出保存语料的目录。"
    ),
    "The corpus in {path} is damaged ({why}): train on the text again.": (
        "{path} 里的语料已损坏（{why}）：请用原文本重新训练。"
    ),
    # scoring and inspecting a text
    "There is nothing to score: the text needs, after its first character, at least one that the "
    "model knows.": "没有可评分的内容：除第一个字符外，文本中至少要有一个模型认识的字符。",
    "The model's numbers overflow on this text: choose another model.": (
        "模型读这段文本时数值溢出：请另选一个模型。"
    ),
    "A window must have at least 1 character.": "一个窗口至少要有 1 个字符。",
    # writing
    "The model's numbers overflow, so it cannot predict the next character: choose another "
    "model, or train again.": (
        "模型的数值溢出（训练已发散），无法给出下一个字符。请另选一个模型，或重新训练。"
    ),
    "This model has an empty vocabulary.": "该模型的词表是空的。",
    "A text and its prefix can have {most:,} characters together, and this one is full: copy it, "
    "or start again with a shorter prefix.": (
        "文本连同开头最多 {most:,} 个字符，现在已满：请复制文本，或用更短的开头重新开始。"
    ),
    "length = {value}: give 0 to {most:,} characters.": (
        "长度 = {value}：请填 0 到 {most:,} 个字符。"
    ),
    "alpha = {value}: give a number above 0.": "α = {value}：请填大于 0 的数。",
    "mode = {value}: choose greedy or sample.": "方式 = {value}：请选 greedy 或 sample。",
    "sentence_after = {value}: give a whole number of at least 0.": (
        "`sentence_after` = {value}：请填不小于 0 的整数。"
    ),
    "seed = {value}: give a whole number of at least 0.": (
        "随机种子 = {value}：请填不小于 0 的整数。"
    ),
    "seed = {value}: give a whole number from 0 to {most}, or leave it empty.": (
        "随机种子 = {value}：请填 0 到 {most} 的整数，或留空。"
    ),
    "Give at most {most} strings to stop at.": "停止字符串最多 {most} 个。",
    "stop = {value}: give a string of 1 to {most} characters.": (
        "停止字符串 = {value}：请填 1 到 {most} 个字符。"
    ),
    # any setting
    "{setting} = {value}: {wanted}.": "{setting} = {value}：{wanted}。",
}
