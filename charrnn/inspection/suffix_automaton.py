"""Find, for each place of a text, the longest stretch that ends there and stands in another text.

A suffix automaton reads exactly the substrings of one text. It has at most two states for each
character, and it is built in one pass (Blumer et al. 1985, "The smallest automaton recognizing the
subwords of a text"). The other text then runs through it once. Both take time in proportion to the
length of the text, whatever the texts are, and no hashes are compared.
"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from ..utils.yield_points import yield_point

_CHARACTERS_PER_SLICE = 10_000  # that take some milliseconds

_ROOT = 0  # the state of the empty substring


class Match(NamedTuple):
    """The last `length` characters before a place, and where they end in the other text."""

    length: int
    other_end: int


class SuffixAutomaton:
    """All substrings of a text of N characters.

    A state stands for the substrings that end in the same places of the text; each of them is a
    suffix of the longest one. The arrays have one entry for each state.

    next: the state after one more character, by character.
    link: the state of the longest suffix that ends in more places; -1 for the root.
    longest: the length of the longest substring.
    prefixes: the state of each prefix of the text, by its length minus one, (N,).
    """

    def __init__(self, text: str) -> None:
        """Build the automaton of `text`. It has yield points."""
        self.next: list[dict[str, int]] = [{}]
        self.link, self.longest = [-1], [0]
        self.prefixes: list[int] = []
        last = _ROOT
        for i, character in enumerate(text):
            if i % _CHARACTERS_PER_SLICE == 0:
                yield_point()
            last = self._append(last, character)
            self.prefixes.append(last)

    def _append(self, last: int, character: str) -> int:
        """Add the suffixes that a new last character makes; `last` is the state of all before."""
        new = self._add_state({}, _ROOT, self.longest[last] + 1)
        state = last
        while state >= 0 and character not in self.next[state]:
            self.next[state][character] = new
            state = self.link[state]
        if state < 0:
            return new
        known = self.next[state][character]
        if self.longest[known] > self.longest[state] + 1:
            known = self._split(state, character, known)
        self.link[new] = known
        return new

    def _split(self, state: int, character: str, known: int) -> int:
        """Give those substrings of `known` a state of their own that end in one more place now."""
        length = self.longest[state] + 1
        part = self._add_state(self.next[known].copy(), self.link[known], length)
        while state >= 0 and self.next[state].get(character) == known:
            self.next[state][character] = part
            state = self.link[state]
        self.link[known] = part
        return part

    def _add_state(self, following: dict[str, int], link: int, longest: int) -> int:
        self.next.append(following)
        self.link.append(link)
        self.longest.append(longest)
        return len(self.next) - 1

    def matches(self, other: str) -> list[Match]:
        """Return the longest match with `other` that ends after each character of the text, (N,).

        It has yield points.
        """
        found = self._read(other)
        # A match is also one of each of its suffixes.
        for state in sorted(range(1, len(found)), key=self.longest.__getitem__, reverse=True):
            suffix, match = self.link[state], found[state]
            if match.length and found[suffix].length < self.longest[suffix]:
                found[suffix] = Match(self.longest[suffix], match.other_end)
        return [self._match_of(state, found) for state in self.prefixes]

    def _match_of(self, state: int, found: list[Match]) -> Match:
        """Return the match of the longest suffix of this state's substrings that has one."""
        passed = []
        while state > _ROOT and not found[state].length:
            passed.append(state)
            state = self.link[state]
        for one in passed:
            found[one] = found[state]  # so that no state is passed twice
        return found[state]

    def _read(self, other: str) -> list[Match]:
        """Read another text; return the longest match in each state, as far as there was one."""
        following, link, longest = self.next, self.link, self.longest
        lengths, ends = [0] * len(link), [0] * len(link)
        state, length = _ROOT, 0
        characters = enumerate(other, start=1)
        for _ in range(0, len(other), _CHARACTERS_PER_SLICE):
            yield_point()
            for place, character in islice(characters, _CHARACTERS_PER_SLICE):
                after = following[state].get(character)
                while after is None and state:
                    state = link[state]
                    length = longest[state]
                    after = following[state].get(character)
                if after is None:
                    continue
                state = after
                length += 1
                if length > lengths[state]:
                    lengths[state], ends[state] = length, place
        return list(map(Match, lengths, ends))
