"""What a person is told when something is wrong, in Chinese as well as in English."""

import ast
import io
import re
import zipfile
from pathlib import Path

import pytest

from charrnn.corpus import Corpus, read_text
from charrnn.errors import UserError
from charrnn.generation import continuation
from charrnn.model import ModelConfig
from charrnn.text import decode, read_files
from charrnn.training import TrainingConfig
from charrnn.ui import i18n
from charrnn.ui.generate.stream import blank
from charrnn.ui.i18n.errors_zh import PROBLEMS, in_chinese
from charrnn.ui.i18n.parts_zh import ENCODINGS, PARTS
from charrnn.ui.train.request import OWN, Wish
from charrnn.utils.config_fields import _wanted, rules, split

SOURCE = Path(i18n.__file__).parents[2]

# Said to programs and on the command line only, never on the page.
ENGLISH_ONLY = (
    *("cli/", "loading.py", "hub/space.py", "ui/api.py", "ui/operations.py", "ui/mcp_server/"),
    *("evaluation.py", "runs/limits.py"),
)
NOT_ON_THE_PAGE = (
    "{} already holds a run. Go on with it (resume=True), or choose another directory.",
    "{} already holds a run. Go on with it (--resume), or choose another directory.",
    "{} is not the name of a Space: write it as owner/name.",
)


def template(node):
    """A message with `{}` where an f-string has a value; None for one made elsewhere."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return None


def raised(name=re.compile(r"\w*(User|Empty|NotText)Error")):
    """Every message that the source gives to an error of these names, and its file."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
            if called and name.fullmatch(node.func.id) and (message := template(node.args[0])):
                yield path.relative_to(SOURCE).as_posix(), message


MESSAGES = sorted({message for file, message in raised() if not file.startswith(ENGLISH_ONLY)})


@pytest.mark.parametrize("message", [m for m in MESSAGES if m not in NOT_ON_THE_PAGE])
def test_every_message_of_the_source_has_its_chinese(message):
    said = in_chinese(message.replace("{}", "7"))
    assert said, "put it into charrnn/ui/i18n/errors_zh.py"
    words_only = re.sub("`.*?`", "", said)
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", words_only), "half of it is English still"


@pytest.mark.parametrize("known", PROBLEMS)
def test_every_chinese_sentence_is_of_a_message_that_the_source_still_has(known):
    filled = re.sub(r"\{\w+\}", "7", known)
    patterns = [re.escape(message).replace(r"\{\}", "(.*)") for message in MESSAGES]
    assert any(re.fullmatch(pattern, filled, re.DOTALL) for pattern in patterns)


@pytest.mark.parametrize("message", sorted({m for _, m in raised(re.compile("DownloadError"))}))
def test_why_a_download_failed_is_said_in_chinese(message):
    why = message.replace("{}", "7")
    said = in_chinese(
        f"T could not be downloaded ({why}). Without a network, use an embedded text: a, b — or "
        "give a file of your own."
    )
    assert why not in said


@pytest.mark.parametrize(
    "template_and_chinese",
    [*PROBLEMS.items(), *PARTS.items(), *ENCODINGS.items()],
    ids=lambda pair: pair[0][:40],
)
def test_no_value_is_lost_or_made_up(template_and_chinese):
    english, chinese = (set(re.findall(r"\{(\w+)\}", text)) for text in template_and_chinese)
    assert english == chinese


@pytest.mark.parametrize("config", [ModelConfig, TrainingConfig])
def test_what_each_setting_takes_is_said_in_chinese(config):
    for name, rule in rules(config).items():
        said = in_chinese(f"{name} = ?: {_wanted(rule)}.").partition("：")[2]
        for code in (*rule.choices, "none", "true", "false"):
            said = said.replace(code, "")
        assert not re.search("[A-Za-z]{2}", said)


def zipped(name="a.txt", data=b"text"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


def setting(**settings):
    return lambda checkpoint: split(settings, ModelConfig, TrainingConfig)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda c: Corpus.from_text(read_text("a")), "粘贴的文本太短：模型学习的是"),
        (lambda c: read_text(" "), "粘贴的文本是空的，请换一份有内容的文本。"),
        (lambda c: Wish(corpus=OWN).text(), "请先粘贴文本或上传文件"),
        (lambda c: decode(b"\0\1\2" * 99, name="x.bin"), "x.bin 不是纯文本"),
        (lambda c: decode(b"%PDF-1.7", name="书.pdf"), "书.pdf 是 PDF，不是文本：请先把其中的文字"),
        (lambda c: decode(zipped("x.png", b"\x89PNG\r\n\x1a\n"), name="x.zip"), "x.zip 里没有文本"),
        (lambda c: decode(zipped()[:-9], name="x.zip"), "x.zip 是损坏的 zip 压缩包"),
        (lambda c: decode(b"\xff\xfe\xfd", name="x", encoding="utf-8"), "第 1 个字节不符"),
        (lambda c: decode(b"a", name="x", encoding="utf-99"), "没有名为 'utf-99' 的编码"),
        (lambda c: read_files([Path("/no/such/file.txt")]), "没有 /no/such/file.txt 这个文件"),
        (setting(hidden_size="0"), "hidden_size = 0：请填 1 到"),
        (setting(cell="elman"), "cell = elman：请选 tanh、relu"),
        (setting(clip="loose"), "clip = loose：请填"),
        (setting(colour="red"), "没有名为 'colour' 的设置"),
        (lambda c: continuation(c, seed=-1), "随机种子 = -1：请填不小于 0 的整数。"),
        (lambda c: continuation(c, alpha=0.0), "α = 0.0：请填大于 0 的数。"),
        (lambda c: continuation(c, length=-1), "长度 = -1：请填 0 到 1,000,000 个字符。"),
        (lambda c: blank("a" * 20_001), "一页最多 20,000 个字符，现在已满"),
    ],
)
def test_what_a_visitor_most_likely_meets(act, said, checkpoint):
    with pytest.raises(UserError) as caught:
        act(checkpoint)
    shown = i18n.problem(caught.value.message, "zh")
    assert said in shown
    assert i18n.problem(caught.value.message, "en") == caught.value.message


def test_what_is_not_known_is_led_in_and_what_is_chinese_already_is_left_alone():
    assert i18n.problem("Something else.", "zh") == "请检查：Something else."
    broken = i18n.SHARED["broken"][1]
    assert i18n.problem(broken, "zh") == broken
