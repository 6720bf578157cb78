"""Where a text ends: after a sentence, in English and in Chinese; the field Stop at."""

import pytest

from charrnn.errors import UserError
from charrnn.generation import generate, generate_many
from charrnn.generation.config import GenerationConfig
from charrnn.generation.stopping import Ending, sentence_ends
from charrnn.ui.generate.events import stop_strings


def cut(text, after):
    """The text as it is written, character by character, until it ends."""
    ending, written = Ending((), after), ""
    for character in text:
        if ending.is_before(character):
            break
        written += character
        assert not ending.is_reached(character)
    return written


@pytest.mark.parametrize(
    ("text", "after", "written"),
    [
        ("It rained. He left. She did", 0, "It rained."),
        ("It rained. He left. She did", 12, "It rained. He left."),
        ("It rained. He left. She did", 19, "It rained. He left."),
        ("It rained. He left. She did", 20, "It rained. He left. She did"),
        ("Mr. Hyde met Dr. J. Lanyon. Then", 0, "Mr. Hyde met Dr. J. Lanyon."),
        ("It was I. Then", 0, "It was I."),
        ("About 3.14 of it! Then", 0, "About 3.14 of it!"),
        ("“Is it so?” he said. Then", 0, "“Is it so?”"),
        ("What?! No", 0, "What?!"),
        ("Well... Then", 0, "Well..."),
        ("A title\n\nThe text", 0, "A title\n"),
        ("One line\nand another", 0, "One line\nand another"),
        ("The end.\nThen", 0, "The end."),
        ("他走了。她也走了。后来", 0, "他走了。"),
        ("他走了。她也走了。后来", 5, "他走了。她也走了。"),
        ("他说：“走吧！”她不答。", 0, "他说：“走吧！”"),
        ("真的？！那好", 0, "真的？！"),
        ("等等……他说", 0, "等等……他说"),
    ],
)
def test_a_sentence_ends_where_a_reader_says_so(text, after, written):
    assert cut(text, after) == written


def test_nothing_ends_before_it_has_begun():
    assert not sentence_ends("", " ") and not sentence_ends("\n", "\n")


def test_a_text_ends_with_a_sentence_within_its_length(checkpoint):
    """The small model writes any of its symbols; a blank line is the end of a sentence."""
    text = generate(checkpoint, "ab", 2_000, seed=5)
    shorter = generate(checkpoint, "ab", 2_000, seed=5, sentence_after=100)
    assert text.startswith(shorter) and len(shorter) >= 102
    assert len(shorter) == len(text) or text[len(shorter) - 1 : len(shorter) + 1] == "\n\n"
    configs = [GenerationConfig(300, seed=seed, sentence_after=10) for seed in range(4)]
    alone = [generate(checkpoint, "b", 300, seed=seed, sentence_after=10) for seed in range(4)]
    assert generate_many(checkpoint, "b", configs) == alone


@pytest.mark.parametrize("value", [-1, 2.5, "many"])
def test_a_wrong_number_is_refused(value):
    with pytest.raises(UserError) as refusal:
        GenerationConfig(sentence_after=value)
    assert refusal.value.field == "sentence_after"


@pytest.mark.parametrize(
    ("typed", "strings"),
    [("", ()), (None, ()), ("###", ("###",)), ("\\n\\n", ("\n\n",)), (" ", (" ",)), (5, ())],
)
def test_the_field_stop_at_takes_one_text_with_line_ends(typed, strings):
    assert stop_strings(typed) == strings
