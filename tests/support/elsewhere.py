"""A page of another site, open in the visitor's own browser, that tries to act as the visitor.

with elsewhere() as address:
    page.goto(address)
    answers = attack(page, app, components(config), key)
"""

from contextlib import contextmanager

from hub_server import listening
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

REPO = "ada/stolen"
SESSION = "elsewhere"

# The ways in which a page can send JSON: without and with a question beforehand (a preflight)
# whether it may; without reading the answer; and as nobody.
WAYS = [
    {"credentials": "include", "headers": {"Content-Type": "text/plain"}},
    {"credentials": "include", "headers": {"Content-Type": "application/json"}},
    {"credentials": "include", "mode": "no-cors"},
    {"credentials": "omit", "headers": {"Content-Type": "application/json"}},
]
ASK = """async ({ app, calls, ways }) => {
  const answers = [];
  for (const way of ways) for (const [path, body] of calls) {
    try {
      const request = { ...way, method: "POST", body: JSON.stringify(body) };
      const answer = await fetch(`${app}/gradio_api/${path}`, request);
      answers.push(`${answer.status} ${await answer.text()}`);
    } catch (error) {
      answers.push(String(error));
    }
  }
  return answers;
}"""
REFUSED = "TypeError: Failed to fetch"

# The body of a form is `name=value`: with its quotation marks in the name, that is JSON.
SUBMIT = """({ app, call: [path, body] }) => {
  const form = document.body.appendChild(document.createElement("form"));
  const field = form.appendChild(document.createElement("input"));
  Object.assign(form, { method: "POST", enctype: "text/plain" });
  form.action = `${app}/gradio_api/${path}`;
  field.name = `${JSON.stringify(body).slice(0, -1)},"rest":"`;
  field.value = '"}';
  form.submit();
}"""


@contextmanager
def elsewhere(name="127.0.0.1"):
    """The address of an empty page on another port of this machine, which is called `name`."""
    page = HTMLResponse("<!doctype html><title>Elsewhere</title><body>")
    with listening(Starlette(routes=[Route("/", lambda request: page)])) as address:
        yield address.replace("127.0.0.1", name)


def components(config):
    """The numbers of the parts of the app's page that answer and push, by its public config."""
    ids = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
    push = [ids["push"], "push"]
    (event,) = [one["id"] for one in config["dependencies"] if push in one["targets"]]
    return {"push": ids["push"], "search": ids["hub-search"], "event": event}


def attack(page, app, parts, key):
    """Ask for the account and the private models, and push the model `key` to `REPO`, in each
    of `WAYS` and by a form: all that the page can read of the answers, three of each way."""

    def call(component, function, data):
        told = {"component_id": parts[component], "fn_name": function, "data": data}
        return "component_server", told | {"session_hash": SESSION}

    def push(push_id):
        asked = {"push_id": push_id, "key": key, "repo": REPO, "license": "mit", "private": False}
        told = {"data": [None], "fn_index": parts["event"], "trigger_id": parts["push"]}
        return "queue/join", told | {"event_data": asked, "session_hash": SESSION}

    calls = [
        call("push", "account_status", None),
        call("search", "search", {"mine": True}),
        push("fetch"),
    ]
    answers = page.evaluate(ASK, {"app": app, "calls": calls, "ways": WAYS})
    with page.expect_navigation():
        page.evaluate(SUBMIT, {"app": app, "call": push("form")})
    return answers
