"""/inspect, /find_units and /novelty, called as anyone would: by gradio_client over HTTP."""

import endpoints
import pytest
from endpoints import ask, refusal

from charrnn.inspection import find_units, inspect

small, context, url, client = endpoints.small, endpoints.context, endpoints.url, endpoints.client
TEXT = "abcdefg\n" * 40


def test_inspect_tells_of_each_character(client, small):
    told = ask(client, "/inspect", checkpoint="small", text=TEXT + "ß")
    assert told["characters"] == list(TEXT + "ß")
    assert told["surprisal"][0] is None and told["surprisal"][-1] is None
    bits = sum(value for value in told["surprisal"] if value is not None)
    figures = ask(client, "/score", checkpoint="small", text=TEXT + "ß")
    expected = figures["bits_per_character"] * figures["characters"]
    assert bits == pytest.approx(expected, rel=1e-8)
    assert told["summary"]["perplexity"] == pytest.approx(figures["perplexity"])
    expected = inspect(small, TEXT).as_dict()
    assert told["candidates"][:-1] == expected["candidates"]
    assert told["probabilities"][5] == pytest.approx(expected["probabilities"][5])


def test_find_units_finds_what_the_package_finds(client, small):
    told = ask(client, "/find_units", checkpoint="small", text=TEXT, concept="/b/")
    assert told == [unit.as_dict() for unit in find_units(small, TEXT, "/b/")]
    assert told[0]["score_held_out"] > 0.9


def test_novelty_compares_two_texts(client):
    told = ask(client, "/novelty", generated=TEXT[:40], training_text=TEXT)
    assert (told["longest"], told["copied"], told["new_ngrams"]["8"]) == (40, 1, 0)


@pytest.mark.parametrize(
    ("endpoint", "arguments", "words"),
    [
        ("/inspect", {"checkpoint": "small", "text": ""}, "nothing to score"),
        ("/inspect", {"checkpoint": "small", "text": 3}, "text = 3: give a text"),
        ("/inspect", {"checkpoint": "small", "text": "a" * 100_001}, "at most 100,000"),
        ("/inspect", {"checkpoint": "../small", "text": "ab"}, "There is no model called"),
        (
            "/find_units",
            {"checkpoint": "small", "text": "ab", "concept": "x"},
            "give one of quotes",
        ),
        (
            "/find_units",
            {"checkpoint": "small", "text": "ab", "concept": "/(/"},
            "is not a regular",
        ),
        ("/find_units", {"checkpoint": "small", "text": "ab", "concept": "/a/"}, "too few such"),
        ("/novelty", {"generated": "", "training_text": "a"}, "nothing to compare"),
        ("/novelty", {"generated": "a", "training_text": "a" * 2_000_001}, "at most 2,000,000"),
        ("/novelty", {"generated": "a" * 100_001, "training_text": "a"}, "at most 100,000"),
    ],
)
def test_bad_input_is_refused_with_a_message(client, endpoint, arguments, words):
    assert words in refusal(client, endpoint, **arguments)
