"""How a character was drawn, as the page shows it: the sampler's own random number, or nothing."""

import pytest

import charrnn
from charrnn.generation.prefill import line_start
from charrnn.ui.generate.random_draw import RandomDraw
from charrnn.ui.generate.stream import next_char_table

SEED = 11


@pytest.mark.parametrize("alpha", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("prefix", ["ab", ""])
def test_a_draw_falls_on_the_character_that_the_sampler_wrote(checkpoint, alpha, prefix):
    text = charrnn.generate(checkpoint, prefix, 300, alpha=alpha, seed=SEED)
    read = text if prefix else line_start(checkpoint.vocabulary) + text
    first = len(read) - 300
    for index in (0, 1, 2, 17, 255, 256, 299):  # the sampler draws 256 numbers at a time
        before, written = read[: first + index], read[first + index]
        table = next_char_table(checkpoint, before, written, RandomDraw(SEED, alpha, index))
        (fell_on,) = (
            symbol
            for symbol, begin, end in table["draw"]["symbols"]
            if begin <= table["draw"]["number"] < end
        )
        assert fell_on == written
    assert table["draw"]["alpha"] == alpha


def test_the_line_of_a_draw_has_each_symbol_as_wide_as_its_q(checkpoint):
    written = charrnn.generate(checkpoint, "ab", 1, alpha=2.0, seed=SEED)[-1]
    table = next_char_table(checkpoint, "ab", written, RandomDraw(SEED, 2.0, 0))
    widths = {symbol: end - begin for symbol, begin, end in table["draw"]["symbols"]}
    for one in charrnn.generation.top_candidates(checkpoint, "ab", alpha=2.0):
        assert widths[one.character] == pytest.approx(one.q, abs=1e-6)
    assert sum(widths.values()) == pytest.approx(1)
    order = [symbol for symbol, _, _ in table["draw"]["symbols"]]
    assert order == list(checkpoint.vocabulary.symbols[1:])


def test_a_draw_that_did_not_write_the_character_is_not_shown(checkpoint):
    written = charrnn.generate(checkpoint, "ab", 1, seed=SEED)[-1]
    other = next(c for c in checkpoint.vocabulary.symbols[1:] if c != written)
    draw = RandomDraw(SEED, 1.0, 0)
    assert next_char_table(checkpoint, "ab", other, draw)["draw"] is None
    assert next_char_table(checkpoint, "ab", "☃", draw)["draw"] is None, "unknown to the model"
    assert next_char_table(checkpoint, "ab", None, draw)["draw"] is None
    assert next_char_table(checkpoint, "ab", written)["draw"] is None


def test_a_draw_from_a_browser_is_checked():
    asked = {"seed": 3, "alpha": 1, "index": 0}
    assert RandomDraw.from_json(asked) == RandomDraw(3, 1.0, 0)
    for wrong in (
        *(None, 7, [], {}, asked | {"seed": None}, asked | {"seed": "3"}, asked | {"seed": True}),
        *(asked | {"seed": -1}, asked | {"seed": 2**31}, asked | {"index": -1}),
        *(asked | {"index": 10**9}, asked | {"alpha": 0}, asked | {"alpha": float("nan")}),
        *(asked | {"alpha": float("inf")}, asked | {"alpha": "1"}),
    ):
        assert RandomDraw.from_json(wrong) is None
