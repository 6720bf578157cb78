"""The longest match at each place of a text, checked against trying all of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.inspection import suffix_automaton
from charrnn.inspection.suffix_automaton import SuffixAutomaton
from charrnn.utils.yield_points import at_yield_points

FIBONACCI = ["a", "ab"]
while len(FIBONACCI[-1]) < 2000:
    FIBONACCI.append(FIBONACCI[-1] + FIBONACCI[-2])


@st.composite
def related_texts(draw):
    """Return a text that is put together from pieces of another, and letters of its own."""
    other = draw(st.text("abc", max_size=50))
    pieces = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(other)))
        pieces.append(other[start : draw(st.integers(start, len(other)))])
        pieces.append(draw(st.text("abX", max_size=3)))
    return "".join(pieces), other


@settings(max_examples=300, deadline=None)
@given(related_texts())
def test_the_longest_match_that_ends_after_each_character(texts):
    text, other = texts
    for end, match in enumerate(SuffixAutomaton(text).matches(other), start=1):
        assert match.length == max(n for n in range(end + 1) if text[end - n : end] in other)
        start = match.other_end - match.length
        assert other[start : match.other_end] == text[end - match.length : end]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("a" * 1000, ("a" * 999 + "b") * 20),
        ("ab" * 500, "ab" * 5000),
        (FIBONACCI[-1], FIBONACCI[-1][1:] * 5),
        ("".join(map(chr, range(1000))), "".join(map(chr, range(999, -1, -1))) * 5),
    ],
    ids=["one letter", "two letters", "Fibonacci words", "no repetition"],
)
def test_the_work_grows_only_with_the_lengths_of_the_texts(text, other):
    lookups = 0

    class Counted(dict):
        def get(self, *arguments):
            nonlocal lookups
            lookups += 1
            return super().get(*arguments)

    automaton = SuffixAutomaton(text)
    assert len(automaton.next) <= 2 * len(text)
    automaton.next = [Counted(following) for following in automaton.next]
    automaton.matches(other)
    assert lookups <= 2 * len(other) + 1


def test_others_take_their_turns_meanwhile(monkeypatch):
    monkeypatch.setattr(suffix_automaton, "_CHARACTERS_PER_YIELD", 10)
    turns = []
    with at_yield_points(lambda: turns.append(1)):
        SuffixAutomaton("ab" * 50).matches("ba" * 100)
    assert len(turns) == 10 + 20
