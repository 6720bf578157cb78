"""The feed of a run: the card gets only what changed, and all that it missed."""

import json

import launching
import pytest
from conftest import awaited
from run_events import checkpoint, end, progress, sample, start
from worker_runs import small

from charrnn.runs.app_lock import AppLock
from charrnn.runs.attempts import STARTED, Attempt
from charrnn.runs.run import Run
from charrnn.runs.view_ids import RunAccess
from charrnn.ui.run_card.feed import RunFeed, RunFeeds

context = launching.context


@pytest.fixture
def run(context):
    """A run of another app, which is alive: the test writes its events."""
    run = Run.create(context.runs.root, small())
    app = AppLock(context.runs.root)
    Attempt(0, app.name).write(run.directory / STARTED)
    yield run
    app.end()


class Card:
    """The card of a browser, updated as feed.js does."""

    def __init__(self, feed):
        self.feed, self.cursor, self.shown, self.sizes = feed, {}, {}, []

    def ask(self):
        awaited(self.feed.refresh())
        said = self.feed.changes_since(self.cursor)
        self.sizes.append(len(said or ""))
        changes = json.loads(said or "{}")
        if not changes:
            return self
        first = changes.pop("first")
        before = self.shown if first else {"columns": {}, "steps": []}
        changes["steps"] = before["steps"][:first] + changes["steps"]
        for name, column in changes["columns"].items():
            changes["columns"][name] = before["columns"].get(name, [])[:first] + column
        self.cursor = {name: changes.pop(name) for name in ("token", "version", "base")}
        self.cursor["points"] = len(changes["steps"])
        self.shown |= changes
        return self

    def expected(self):
        return json.loads(json.dumps(self.feed.view_model.value()))


def append_events(run, *events):
    for event in events:
        run.event_log.append(event)


def test_changes_add_up_to_the_whole_value(run, context):
    card, feed = None, RunFeed(context, RunAccess(run, run.id))
    again = start() | {"resumed_from": 300, "seconds": 30.0}
    chapters = [
        [start(), sample(0)],
        [progress(step) for step in range(1, 301)],
        [sample(300), checkpoint(300)],
        [progress(step, train=7.0) for step in range(301, 700)],  # more points than are drawn
        [end(700) | {"checkpoint": None}],
        [again, progress(301, train=6.0)],
    ]
    card = Card(feed)
    for chapter in chapters:
        for event in chapter:
            append_events(run, event)
            if event is chapter[-1] or event["event"] != "progress":
                card.ask()
        assert card.shown == card.expected()
    late = Card(feed).ask()
    assert late.shown == card.expected(), "who comes later sees the same"


def test_an_answer_has_only_what_is_new(run, context):
    append_events(run, start(), *(progress(step) for step in range(1, 301)))
    card = Card(RunFeed(context, RunAccess(run, run.id))).ask()
    card.ask()
    assert card.sizes[1] == 0, "nothing is new"
    append_events(run, progress(301))
    card.ask()
    assert card.sizes[2] < 600 < card.sizes[0]


def test_another_server_sends_the_whole_value_again(run, context):
    append_events(run, start(), progress(1), progress(2))
    card = Card(RunFeed(context, RunAccess(run, run.id))).ask()
    append_events(run, progress(3))
    card.feed = RunFeed(context, RunAccess(run, run.id))
    card.ask()
    assert card.shown["steps"] == [1, 2, 3] and card.shown == card.expected()


@pytest.mark.parametrize(
    "cursor",
    [{"version": "1"}, {"points": -5}, {"points": 10**30}, {"base": None}, {"points": True}],
)
def test_an_invalid_cursor_is_handled(run, context, cursor):
    append_events(run, start(), progress(1), progress(2))
    feed = RunFeed(context, RunAccess(run, run.id))
    awaited(feed.refresh())
    known = {"token": feed.token, "version": 0, "base": 0, "points": 1}
    assert json.loads(feed.changes_since(known | cursor))["steps"] in ([], [1, 2])


def test_a_run_that_was_killed_with_its_app_ends_as_interrupted(run, context):
    append_events(run, start(), progress(1))
    Attempt(0, ".app-that-is-gone").write(run.directory / STARTED)
    card = Card(RunFeed(context, RunAccess(run, run.id))).ask()
    assert card.shown["state"] == "interrupted" and run.has_ended


def test_a_run_that_is_gone_is_missing(context):
    poll = RunFeeds(context).poll
    for asked in ({"run": "0" * 32}, {}, "what", {"run": "../x"}, {"run": None, "wait": True}):
        answer = awaited(poll(asked))
        assert json.loads(answer.body) == {"missing": True}
