"""Messages as their causes raise them, in Chinese: nothing of them stays English."""

import copy
import errno
import io
import json
import os
import pickle
import re
import zipfile
from pathlib import Path

import pytest
from bad_input import PLAIN, PNG, REFUSED, TRAPS, zipped
from bad_settings import WANTED, wrong

from charrnn.checkpoint import load
from charrnn.corpus import Corpus
from charrnn.errors import Message, UserError, os_reason
from charrnn.generation.config import GenerationConfig
from charrnn.hub.errors import to_user_error
from charrnn.model import ModelConfig
from charrnn.recipes import RECIPES, TIME_MACHINE
from charrnn.runs.admission import check_client, check_plan, check_text
from charrnn.runs.limits import Limits
from charrnn.runs.manifest import disk_errors_as_user_errors
from charrnn.runs.plan import make_plan
from charrnn.text import decode, read_files, read_text
from charrnn.training import TrainingConfig
from charrnn.ui import i18n
from charrnn.ui.generate.stream import new_passage
from charrnn.ui.train.form_layout import ENCODINGS
from charrnn.ui.train.request import OWN, TrainRequest
from charrnn.utils.config_fields import assign_settings, rules

NAMES = {
    *("ASCII", "BMP", "BOM", "CP", "EPUB", "Excel", "GIF", "GPU", "Hub", "JIS", "JPEG", "JSON"),
    *("MB", "MP3", "Office", "OpenDocument", "PDF", "PNG", "PowerPoint", "PyTorch", "RAR", "RTF"),
    *("SQLite", "Shift", "UTF", "Windows", "Word", "bzip2", "charrnn", "float32", "gzip", "xz"),
    *("csv", "safetensors", "txt", "zip"),
}
RULES = {**rules(ModelConfig), **rules(TrainingConfig)}
CODES = NAMES | {*RULES, *RECIPES, *ENCODINGS, "true", "false", "none"}
CODES |= {choice for rule in RULES.values() for choice in rule.choices}
GIVEN = (  # what comes from outside: names of files and tensors, keys, values that were typed
    r"[\w\\/.\u202e…-]+\.(?:txt|zip|bin|json|npy|safetensors)",
    r"'[^']*'",
    r"(?<= = ).*?(?=[：，])|(?<=其格式为 ).*?(?=，)",
    r"recurrence\.\S+|W_hq|(?<=类型是 )\w+",
    r"(?<=其 ).*?(?= (?:不是|的))",
    r"(?<=中 ).*?(?= 出现了两次)",
    r"^无法打开这个检查点：(?:it|zero|x+…)(?= )",
    r"（\\u202e.*?）",
    r"/\S+|x{40,}…?|\\u[0-9a-f]{4}",
)


def english(said):
    """The words of a Chinese sentence that are neither names nor given by the user."""
    for given in GIVEN:
        said = re.sub(given, "", said)
    words_left = re.findall(r"(?<!\d)[A-Za-z_][A-Za-z0-9_-]*", said)
    return [word for word in words_left if not {word, re.sub(r"-\d+$", "", word)} & CODES]


def chinese(act, *arguments, **named):
    """The Chinese message of the UserError that a call raises."""
    with pytest.raises(UserError) as caught:
        act(*arguments, **named)
    assert i18n.translate_error(caught.value, "en") == caught.value.message
    said = i18n.translate_error(caught.value, "zh")
    assert "请请" not in said and not re.search(r"[。，：、][。，：、]", said), said
    return said


@pytest.mark.parametrize("data", [data for data, _ in REFUSED.values()], ids=REFUSED)
def test_a_file_that_is_no_text_is_refused_in_chinese_only(data):
    said = chinese(lambda: Corpus.from_text(decode(data, name="it.txt")))
    assert english(said) == [], said


def test_an_uploaded_picture_gives_a_whole_chinese_sentence(tmp_path):
    picture = tmp_path / "tide.png"
    picture.write_bytes(REFUSED["a picture"][0])
    said = chinese(TrainRequest(corpus=OWN, files=(str(picture),)).load_text)
    assert said == "tide.png 是 PNG 图片，不是文本：请选择文本文件（.txt）或其 .zip 压缩包。"


@pytest.mark.parametrize("name", WANTED)
def test_a_setting_that_cannot_be_is_refused_in_chinese_only(name):
    for value, _ in wrong(name):
        said = chinese(assign_settings, {name: value}, ModelConfig, TrainingConfig)
        assert english(said.partition("：")[2]) == [], said


def setting(**settings):
    return lambda checkpoint: assign_settings(settings, ModelConfig, TrainingConfig)


def packed(name="a.txt", data=b"text"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda c: Corpus.from_text(read_text("a")), "粘贴的文本太短：模型学习的是"),
        (lambda c: read_text(" "), "粘贴的文本是空的，请换一份有内容的文本。"),
        (lambda c: TrainRequest(corpus=OWN).load_text(), "请先粘贴文本或上传文件"),
        (lambda c: decode(b"\0\1\2" * 99, name="x.bin"), "x.bin 不是纯文本"),
        (lambda c: decode(b"%PDF-1.7", name="书.pdf"), "书.pdf 是 PDF，不是文本：请先把其中的文字"),
        (lambda c: decode(packed("x.png", b"\x89PNG\r\n\x1a\n"), name="x.zip"), "x.zip 里没有文本"),
        (lambda c: decode(packed()[:-9], name="x.zip"), "x.zip 是损坏的 zip 压缩包"),
        (lambda c: decode(b"\xff\xfe\xfd", name="x", encoding="utf-8"), "第 1 个字节不符"),
        (lambda c: decode(b"a", name="x", encoding="utf-99"), "没有名为 'utf-99' 的编码"),
        (lambda c: read_files([Path("/no/such/file.txt")]), "没有 /no/such/file.txt 这个文件"),
        (setting(hidden_size="0"), "hidden_size = 0：请填 1 到"),
        (setting(cell="elman"), "cell = elman：请选 tanh、relu"),
        (setting(clip="loose"), "clip = loose：请填"),
        (setting(colour="red"), "没有名为 'colour' 的设置。可用的设置：cell、"),
        (lambda _: GenerationConfig(seed=-1), "随机种子 = -1：请填不小于 0 的整数。"),
        (lambda _: GenerationConfig(alpha=0.0), "α = 0.0：请填大于 0 的数。"),
        (lambda _: GenerationConfig(length=-1), "长度 = -1：请填 0 到 1,000,000 个字符。"),
        (lambda c: new_passage("a" * 20_001), "文本连同开头最多 20,000 个字符，现在已满"),
    ],
)
def test_common_mistakes_are_told_in_chinese(act, said, checkpoint):
    assert said in chinese(act, checkpoint)


OFFICE = [[f"{part}/document.xml", "[Content_Types].xml"] for part in ("word", "xl", "ppt", "x")]
DOCUMENTS = [*OFFICE, ["META-INF/container.xml"], ["mimetype", "content.xml"], ["m/data.pkl"]]


@pytest.mark.parametrize("members", DOCUMENTS, ids=lambda members: members[0])
def test_every_document_is_called_by_its_chinese_name(members):
    said = chinese(decode, zipped(dict.fromkeys(members, "<x/>")), name="it.txt")
    assert english(said) == []


def test_the_name_of_several_texts_is_translated(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("7")
    several = read_files([tmp_path / "a.txt", tmp_path / "b.txt"])
    archive = decode(zipped({"a.txt": "7", "b.txt": "8", "c.png": PNG}), name="x.zip")
    assert [i18n.translate_message(text.name, "zh") for text in (several, archive)] == [
        "2 个文件", "x.zip（2 份文本，跳过 1 个文件）",
    ]  # fmt: skip
    nothing = chinese(Corpus.from_text, archive, preparation=TIME_MACHINE)
    assert nothing.startswith("x.zip（2 份文本，跳过 1 个文件）没有留下任何内容")
    misfit = zipped({"a.txt": b"\xff\xfe\xfd"})
    said = chinese(decode, misfit, name="x.zip", encoding="utf-8")
    assert said.startswith("x.zip 中的 a.txt 的编码不是 UTF-8：第 1 个字节不符")


@pytest.mark.parametrize(
    "code", [errno.EACCES, errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG]
)
def test_what_the_system_says_of_a_disk_is_translated(code):
    error = OSError(code, os.strerror(code), "/somewhere")

    def write():
        with disk_errors_as_user_errors(Path("/somewhere")):
            raise error

    def push():
        raise to_user_error(error, "ada/model")

    assert english(chinese(write)) == [] and english(chinese(push)) == []


def of_settings(**settings):
    return lambda text: make_plan(text, settings=settings)


def of_limits(**limits):
    return lambda text: check_plan(make_plan(text), Limits(**limits))


@pytest.mark.parametrize(
    "act",
    [
        of_settings(epochs=1, seconds=1),
        of_settings(batch_size=4096, steps=4096),
        of_settings(hidden_size=4096, layers=8),
        of_settings(hidden_size=""),
        of_settings(truncate="epoch", sampling="random"),
        of_settings(seconds="", validation=0),
        of_settings(device="cuda", precision="bfloat16"),
        of_settings(colour="red"),
        of_limits(characters=10),
        of_limits(symbols=3),
        of_limits(parameters=9),
        of_limits(seconds=1),
        lambda text: make_plan(text, recipe="nonsense"),
        lambda text: check_text(text, Limits(characters=10)),
        lambda text: check_client("a", ["a"] * 3, Limits(runs_per_visitor=3)),
        lambda text: read_files([Path("x" * 300)]),
        lambda text: read_files([Path(__file__).parent]),
        lambda text: load("x" * 300),
    ],
)
def test_what_is_wrong_with_a_plan_a_user_or_a_path_is_translated(act):
    assert english(chinese(act, read_text(PLAIN * 40))) == []


@pytest.mark.parametrize("data", [data for data, _, _ in TRAPS.values()], ids=TRAPS)
def test_the_encoding_of_a_report_is_translated(data):
    encoding = i18n.translate_message(decode(data, name="it.txt").encoding, "zh")
    assert not {"with", "unreadable", "Korean"} & set(encoding.split())


def test_the_encodings_of_several_texts_are_translated(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_bytes(TRAPS["half a pair in UTF-8"][0])
    read = read_files([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert read.encoding == "UTF-8, UTF-8 (1 unreadable character replaced)"
    assert (
        i18n.translate_message(read.encoding, "zh") == "UTF-8、UTF-8（替换了 1 个无法识别的字符）"
    )


def test_a_message_is_written_as_json_with_its_template_and_values():
    full = Message("No space left on device")
    error = UserError(
        "{path}: {why}; {names}, {n:,}.", path=Path("a"), why=full, names=["b"], n=1e3
    )
    assert json.loads(json.dumps(error.message.as_json())) == {
        "message": "a: No space left on device; b, 1,000.0.",
        "template": "{path}: {why}; {names}, {n:,}.",
        "values": {"path": "a", "why": full.as_json(), "names": ["b"], "n": 1000},
    }


def test_a_message_survives_being_copied_and_sent_to_another_process():
    message = Message("{name} holds {count:,} files", name="{odd}", count=1000)
    for again in (copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert again == message and (again.template, again.values) == (
            message.template, message.values,
        )  # fmt: skip


def test_an_error_takes_over_the_message_of_another_one():
    first = UserError("{text} is empty. Choose a text with something in it.", text="{odd}")
    again = UserError(first.message, field="checkpoint")
    assert again.field == "checkpoint" and again.template == first.template
    assert pickle.loads(pickle.dumps(first)).message == first.message


def test_only_the_system_s_own_words_are_translated():
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert i18n.translate_message(os_reason(full), "zh") == "磁盘空间不足"
    assert not isinstance(os_reason(OSError(errno.ENOSPC, "something else")), Message)
    assert os_reason(OSError()) == "OSError"
