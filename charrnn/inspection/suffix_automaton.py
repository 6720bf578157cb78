"""Find, for each place of a text, the longest span that ends there and occurs in another text.

A suffix automaton accepts exactly the substrings of one text. It has at most two states for each
character, and it is built in one pass (Blumer et al. 1985, "The smallest automaton recognizing the
subwords of a text"). The other text then runs through it once. Both take linear time for any text,
and the result is exact: no hashes are compared.
"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from ..utils.yield_points import yield_point

_CHARACTERS_PER_YIELD = 10_000  # which take some milliseconds

_ROOT = 0  # the state of the empty substring


class Match(NamedTuple):
    """The last `length` characters before a place, and where they end in the other text."""

    length: int
    other_end: int


class SuffixAutomaton:
    """All substrings of a text of N characters.

    A state stands for the substrings that end at the same places of the text. Each of them is a
    suffix of the longest one.

    Attributes:
        next: For each state, the next state by the next character.
        link: For each state, that of its longest suffix that ends at more places (the suffix link);
            −1 for the root.
        longest: For each state, the length of its longest substring.
        prefixes: The state of each prefix of the text but the empty one, (N,).
    """

    def __init__(self, text: str) -> None:
        """Build the automaton of `text`. There is a yield point every few milliseconds."""
        self.next: list[dict[str, int]] = [{}]
        self.link, self.longest = [-1], [0]
        self.prefixes: list[int] = []
        last = _ROOT
        for i, character in enumerate(text):
            if i % _CHARACTERS_PER_YIELD == 0:
                yield_point()
            last = self._append(last, character)
            self.prefixes.append(last)

    def _append(self, last: int, character: str) -> int:
        """Append a character to the text; return the state of the whole text.

        `last` is the state of the whole text before.
        """
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
        """Split off the substrings of the state `known` that now end at one more place."""
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

        There is a yield point every few milliseconds.
        """
        found = self._read(other)
        # Each suffix of a match is a match too.
        for state in sorted(range(1, len(found)), key=self.longest.__getitem__, reverse=True):
            suffix, match = self.link[state], found[state]
            if match.length and found[suffix].length < self.longest[suffix]:
                found[suffix] = Match(self.longest[suffix], match.other_end)
        return [self._match_of(state, found) for state in self.prefixes]

    def _match_of(self, state: int, found: list[Match]) -> Match:
        """Return the match of the longest suffix of a state's substrings that has a match."""
        passed = []
        while state > _ROOT and not found[state].length:
            passed.append(state)
            state = self.link[state]
        for one in passed:
            found[one] = found[state]  # no state is passed twice, so this takes linear time
        return found[state]

    def _read(self, other: str) -> list[Match]:
        """Return the longest match of each state in another text, which has length 0 for none."""
        following, link, longest = self.next, self.link, self.longest
        lengths, ends = [0] * len(link), [0] * len(link)
        state, length = _ROOT, 0
        characters = enumerate(other, start=1)
        for _ in range(0, len(other), _CHARACTERS_PER_YIELD):
            yield_point()
            for place, character in islice(characters, _CHARACTERS_PER_YIELD):
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
