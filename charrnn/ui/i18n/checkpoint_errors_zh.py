"""What is wrong with a checkpoint, in 简体中文, a part of `errors_zh.py`.

The English is in `charrnn.checkpoint`, its `metadata` and `history`, and in `charrnn.vocabulary`.
"""

from __future__ import annotations

from collections.abc import Mapping

CHECKPOINT_PROBLEMS: Mapping[str, str] = {
    "This checkpoint cannot be opened: {why}.": "无法打开这个检查点：{why}。",
    "A checkpoint holds {most} symbols at most.": (
        "检查点最多容纳 {most} 种符号，请用符号较少的文本。"
    ),
    "A checkpoint's configuration holds {most} MB at most: shorten the prefixes.": (
        "检查点的配置最多 {most} MB，请缩短开头。"
    ),
}

# Why it cannot be opened.
UNSOUND: Mapping[str, str] = {
    # the file
    "there is no checkpoint at {path}: give its directory or its model.safetensors": (
        "{path} 处没有检查点，请给出它的目录或其中的 model.safetensors"
    ),
    "{path} could not be read ({reason})": "{path} 无法读取（{reason}）",
    "{what} is not a file": "{what}不是普通文件",
    "{what} is larger than {size} MB": "{what}超过 {size} MB",
    "{what} is not a readable safetensors file": "{what}不是可读的 safetensors 文件",
    "it has {count} tensors, and {most} are allowed": "其中有 {count} 个张量，最多允许 {most} 个",
    # its configuration
    "its header": "文件头",
    "its configuration": "其中的配置",
    "{what} is not valid JSON": "{what}不是有效的 JSON",
    "{what} gives {name} twice": "{what}中 {name} 出现了两次",
    "the file holds weights but no charrnn configuration": "文件里只有权重，没有 charrnn 的配置",
    "config.json describes another model than model.safetensors": (
        "config.json 与 model.safetensors 描述的不是同一个模型"
    ),
    "its format is {format}; this charrnn reads 1": "其格式为 {format}，而此版本读取的是 1",
    "its model configuration does not have the settings of a charrnn model": (
        "其模型配置与 charrnn 模型的设置不符"
    ),
    "its prefixes are not a list of texts": "其 prefixes 不是文本列表",
    "its corpus's name is not a text": "其 corpus 的名称不是文本",
    "its corpus's number of characters is not a number": "其 corpus 的字符数不是数字",
    "its {key} is not a text": "其 {key} 不是文本",
    "its {key} is not a number": "其 {key} 不是数字",
    "its corpus": "其 corpus ",
    "its training": "其 training ",
    "its results": "其 results ",
    "its baselines": "其 baselines ",
    "{what} is not a JSON object": "{what}不是 JSON 对象",
    # its vocabulary
    "its vocabulary is empty": "其词表是空的",
    "its symbols are not a text, each of them one character": ("其符号表不是由单个字符组成的文本"),
    "it has {count} symbols, and {most} are allowed": "其中有 {count} 种符号，最多允许 {most} 种",
    "the symbols of a vocabulary must be distinct": "其符号表中有重复的符号",
    "a vocabulary cannot hold half of a surrogate pair": "其符号表中有不成对的代理码位",
    # its weights
    "its weights are not those of the model it describes": "其权重与它描述的模型不符",
    "{name} has another shape than the model it describes": "{name} 的形状与它描述的模型不符",
    "{name} is {dtype}, not float32": "{name} 的类型是 {dtype}，而不是 float32",
    "{name} holds numbers that are not finite": "{name} 含有非有限的数值",
    "its weights are so large that the model's numbers overflow": "其权重过大，模型的数值会溢出",
    # last, since it fits much: a setting of the model
    "{setting} = {value}: {wanted}": "{setting} = {value}，{wanted}",
}
