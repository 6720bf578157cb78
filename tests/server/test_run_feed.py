"""What the card is told of a run: no more than is new, and all that was missed."""

import json

import pytest
from conftest import awaited
from launching import app_context
from run_events import checkpoint, end, progress, sample, start
from worker_runs import small

from charrnn.runs.ownership import STARTED, AppLock, Attempt
from charrnn.runs.run import Run
from charrnn.runs.view_ids import RunAccess
from charrnn.ui.run_card.feed import RunFeed, RunFeeds


@pytest.fixture
def context(tmp_path):
    with app_context(tmp_path) as context:
        yield context


@pytest.fixture
def run(context):
    """A run of another app, which is there: what it tells is written by the test."""
    run = Run.create(context.runs.root, small())
    app = AppLock(context.runs.root)
    Attempt(0, app.name).write(run.directory / STARTED)
    yield run
    app.end()


class Card:
    """What a browser has on its card, by the rules of feed.js."""

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

    def whole(self):
        return json.loads(json.dumps(self.feed.view_model.value()))


def tell(run, *events):
    for event in events:
        run.event_log.append(event)


def test_what_is_told_in_parts_is_the_whole(run, context):
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
            tell(run, event)
            if event is chapter[-1] or event["event"] != "progress":
                card.ask()
        assert card.shown == card.whole()
    late = Card(feed).ask()
    assert late.shown == card.whole(), "who comes later sees the same"


def test_a_frame_costs_what_is_new_in_it(run, context):
    tell(run, start(), *(progress(step) for step in range(1, 301)))
    card = Card(RunFeed(context, RunAccess(run, run.id))).ask()
    card.ask()
    assert card.sizes[1] == 0, "nothing is new"
    tell(run, progress(301))
    card.ask()
    assert card.sizes[2] < 600 < card.sizes[0]


def test_another_server_tells_all_of_it_again(run, context):
    tell(run, start(), progress(1), progress(2))
    card = Card(RunFeed(context, RunAccess(run, run.id))).ask()
    tell(run, progress(3))
    card.feed = RunFeed(context, RunAccess(run, run.id))
    card.ask()
    assert card.shown["steps"] == [1, 2, 3] and card.shown == card.whole()


@pytest.mark.parametrize(
    "cursor",
    [{"version": "1"}, {"points": -5}, {"points": 10**30}, {"base": None}, {"points": True}],
)
def test_nobody_can_ask_for_what_there_is_not(run, context, cursor):
    tell(run, start(), progress(1), progress(2))
    feed = RunFeed(context, RunAccess(run, run.id))
    awaited(feed.refresh())
    known = {"token": feed.token, "version": 0, "base": 0, "points": 1}
    assert json.loads(feed.changes_since(known | cursor))["steps"] in ([], [1, 2])


def test_a_run_that_was_killed_with_its_app_is_told_its_end(run, context):
    tell(run, start(), progress(1))
    Attempt(0, ".app-that-is-gone").write(run.directory / STARTED)
    card = Card(RunFeed(context, RunAccess(run, run.id))).ask()
    assert card.shown["state"] == "interrupted" and run.has_ended


def test_a_run_that_is_gone_is_missing(context):
    follow = RunFeeds(context).follow
    for asked in ({"run": "0" * 32}, {}, "what", {"run": "../x"}, {"run": None, "wait": True}):
        answer = awaited(follow(asked))
        assert json.loads(answer.body) == {"missing": True}
