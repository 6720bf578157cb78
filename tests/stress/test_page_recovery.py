"""What the page knows of a run, whatever happens to the page, the network or the server."""

import json
import os
import re
import signal
import time

import pytest
from page import forget, wait_until_drawn
from worker_runs import ends, small, worker_of

from charrnn.runs.run import Run

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect
pytest_plugins = ["page"]

SECONDS = 1000


@pytest.fixture
def visitor(profiles, server):
    """A browser with English for its language, as somebody has it who was never here."""
    profile = profiles("en-US", 0)
    profile.set_default_timeout(60 * SECONDS)
    yield profile
    forget(profile, server.url)
    for request in server.runs.glob("*/run.json"):  # what a test that failed has left
        Run(request.parent).stop()


def visit(profile, server, address=""):
    page = profile.new_page()
    page.set_viewport_size({"width": 1148, "height": 900})
    page.goto(server.url + address)
    wait_until_drawn(page)
    page.evaluate("window.notReloaded = true")
    return page


def begin(page, recipe="Coffee"):
    page.get_by_role("radio", name="The Tide Clock").check()
    page.get_by_role("radio", name=recipe).check()
    page.get_by_role("button", name="Train on The Tide Clock").click()
    wait_for_state(page, "running")
    page.wait_for_function("window.charrnn.getShownRun().steps.length > 2")


def wait_for_state(page, state):
    page.wait_for_function(
        "state => document.querySelector('.run')?.dataset.state === state",
        arg=state,
    )


def stop(page):
    page.get_by_role("button", name="Stop and keep").click()
    wait_for_state(page, "stopped")


def run_of(page, server):
    card = page.locator(".run")
    expect(card).to_have_attribute("data-run", re.compile("."))
    return Run(server.runs / card.get_attribute("data-run"))


def steps_on(page):
    """Of the curve, as the card has them; at the end the last step is measured once more."""
    return list(dict.fromkeys(page.evaluate("window.charrnn.getShownRun().steps")))


def steps_in(run):
    """Of the curve, as events.jsonl has them: what was done twice counts once."""
    steps = []
    for event in run.read_events()[0]:
        if event["event"] == "start" and event["resumed_from"] is None:
            steps = [0] if event["started_from"] else []  # what the base knew is step 0
        elif event["event"] == "start":
            steps = [step for step in steps if step <= event["resumed_from"]]
        if event["event"] == "progress":
            steps.append(event["step"])
    return steps


SOON = 15.0  # seconds; one on an idle machine, but other tests keep this one busy: 8 were seen


def catches_up(page, run):
    """Seconds until the card is where the run was when this was asked."""
    began, there = time.monotonic(), steps_in(run)[-1]
    page.wait_for_function(
        "step => { const run = document.querySelector('.run');"
        "  const { steps } = window.charrnn.getShownRun();"
        "  return !run.classList.contains('run-disconnected') && steps.at(-1) >= step; }",
        arg=there,
        polling=20,
    )
    return time.monotonic() - began


def more_steps(run, count=3):
    """Wait until the run has told more."""
    before, deadline = len(steps_in(run)), time.monotonic() + 30
    while len(steps_in(run)) < before + count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_closed_tab_is_no_end_and_a_second_one_sees_the_same(visitor, server):
    first = visit(visitor, server)
    begin(first)
    run = run_of(first, server)
    first.close()
    more_steps(run)
    page = visit(visitor, server)
    assert run_of(page, server).id == run.id
    assert catches_up(page, run) < SOON
    second = visit(visitor, server)
    page.reload()
    wait_until_drawn(page)
    stop(second)
    wait_for_state(page, "stopped")
    assert steps_on(page) == steps_on(second) == steps_in(run)


def test_a_run_whose_id_never_reached_the_page_is_found_and_listed(visitor, profiles, server):
    """The line is cut after the button was pressed, and the page is closed."""
    page = visit(visitor, server)
    before, lost = set(server.runs.glob("*/run.json")), {}

    def lose(route):  # what is asked arrives, again and again, and nothing comes back
        lost.setdefault(route.request.post_data, []).append(route.fetch().text())
        route.abort()

    def begun():
        return [Run(path.parent) for path in set(server.runs.glob("*/run.json")) - before]

    page.route("**/queue/join*", lose)
    page.get_by_role("radio", name="Coffee").check()
    page.get_by_role("button", name="Train on The Tide Clock").click()
    deadline = time.monotonic() + 60
    while not lost or len([*lost.values()][-1]) < 3 or not begun():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
    assert all(len(set(answers)) == 1 for answers in lost.values()), "it is done once"
    (run,) = begun()
    assert run_heard(page) != run.id
    page.close()
    page = visit(visitor, server)
    expect(page.locator(".run")).to_have_attribute("data-run", run.id)
    page.wait_for_function(
        "run => JSON.parse(localStorage.getItem('charrnn:runs') ?? '[]')[0] === run", arg=run.id
    )
    other = visit(profiles("en-US", 1), server)
    assert run_heard(other) != run.id, "nobody else finds it"
    other.close()
    wait_for_state(page, "running")
    stop(page)


def run_heard(page):
    return page.locator(".run").get_attribute("data-run")


@pytest.fixture
def alone(visitor, browser):
    """As `visitor`, with a process for its only page: of several pages in one process, each hears
    that the line is back when the first of them has it."""
    context = browser.new_context(locale="en-US")
    context.set_default_timeout(60 * SECONDS)
    yield context
    context.close()


def test_a_cut_line_is_told_calmly_and_nothing_is_missed(alone, server):
    page = visit(alone, server)
    begin(page)
    run = run_of(page, server)
    page.get_by_role("radio", name="Your own").check()
    page.get_by_label("Paste a text").fill("typed before the line was cut")
    alone.set_offline(True)
    expect(page.locator(".run-status")).to_have_text("Connection lost")
    expect(page.locator(".run-note")).to_have_text(
        "Connection lost; the run continues. Reconnecting…"
    )
    expect(page.get_by_role("button", name="Stop and keep")).to_be_disabled()
    page.get_by_label("Paste a text").fill("typed while it was cut")
    more_steps(run)
    alone.set_offline(False)
    assert catches_up(page, run) < SOON
    expect(page.locator(".run-status")).to_contain_text("of 60 s")
    assert page.evaluate("window.notReloaded")
    expect(page.locator("#train-report")).to_contain_text("22 characters")
    stop(page)
    assert steps_on(page) == steps_in(run)


HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_hidden_page_asks_nothing_and_is_up_to_date_once_it_is_seen(visitor, server):
    page = visit(visitor, server)
    begin(page)
    run = run_of(page, server)
    page.evaluate(HIDE, True)
    page.wait_for_timeout(300)  # for what was under way
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    more_steps(run)
    assert asked == []
    page.evaluate(HIDE, False)
    assert catches_up(page, run) < SOON
    stop(page)
    assert steps_on(page) == steps_in(run)


def test_a_line_that_falls_silent_is_noticed(visitor, profiles, server):
    page = visit(profiles("en-GB", 0), server)  # a profile of its own, which keeps the clock
    begin(page)
    run = run_of(page, server)
    page.clock.install()
    hung = []
    page.route("**/gradio_api/**", lambda route: hung.append(route))  # no answer, no refusal
    page.clock.run_for(9000)
    expect(page.locator(".run-status")).to_have_text("Connection lost")
    page.clock.resume()
    page.unroute("**/gradio_api/**")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    assert catches_up(page, run) < SOON
    stop(page)
    assert steps_on(page) == steps_in(run)
    page.close()


def write(page):
    page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_selector(".generate-text span", state="attached")


def test_a_killed_server_interrupts_its_run_and_the_next_one_lets_it_go_on(visitor, server):
    page, writer = visit(visitor, server), visit(visitor, server)
    writer.get_by_role("tab", name="Generate").click()
    writer.get_by_role("spinbutton", name=re.compile("Length")).fill("2000")
    begin(page)
    run = run_of(page, server)
    write(writer)
    server.kill()
    expect(writer.get_by_role("button", name="Generate", exact=True)).to_be_visible()
    expect(page.locator(".run-status")).to_have_text("Connection lost")
    deadline = time.monotonic() + 30
    while not run.has_ended:
        assert time.monotonic() < deadline, "its worker should end by itself"
        time.sleep(0.02)
    server.start()
    assert catches_up(page, run) < SOON
    wait_for_state(page, "interrupted")
    step = run.read_events()[0][-1]["step"]
    expect(page.locator(".run-status")).to_have_text(f"Interrupted at step {step:,}")
    expect(page.locator(".run-note")).to_contain_text("can be resumed from here")
    assert steps_on(page) == steps_in(run)

    page.get_by_role("button", name="Resume").click()
    write(writer)
    assert writer.evaluate("window.notReloaded")
    wait_for_state(page, "running")
    more_steps(run)
    stop(page)
    assert page.evaluate("window.notReloaded")
    assert ends(run) == ["stopped", "stopped"]
    again = [event for event in run.read_events()[0] if event["event"] == "start"][-1]
    assert again["resumed_from"] == step
    assert steps_on(page) == steps_in(run)
    expect(page.get_by_role("button", name="Keep training")).to_be_enabled()
    page.get_by_role("button", name="Generate with it").click()
    expect(page.locator("#generate-checkpoint input")).to_have_value(re.compile("Tide Clock"))


def test_a_run_of_which_nothing_was_saved_can_be_started_again(visitor, server):
    run = Run.create(server.runs, small(seconds=60))
    run.enqueue(".app-that-is-gone")
    page = visit(visitor, server, f"/?run={run.id}")
    wait_for_state(page, "interrupted")
    expect(page.locator(".run-status")).to_have_text("Interrupted")
    expect(page.locator(".run-note")).to_contain_text("before anything of this run was saved")
    page.get_by_role("button", name="Start again").click()
    wait_for_state(page, "running")
    stop(page)
    assert steps_on(page) == steps_in(run)


def test_the_user_s_runs_are_listed_and_each_can_be_seen(visitor, server):
    page = visit(visitor, server)
    summary = page.locator(".recent-runs summary")
    expect(summary).to_have_text("Your runs")
    summary.click()
    expect(page.locator(".recent-runs-note")).to_contain_text("None yet in this browser")
    begin(page)
    first = run_of(page, server)
    rows = page.locator(".recent-runs-list li")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Training")
    os.kill(worker_of(first), signal.SIGTERM)
    wait_for_state(page, "interrupted")
    expect(rows.first).to_contain_text("Interrupted")
    second = Run.create(server.runs, small(epochs=1))
    list(second.train())
    page.goto(f"{server.url}/?run={second.id}")
    wait_for_state(page, "finished")
    expect(summary).to_have_text("Your runs · 2")
    summary.click()
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("cats.txt")
    expect(rows.first).to_contain_text("Finished")
    expect(rows.first.locator(".recent-runs-show")).to_have_attribute("aria-current", "true")
    rows.last.locator(".recent-runs-show").click()
    wait_for_state(page, "interrupted")
    assert run_of(page, server).id == first.id and page.url == server.url + "/"
    assert steps_on(page) == steps_in(first)
    page.reload()
    wait_for_state(page, "interrupted")
    assert json.loads(page.evaluate("localStorage.getItem('charrnn:runs')"))[0] == second.id


# Holds what the stream of results brings while `window.held` is a promise.
HOLD = """() => {
  const send = window.fetch.bind(window);
  window.fetch = async (resource, options) => {
    const response = await send(resource, options);
    if (!String(resource.url ?? resource).includes("queue/data")) return response;
    const reader = response.body.getReader();
    const body = new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read();
        await window.held;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
}"""


def test_an_event_is_answered_though_its_stream_had_ended_before_the_page_knew(visitor, server):
    page, errors = visitor.new_page(), []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.add_init_script(f"({HOLD})()")
    page.goto(server.url)
    wait_until_drawn(page)
    generate, streams = page.locator("#tab-generate-button"), []
    page.wait_for_timeout(2 * SECONDS)  # until no event is pending
    page.evaluate("window.held = new Promise((release) => { window.release = release; }); 0")
    page.on("request", lambda request: "queue/data" in request.url and streams.append(request))
    with page.expect_response("**/queue/join*"):
        generate.click()  # which asks for the list of models
    page.wait_for_timeout(2 * SECONDS)  # until the server has ended the stream
    with page.expect_response("**/queue/join*"):
        page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_timeout(1 * SECONDS)
    assert len(streams) == 1, "the page believes that its stream goes on"
    page.evaluate("window.release()")
    expect(page.locator(".generate-text .s9").first).to_be_attached()
    expect(page.locator(".generate-status")).not_to_contain_text("writing")
    assert errors == []
