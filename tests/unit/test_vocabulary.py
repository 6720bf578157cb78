"""Characters to ids and back."""

import numpy as np
import pytest

from charrnn.vocabulary import UNKNOWN, Vocabulary, smallest_dtype


def test_unknown_is_symbol_0_then_by_frequency_then_by_code_point():
    assert Vocabulary.from_text("cabbac b").symbols == (UNKNOWN, "b", "a", "c", " ")


@pytest.mark.parametrize("text", ["hello\n", "不分开，分开", "🌊 tide\t🌊", ""])
def test_decoding_undoes_encoding(text):
    vocabulary = Vocabulary.from_text(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_encoding_is_the_same_whatever_the_length_of_the_text():
    # Longer than the pieces in which texts are encoded.
    text = "abc" * 700_000 + "海"
    vocabulary = Vocabulary.from_text(text)
    assert vocabulary.symbols == (UNKNOWN, "a", "b", "c", "海")
    ids = vocabulary.encode(text)
    assert len(ids) == len(text)
    assert ids[:6].tolist() == ids[-7:-1].tolist() == [1, 2, 3, 1, 2, 3]
    assert ids[-1] == 4


def test_an_unknown_character_is_encoded_as_0_and_decoded_visibly():
    vocabulary = Vocabulary.from_text("abc")
    assert vocabulary.encode("azb海").tolist() == [1, 0, 2, 0]
    assert vocabulary.decode([1, 0, 2]) == "a<unk>b"


def test_unknown_characters_are_listed_once_in_order_of_appearance():
    assert Vocabulary.from_text("abc").unknown("zaza海b海") == ["z", "海"]


@pytest.mark.parametrize(
    ("symbols", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (65_537, np.uint32)]
)
def test_ids_take_the_smallest_dtype_that_holds_them(symbols, dtype):
    assert smallest_dtype(symbols) == dtype


def test_a_text_of_more_than_255_characters_needs_two_bytes_an_id():
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 256)))
    assert Vocabulary.from_text(text[:255]).encode(text[:255]).dtype == np.uint8
    assert Vocabulary.from_text(text).encode(text).dtype == np.uint16


def test_vocabularies_of_the_same_symbols_are_equal():
    assert Vocabulary.from_text("aab") == Vocabulary([UNKNOWN, "a", "b"])
    assert Vocabulary.from_text("aab") != Vocabulary.from_text("abb")
    assert len({Vocabulary.from_text("aab"), Vocabulary.from_text("aba")}) == 1


@pytest.mark.parametrize(
    "symbols",
    [[], ["a", "b"], [UNKNOWN, "ab"], [UNKNOWN, "a", "a"], [UNKNOWN, ""], [UNKNOWN, "\ud83c"]],
)
def test_symbols_that_are_no_vocabulary_are_refused(symbols):
    with pytest.raises(ValueError):
        Vocabulary(symbols)
