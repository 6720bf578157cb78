"""What the browser remembers: the model chosen in the Generate tab, the visitor's own runs, and
what they have opened from elsewhere.

All in the browser's own storage and read the moment an event needs it: no event waits for
another that might bring the value later. The choice is kept for each browser tab, since the text
of a tab is too, and for the browser, where a new tab begins. Nothing is lost but the memory where
storage is denied.
"""

from __future__ import annotations

from dataclasses import dataclass

KEPT = 8  # runs, and models opened


# An event with this as its `js` brings what is remembered as its last input, and which model is to
# be used, once one was (header.js).
RECALL = """(...given) => {
  const memory = {chosen: null, runs: [], opened: [], used: window.charrnnUsed};
  try {
    const chosen = "charrnn:model";
    memory.chosen = sessionStorage.getItem(chosen) ?? localStorage.getItem(chosen);
    memory.runs = JSON.parse(localStorage.getItem("charrnn:runs") ?? "[]");
    memory.opened = JSON.parse(localStorage.getItem("charrnn:opened") ?? "[]");
  } catch (denied) { console.info("nothing is remembered:", denied.name); }
  return [...given.slice(0, -1), memory];
}"""

# The model that the run card shows is to be used; and: the chooser has its first model, so that one
# to be used may follow (header.js).
USE_RUN = """() => {
  const key = document.querySelector(".run")?.dataset.model;
  window.dispatchEvent(new CustomEvent("charrnn-use", {detail: {key}}));
}"""
WELCOMED = """() => {
  window.charrnnWelcomed = true;
  window.dispatchEvent(new Event("charrnn-welcomed"));
}"""

# The visitor has chosen a model; one from the Hub, or a file, is among what they have opened.
CHOSEN = f"""(key) => {{
  try {{
    for (const kept of [sessionStorage, localStorage]) kept.setItem("charrnn:model", key);
    const opened = JSON.parse(localStorage.getItem("charrnn:opened") ?? "[]");
    if (!/\\/|^upload-/.test(key) || opened.includes(key)) return;
    localStorage.setItem("charrnn:opened", JSON.stringify([key, ...opened].slice(0, {KEPT})));
    window.dispatchEvent(new Event("charrnn-opened"));
  }} catch (denied) {{ console.info("the choice is not remembered:", denied.name); }}
}}"""

# The visitor has a run: the latest comes first, and one looked at again stays in its place.
OWN_RUN = f"""(run) => {{
  if (!run) return;
  try {{
    const runs = JSON.parse(localStorage.getItem("charrnn:runs") ?? "[]");
    if (runs.includes(run)) return;
    localStorage.setItem("charrnn:runs", JSON.stringify([run, ...runs].slice(0, {KEPT})));
    window.dispatchEvent(new Event("charrnn-runs"));
  }} catch (denied) {{ console.info("the run is not remembered:", denied.name); }}
}}"""

# A run is about to begin: its id is made here and kept before the server hears of it, so that a
# connection that is cut meanwhile loses nothing. With this as its `js` an event brings the id, as
# its last input, in an object.
NEW_RUN = """(...given) => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const run = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    localStorage.setItem("charrnn:begun", run);
  } catch (denied) { console.info("the run is not remembered:", denied.name); }
  return [...given.slice(0, -1), { run }];
}"""

# And with this, the id of the run that was begun last, if nothing was heard of it since, and the
# ids of all runs that this browser began.
UNHEARD = """(...given) => {
  let run = null, runs = [];
  try {
    const begun = localStorage.getItem("charrnn:begun");
    runs = JSON.parse(localStorage.getItem("charrnn:runs") ?? "[]");
    if (!runs.includes(begun)) run = begun;
  } catch (denied) { console.info("nothing is remembered:", denied.name); }
  return [...given.slice(0, -1), { run, runs }];
}"""


@dataclass(frozen=True)
class Memory:
    """What came from a browser: a key chosen earlier, or None, the ids of its runs, and the keys of
    models that it opened; `used` is the key of the model that was to be used last."""

    chosen: str | None = None
    runs: tuple[str, ...] = ()
    used: str | None = None
    opened: tuple[str, ...] = ()

    @classmethod
    def of(cls, brought: object) -> Memory:
        """Whatever an event brought, which may be anything, as a memory."""
        if not isinstance(brought, dict):
            return cls()
        chosen, used = _key(brought.get("chosen")), _key(brought.get("used"))
        return cls(chosen, _keys(brought.get("runs")), used, _keys(brought.get("opened")))

    @property
    def keys(self) -> list[str]:
        """The models that are the visitor's: runs, opened ones, the chosen one, the one in use."""
        return [*self.runs, *self.opened, *filter(None, (self.chosen, self.used))]


def begun(brought: object) -> str | None:
    """The id that `NEW_RUN` or `UNHEARD` brought, if it did."""
    return _key(brought.get("run")) if isinstance(brought, dict) else None


def own_runs(brought: object) -> tuple[str, ...]:
    """The ids of the runs that the browser began, as `UNHEARD` brought them."""
    return _keys(brought.get("runs")) if isinstance(brought, dict) else ()


def _keys(brought: object) -> tuple[str, ...]:
    listed = brought if isinstance(brought, list) else []
    return tuple([key for key in listed if isinstance(key, str)][:KEPT])


def _key(brought: object) -> str | None:
    return brought if isinstance(brought, str) and brought else None
