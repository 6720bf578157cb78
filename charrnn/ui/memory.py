"""What the browser remembers: the model chosen in the Generate tab, and the visitor's own runs.

All in the browser's own storage and read the moment an event needs it: no event waits for
another that might bring the value later. The choice is kept for each browser tab, since the text
of a tab is too, and for the browser, where a new tab begins. Nothing is lost but the memory where
storage is denied.
"""

from __future__ import annotations

from dataclasses import dataclass

KEPT = 8  # runs

# An event with this as its `js` brings what is remembered as its last input, and which model the
# run card shows.
RECALL = """(...given) => {
  const memory = {chosen: null, runs: [], shown: document.querySelector(".run")?.dataset.model};
  try {
    const chosen = "charrnn:model";
    memory.chosen = sessionStorage.getItem(chosen) ?? localStorage.getItem(chosen);
    memory.runs = JSON.parse(localStorage.getItem("charrnn:runs") ?? "[]");
  } catch (denied) { console.info("nothing is remembered:", denied.name); }
  return [...given.slice(0, -1), memory];
}"""

# The visitor has chosen a model.
CHOSEN = """(key) => {
  try {
    for (const kept of [sessionStorage, localStorage]) kept.setItem("charrnn:model", key);
  } catch (denied) { console.info("the choice is not remembered:", denied.name); }
}"""

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


@dataclass(frozen=True)
class Memory:
    """What came from a browser: a key chosen earlier, or None, and the ids of its runs; `shown` is
    the key of the model that the run card shows."""

    chosen: str | None = None
    runs: tuple[str, ...] = ()
    shown: str | None = None

    @classmethod
    def of(cls, brought: object) -> Memory:
        """Whatever an event brought, which may be anything, as a memory."""
        if not isinstance(brought, dict):
            return cls()
        chosen, runs = brought.get("chosen"), brought.get("runs")
        known = [run for run in runs if isinstance(run, str)] if isinstance(runs, list) else []
        shown = brought.get("shown")
        return cls(_key(chosen), tuple(known[:KEPT]), _key(shown))


def _key(brought: object) -> str | None:
    return brought if isinstance(brought, str) and brought else None
