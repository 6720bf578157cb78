"""Messages as their real causes make them, in Chinese: nothing of them stays English.

The tables of `bad_input.py`, `bad_settings.py` and `bad_checkpoints.py` hold the messages that
other tests see raised; those that no table has are raised here.
"""

import errno
import os
import re
from pathlib import Path

import pytest
from bad_checkpoints import CHECKPOINTS
from bad_input import PLAIN, PNG, REFUSED, TRAPS, zipped
from bad_settings import WANTED, message, wrong
from test_bad_input import TOLD_ENCODINGS
from test_bad_settings import WRITTEN

from charrnn.checkpoint import load
from charrnn.corpus import Corpus, read_files, read_text
from charrnn.errors import UserError
from charrnn.hub.errors import in_words
from charrnn.model import ModelConfig
from charrnn.recipes import RECIPES, TIME_MACHINE, plan
from charrnn.runs.admission import check_plan, check_text, check_visitor
from charrnn.runs.limits import Limits
from charrnn.runs.request import kept
from charrnn.text import decode, file_types
from charrnn.training import TrainingConfig
from charrnn.ui import i18n
from charrnn.ui.i18n.errors_zh import encoding_in_chinese, name_in_chinese
from charrnn.ui.train.form import ENCODINGS
from charrnn.utils.config_fields import rules

NAMES = {
    *("ASCII", "BMP", "BOM", "CP", "EPUB", "Excel", "GIF", "GPU", "Hub", "JIS", "JPEG", "JSON"),
    *("MB", "MP3", "Office", "OpenDocument", "PDF", "PNG", "PowerPoint", "PyTorch", "RAR", "RTF"),
    *("SQLite", "Shift", "UTF", "Windows", "Word", "bzip2", "charrnn", "float32", "gzip", "xz"),
    *("safetensors", "txt", "zip"),
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


def refused(act, *arguments, **named):
    with pytest.raises(UserError) as caught:
        act(*arguments, **named)
    return caught.value.message


def of_tables():
    """The message of every row, by the table's name."""
    checkpoints = (f"This checkpoint cannot be opened: {why}." for _, why in CHECKPOINTS.values())
    typed = (
        (name, said) for name in WANTED for value, said in wrong(name) if isinstance(value, str)
    )
    kinds = [(kind, way_out) for _, kind, way_out in (*file_types._KINDS, *file_types._WEAK_KINDS)]
    instead = "choose a text file (.txt), or a .zip of them"
    return {
        "files": [said for _, said in REFUSED.values()],
        "kinds": [f"it.txt is {kind}, not a text: {out or instead}." for kind, out in kinds],
        "encodings": list(TOLD_ENCODINGS.values()),
        "settings": [message(name, said) for name, said in typed],
        "checkpoints": list(checkpoints),
        "generation": [said for said in WRITTEN.values() if said.endswith(".")],
    }


@pytest.mark.parametrize("table", of_tables())
def test_every_message_of_a_table_is_all_chinese(table):
    for said in of_tables()[table]:
        shown = i18n.problem(said, "zh")
        assert not shown.startswith(i18n.SHARED["problem-lead"][1]), f"not translated: {said}"
        assert english(shown) == [], shown
        assert "请请" not in shown and not re.search(r"[。，：、][。，：、]", shown), shown


OFFICE = [[f"{part}/document.xml", "[Content_Types].xml"] for part in ("word", "xl", "ppt", "x")]
DOCUMENTS = [*OFFICE, ["META-INF/container.xml"], ["mimetype", "content.xml"], ["m/data.pkl"]]


@pytest.mark.parametrize("members", DOCUMENTS, ids=lambda members: members[0])
def test_every_document_is_called_by_its_chinese_name(members):
    said = refused(decode, zipped(dict.fromkeys(members, "<x/>")), name="it.txt")
    assert english(i18n.problem(said, "zh")) == []


def test_what_stands_for_several_texts_is_translated(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("7")
    several = read_files([tmp_path / "a.txt", tmp_path / "b.txt"])
    packed = decode(zipped({"a.txt": "7", "b.txt": "8", "c.png": PNG}), name="x.zip")
    inside = zipped({"a.txt": b"\xff\xfe\xfd"})
    assert [name_in_chinese(text.name) for text in (several, packed)] == [
        "2 个文件", "x.zip（2 份文本，跳过 1 个文件）",
    ]  # fmt: skip
    nothing = refused(Corpus.from_text, packed, preparation=TIME_MACHINE)
    assert i18n.problem(nothing, "zh").startswith(
        "x.zip（2 份文本，跳过 1 个文件）没有留下任何内容"
    )
    said = refused(decode, inside, name="x.zip", encoding="utf-8")
    assert i18n.problem(said, "zh").startswith("x.zip 中的 a.txt 的编码不是 UTF-8：第 1 个字节不符")


@pytest.mark.parametrize(
    "code", [errno.EACCES, errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG]
)
def test_what_the_system_says_of_a_disk_is_translated(code):
    error = OSError(code, os.strerror(code), "/somewhere")

    def write():
        with kept(" in /somewhere"):
            raise error

    for said in (refused(write), in_words(error, "ada/model").message):
        assert english(i18n.problem(said, "zh")) == []


def of_settings(**settings):
    return lambda text: plan(text, settings=settings)


def of_limits(**limits):
    return lambda text: check_plan(plan(text), Limits(**limits))


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
        lambda text: plan(text, recipe="nonsense"),
        lambda text: check_text(text, Limits(characters=10)),
        lambda text: check_visitor("a", ["a"] * 3, Limits(runs_per_visitor=3)),
        lambda text: read_files([Path("x" * 300)]),
        lambda text: read_files([Path(__file__).parent]),
        lambda text: load("x" * 300),
    ],
)
def test_what_is_wrong_with_a_plan_a_visitor_or_a_path_is_translated(act):
    assert english(i18n.problem(refused(act, read_text(PLAIN * 40)), "zh")) == []


def test_the_encodings_of_a_report_are_translated():
    for _, _, encoding in TRAPS.values():
        shown = encoding_in_chinese(encoding)
        assert "unreadable" not in shown and "with" not in shown
    both = "UTF-8, GB18030 (1,234 unreadable characters replaced)"
    assert encoding_in_chinese(both) == "UTF-8、GB18030（替换了 1,234 个无法识别的字符）"
