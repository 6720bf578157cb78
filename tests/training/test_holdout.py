"""A held-out part that cannot tell what is learned: found before a run, said to its end."""

import io
import json
import random
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from run_events import checkpoint, end, progress, start, view_model
from small_runs import QUICK, named, run, with_changes

import charrnn
from charrnn.cli.training_output import show_training
from charrnn.corpus import Corpus
from charrnn.text import datasets
from charrnn.training.diagnosis import Diagnosis
from charrnn.training.events import stored_event
from charrnn.training.holdout import SENTENCES, HoldoutWarning, check
from charrnn.ui.run_card.strings import HOLDOUT
from charrnn.ui.train.request import OWN, TrainRequest
from charrnn.ui.train.summary import corpus_summary

TIDE, SONGS = datasets.load("tide-clock").text, datasets.load("songs").text
WORDS = sorted(set(re.findall("[a-z]{4,}", TIDE.lower())))
DICE = random.Random(0)
MIXED = DICE.sample(WORDS, len(WORDS))
FRENCH = (
    "Il était une fois, dans un petit village au bord de la mer, une vieille femme qui "
    "vivait seule avec son chat. Chaque matin, elle descendait vers le port pour acheter "
    "du poisson, et chaque soir elle regardait le soleil disparaître derrière les vagues."
    " Les enfants du village disaient qu'elle connaissait tous les secrets de la lune, et"
    " qu'elle parlait aux oiseaux pendant les longues nuits d'hiver. Un jour, un jeune "
    "marin frappa à sa porte. Il avait perdu son chemin dans le brouillard et cherchait "
    "un endroit où passer la nuit. La vieille femme lui offrit une soupe chaude, un "
    "morceau de pain et une place près du feu. Ils parlèrent longtemps, de la mer, des "
    "étoiles et des pays lointains que le marin avait visités. Quand le matin revint, le "
    "brouillard avait disparu, et le jeune homme aussi."
)
INDEX = "\n".join(f"{word}, {17 * i % 300}, {31 * i % 300}" for i, word in enumerate(WORDS))[:900]
LICENSE = Path("LICENSE").read_text()[:900]
DIGITS = "".join(DICE.choices("0123456789+-=", k=900))

NATURAL = {
    "a story": TIDE,
    "its beginning": TIDE[:1000],
    "lyrics": SONGS,
    "their beginning": SONGS[:3000],
    "a list": "\n".join(MIXED),
    "a log": "\n".join(f"2024-01-{i // 24 + 1:02} {i % 24:02}:00 request {i}" for i in range(600)),
    "numbers": "\n".join(map(str, range(2000))),
    "next to nothing": "ab" * 200,
    "one symbol": "a" * 400,
}
MISLEADING = {
    "an index": (TIDE[:8000] + INDEX, "unlike"),
    "a license": (TIDE[:8000] + LICENSE, "unlike"),
    "two languages": (TIDE[:7000] + FRENCH, "unlike"),
    "digits after a story": (TIDE[:8000] + DIGITS, "unlike"),
    "Chinese after a story": (TIDE[:8000] + SONGS[:900], "unlike"),
    "a story after lyrics": (SONGS[:8000] + TIDE[:900], "unlike"),
    "capitals": (TIDE[:8000] + TIDE[8000:8900].upper(), "unlike"),
    "a sorted list": ("\n".join(WORDS), "sorted"),
    "one sorted backwards": ("\n".join(reversed(WORDS)), "sorted"),
    "without case": ("\n".join(w.title() if len(w) % 2 else w for w in WORDS), "sorted"),
    "pasted twice": (TIDE[:8000] * 2, "copied"),
    "of many symbols": (SONGS[:3000] * 3, "copied"),
}


def codes(text, share=0.1):
    return [warning.code for warning in check(Corpus.from_text(text, validation=share))]


@pytest.mark.parametrize("text", NATURAL.values(), ids=NATURAL)
def test_nothing_is_said_of_a_text_whose_end_is_like_the_rest(text):
    assert codes(text) == codes(text, 0.02) == []


@pytest.mark.parametrize("text", [TIDE, SONGS, SONGS[:3000]])
def test_nothing_is_said_of_a_text_of_which_half_is_held_out(text):
    assert codes(text, 0.5) == []


@pytest.mark.parametrize(("text", "code"), MISLEADING.values(), ids=MISLEADING)
def test_an_end_that_misleads_is_found(text, code):
    assert codes(text) == [code]
    assert codes(text, 0.0) == [], "nothing is held out"


def test_a_passage_is_not_found_in_the_middle_of_characters():
    """With more than 256 symbols a character is two bytes: these are off by one everywhere."""
    pairs = list(range(1, 200))
    DICE.shuffle(pairs)
    rest = [256 * one + other for one, other in zip(pairs[:-1:2], pairs[1::2], strict=False)]
    off = [256 * one + other for one, other in zip(pairs[1:-1:2], pairs[2::2], strict=False)]
    text = "".join(map(chr, (*rest * 3, *off * 3)))
    corpus = Corpus.from_text(text, validation=0.5)
    shifted = Corpus(corpus.name, corpus.ids, corpus.vocabulary, 0.5)
    assert "copied" not in [warning.code for warning in check(shifted)]


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (INDEX, "It may be an index, a table or another appendix"),
        (LICENSE, "another language, or an appendix"),
        (FRENCH, "another language, or an appendix"),
        (SONGS[:900], "symbols that occur nowhere in the rest. It may be in another script"),
    ],
)
def test_the_kind_of_the_end_is_said_in_words_and_passages_are_offered(end, said):
    (warning,) = check(Corpus.from_text(TIDE[:8000] + end))
    message = warning.as_dict()["message"]
    assert said in message and "{" not in message
    assert warning.offer == "spread" and message.endswith("set holdout = spread.")


def test_what_is_offered_has_no_such_reason():
    for text, code in MISLEADING.values():
        corpus = Corpus.from_text(text)
        (warning,) = check(corpus)
        if warning.offer is None:
            assert code == "copied", "passages of a text that was pasted twice are in it twice"
            continue
        assert warning.offer == ("lines" if code == "sorted" else "spread")
        assert check(corpus.with_validation(None, warning.offer)) == []


def test_an_end_that_repeats_one_chapter_is_offered_passages():
    (warning,) = check(Corpus.from_text(TIDE[:40_000] + TIDE[2_000:6_000]))
    assert (warning.code, warning.offer) == ("copied", "spread")
    assert "word for word" in warning.as_dict()["message"]


def test_a_report_compares_the_held_out_part_with_the_rest():
    natural = Corpus.from_text(TIDE).report().comparison
    assert natural.unseen == 0 and natural.repeated == 0
    assert natural.nats == pytest.approx(natural.own_nats, rel=0.02)
    odd = Corpus.from_text(TIDE[:8000] + SONGS[:900]).report().comparison
    assert odd.unseen > 0.8 and odd.nats > 1.5 * odd.own_nats
    assert Corpus.from_text(TIDE[:8000] * 2).report().comparison.repeated == 1
    assert Corpus.from_text(TIDE[:500]).report().comparison is None, "too little to judge"


def test_the_figures_of_a_warning_are_in_its_sentence_in_either_language():
    for code, english in SENTENCES.items():
        fields = set(re.findall(r"\{(\w+)\}", english))
        assert set(re.findall(r"\{(\w+)\}", HOLDOUT[code][1])) == fields
    (warning,) = check(Corpus.from_text(TIDE[:8000] + DIGITS))
    assert warning.values["held_out"] > 100 > warning.values["uniform"] > warning.values["own"] > 1
    assert f"a uniform guess {warning.values['uniform']:.0f}." in warning.as_dict()["message"]


def test_a_run_says_it_before_its_first_step_and_keeps_a_model_that_has_learned(
    tmp_path, no_picture
):
    """By its perplexity on the digits, the best model would be the one that knows no letters."""
    corpus = Corpus.from_text(TIDE[:3000] + DIGITS[:330])
    config = with_changes(QUICK, epochs=16, prior=True)
    events = run(training=config, corpus=corpus, directory=tmp_path)
    assert [warning["code"] for warning in events[0]["warnings"]] == ["unlike"]
    json.dumps(events, allow_nan=False)
    reports, last = named(events, "progress"), events[-1]
    held = [p for event in reports if (p := event["validation_perplexity"]) is not None]
    assert min(held) < held[-1] and min(held) > events[0]["baselines"]["uniform"]
    assert last["kept_step"] == last["step"]
    assert last["validation_perplexity"] == held[-1]
    assert "memoriz" not in last["message"]
    (finding,) = last["findings"]
    assert finding["code"] == "unlike"
    assert finding["suggestion"] == {"code": "try-holdout", "field": "holdout", "value": "spread"}
    assert "The latest model" in last["message"]
    assert last["message"].endswith("from all over the text: holdout = spread.")
    kept = charrnn.load(tmp_path / "checkpoint")
    assert charrnn.score(kept, TIDE[:2000]).perplexity < 12


def test_the_model_of_the_first_steps_is_not_kept_for_an_end_of_another_kind():
    """On a sorted list, the perplexity of the last names rises from the first evaluation on."""
    corpus = Corpus.from_text("\n".join(WORDS))
    config = with_changes(QUICK, epochs=12, learning_rate=0.03)
    events = run(training=config, corpus=corpus)
    assert [warning["code"] for warning in events[0]["warnings"]] == ["sorted"]
    assert "memoriz" not in events[-1]["message"]
    assert events[-1]["kept_step"] > events[-1]["step"] / 4
    assert events[-1]["train_perplexity"] < 0.8 * events[0]["baselines"]["unigram"]


def test_a_held_out_part_of_another_kind_decides_once_a_uniform_guess_is_beaten(monkeypatch):
    nats = iter([9.0, 5.0, 7.0, 1.5, 1.0, 6.0, *[6.0] * 99])
    monkeypatch.setattr("charrnn.training.best_model.blocks_nats", lambda *_: next(nats))
    corpus = Corpus.from_text(TIDE[:3000] + DIGITS[:330])
    for epochs, kept in ((3, 3), (3 + 3, 2)):  # the latest of 9, 5, 7; the best of 1.5, 1, 6
        events = run(training=with_changes(QUICK, epochs=epochs), corpus=corpus)
        epoch = events[-1]["step"] // epochs
        assert events[-1]["kept_step"] == kept * epoch
        nats = iter([9.0, 1.0, 7.0, 6.0, 6.0, 6.0, 6.0])


def overfitting():
    falls = [progress(step, train=9 - step / 2, held=9 - step / 2) for step in range(1, 11)]
    return falls + [progress(10 + i, train=3.0 - i / 2, held=5.0 + i) for i in range(1, 4)]


def doubtful(code, **training):
    warning = HoldoutWarning(code, {"share": 5.0, "held_out": 60.0, "own": 6.0, "uniform": 9.0})
    return start(**training) | {"warnings": [warning.as_dict()]}


@pytest.mark.parametrize("code", ["unlike", "sorted"])
def test_a_rising_figure_of_an_end_that_misleads_is_not_called_learning_by_heart(code):
    diagnosis = Diagnosis()
    for event in (doubtful(code), *overfitting()):
        diagnosis.tell(event)
    assert diagnosis.finding().code == diagnosis.finding("finished").code == code
    value = view_model(
        doubtful(code), *overfitting(), checkpoint(10, held=4.0), end(13, held=4.0)
    ).value()
    assert value["diagnosis"]["kind"] == code
    assert value["diagnosis"]["change"] == ["validation", "0"]
    assert "留出" in value["diagnosis"]["what"]["zh"]


def test_a_run_without_an_end_is_not_told_to_hold_nothing_out():
    endless = doubtful("sorted", seconds=None)
    value = view_model(endless, *overfitting(), checkpoint(10, held=4.0), end(13, held=4.0)).value()
    assert value["diagnosis"]["try"]["en"] == "Shuffle the lines of the text."
    assert value["diagnosis"]["change"] is None


# Learned by heart


def test_a_run_with_nothing_held_out_that_recites_its_text_says_so():
    corpus = Corpus.from_text(TIDE[:400], validation=0.0)
    config = with_changes(QUICK, epochs=120, validation=0.0, learning_rate=0.02)
    last = run(training=config, corpus=corpus)[-1]
    assert last["train_perplexity"] < 1.3
    assert [finding["code"] for finding in last["findings"]] == ["by-heart"]
    assert "The model of step" in last["message"]


@pytest.mark.parametrize(
    ("train", "held", "warned", "said"),
    [
        (1.05, None, (), "by-heart"),
        (2.0, None, (), None),
        (1.05, 1.05, ("copied",), "copied"),
        (1.05, 3.0, ("copied",), None),
        (1.05, 1.2, (), None),
    ],
)
def test_by_heart_is_what_no_text_is_so_predictable_for(train, held, warned, said):
    began = start(validation=0.0 if held is None else 0.1)
    began["warnings"] = [HoldoutWarning(code, {"share": 90.0}).as_dict() for code in warned]
    diagnosis = Diagnosis()
    for event in (began, progress(200, train=train, held=held)):
        diagnosis.tell(event)
    assert diagnosis.finding() is None, "while it goes on"
    found = diagnosis.finding("finished")
    assert (found and found.code) == said


def test_a_model_that_reads_the_future_has_learned_nothing_by_heart():
    began = start(validation=0.0)
    began["model"] |= {"bidirectional": True}
    diagnosis = Diagnosis()
    for event in (began, progress(200, train=1.01, held=None)):
        diagnosis.tell(event)
    assert diagnosis.finding("finished") is None


# Where it is told


def printed_at_the_start(event):
    said = io.StringIO()
    with redirect_stdout(said):
        show_training(iter([event | {"seconds": 0.0}]))
    return said.getvalue()


def test_the_terminal_tells_it_before_the_run_with_the_flag_to_begin_again():
    event = doubtful("sorted")
    assert "note: The lines of the text are sorted" in printed_at_the_start(event)
    assert "--set" not in printed_at_the_start(event)
    event["warnings"] = [warning.as_dict() for warning in check(Corpus.from_text("\n".join(WORDS)))]
    assert "begin again with --set holdout=lines" in printed_at_the_start(event)


def test_the_terminal_tells_that_a_bidirectional_model_reads_the_future():
    event = start()
    assert "backwards" not in printed_at_the_start(event)
    event["model"] |= {"bidirectional": True}
    assert "note: This model also reads the text backwards" in printed_at_the_start(event)


def test_the_page_tells_it_beside_the_text_and_on_the_card_in_either_language():
    request = TrainRequest(corpus=OWN, paste="\n".join(WORDS))
    summary = corpus_summary(request, request.plan().corpus, "en")
    (told,), offer = summary["warnings"], summary["offer"]
    assert offer == "lines" and set(summary["comparison"]) >= {"unseen", "bits", "repeated"}
    assert told["code"] == "sorted"
    assert "are sorted" in told["en"] and "已排序" in told["zh"] and "{" not in told["zh"]
    (shown,) = view_model(doubtful("sorted")).value()["warnings"]
    assert shown["code"] == "sorted" and "only 5 %" in shown["en"]


def test_a_warning_of_a_newer_version_is_left_out():
    newer = {"code": "upside-down", "values": {"x": 1.0}, "message": "Turn it round."}
    other = {"code": "sorted", "values": {"part": 5.0}, "message": "It is sorted."}
    event = stored_event(start() | {"warnings": [newer, other]})
    assert view_model(event).value()["warnings"] == []
    assert stored_event(start())["warnings"] == []
    with pytest.raises(ValueError, match="warnings"):
        stored_event(start() | {"warnings": [{"values": {}}]})
