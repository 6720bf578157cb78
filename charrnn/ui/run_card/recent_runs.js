// The list of the user's recent runs (see recent_runs.py). The browser keeps their ids
// (browser_state.py); the server describes them only while the list is open.

import { component, emit, listen, STORAGE, locale } from "../page/runtime.js";
import { forgetRun, kept } from "../page/browser_state.js";
import { formatPerplexity, listTools } from "../page/list_tools.js";

export function mount(host) {
  const { props, server, find, setText, t, words } = component(host);

  const box = find(".recent-runs");
  const list = find(".recent-runs-list");

  const { timeAgo, editName, confirmDelete } = listTools({ words, t, setText, props });
  let requests = 0;
  let timer = null;

  function rowOf(run, current) {
    const item = document.createElement("li");
    const show = item.appendChild(document.createElement("button"));
    show.type = "button";
    show.className = "recent-runs-show";
    show.dataset.state = run.state;
    if (run.problem) show.title = run.problem[locale];
    if (current) show.setAttribute("aria-current", "true");
    const name = run.name || run.title[locale];
    const state = words[run.state].split(/[,，]/)[0]; // the card shows the whole text
    for (const [part, text] of [
      ["name", name],
      ["state", state],
      ["figure", formatPerplexity(run.perplexity)],
      ["when", timeAgo(run.when)],
    ]) {
      const span = show.appendChild(document.createElement("span"));
      span.className = `recent-runs-${part}`;
      span.appendChild(document.createElement("span")).textContent = text;
    }
    const label = show.firstChild.appendChild(document.createElement("span"));
    label.className = "recent-runs-label"; // a long name is cut short before it
    label.textContent = run.label[locale];
    show.addEventListener("click", () => emit("charrnn-show-run", run.run));
    const rename = item.appendChild(document.createElement("button"));
    rename.type = "button";
    rename.className = "recent-runs-rename";
    rename.textContent = "✎";
    rename.title = words.rename;
    rename.setAttribute("aria-label", t("rename-of", { name }));
    rename.addEventListener("click", () =>
      editName(item, run.name, (newName) => saveName(run, newName)),
    );
    if (!["running", "stopping"].includes(run.state)) item.append(deleteButton(run, name));
    return item;
  }

  async function saveName(run, name) {
    const answer = name === null ? {} : await server.rename({ run: run.run, name });
    list.replaceChildren();
    await refresh();
    setText(find(".recent-runs-note"), answer ? (answer.problem ?? "") : words.unreachable);
    if (name !== null) emit("charrnn-runs-changed"); // for the cards on the Models tab, and the dropdown of models
  }

  function deleteButton(run, name) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "recent-runs-delete";
    confirmDelete(button, "✕", name, async () => {
      const answer = await server.remove(run.run);
      if (answer?.deleted) forgetRun(run.run);
      else setText(find(".recent-runs-note"), answer?.problem ?? words.unreachable);
    });
    return button;
  }

  async function refresh() {
    const ids = kept(STORAGE.runs);
    find("summary").textContent = ids.length ? `${words.yours} · ${ids.length}` : words.yours;
    if (!box.open || list.querySelector(".rename:focus")) return;
    const thisRequest = ++requests;
    const runs = ids.length ? await server.list_runs(ids) : [];
    if (thisRequest !== requests) return;
    const shown = document.querySelector(".run")?.dataset.run;
    const focused = list.contains(document.activeElement)
      ? [...list.children].indexOf(document.activeElement.closest("li"))
      : -1;
    if (runs) list.replaceChildren(...runs.map((run) => rowOf(run, run.run === shown)));
    if (focused >= 0)
      list.children[focused]?.querySelector("button").focus({ preventScroll: true });
    find(".recent-runs-note").textContent = !runs
      ? words.unreachable
      : runs.length
        ? ""
        : words[ids.length ? "gone" : "none-yet"];
  }

  // Several events come at once when a run begins or ends: one refresh is enough.
  function refreshSoon() {
    clearTimeout(timer);
    timer = setTimeout(refresh, 150);
  }

  box.addEventListener("toggle", refresh);
  for (const name of ["charrnn-runs-changed", "charrnn-run-state"]) listen(name, refreshSoon);
  window.addEventListener("storage", refreshSoon);
  refresh();
}
