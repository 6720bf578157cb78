// The cards of one's own models and of those that came with charrnn (see models.py). Which are
// one's own, the browser knows; what is said of them comes from the server while the tab is seen.

import { component, emit, listen, STORAGE, tongue } from "../page/runtime.js";
import { forgetRun, kept, listTools } from "../page/storage.js";
import { button, cardTools, fill, keep, make, megabytes, skeletons } from "./model_card.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, server, find, put, say, words } = ui;
  const { since, editName, confirmed } = listTools(ui);
  const { frame, whenSeen } = cardTools(ui);

  const yours = find(".models-yours");
  const shipped = find(".models-shipped");
  const failed = find(".model-failed");

  let asked = 0;
  let waiting = null;
  let known = null; // the latest answer
  let forgotten = null; // the card that was taken off last, and where it stood

  const seen = () => element.getClientRects().length > 0;

  put(find("#models-yours"), words["models-yours"]);
  put(find("#models-shipped"), words["models-shipped"]);
  put(find(".model-empty"), words["models-none"]);
  find("#models-shipped").hidden = props.shipped === 0;
  put(failed.querySelector("button"), words.again);

  async function look() {
    clearTimeout(waiting);
    if (!seen()) {
      known &&= { ...known, stale: true };
      return;
    }
    const mine = ++asked;
    const keys = { runs: kept(STORAGE.runs), opened: kept(STORAGE.opened) };
    if (!known) {
      put(find(".spoken"), words["models-loading"]);
      skeletons(yours, Math.min(3, keys.runs.length + keys.opened.length));
      skeletons(shipped, props.shipped);
    }
    failed.hidden = true;
    const told = await server.list_cards(keys);
    if (mine !== asked) return;
    put(find(".spoken"), "");
    if (told) known = told;
    else {
      if (!known) for (const box of [yours, shipped]) box.replaceChildren();
      put(failed.querySelector("span"), words.lost);
      failed.hidden = false;
    }
    draw();
  }

  // Several things happen at once when a run begins or ends: one look is enough. An answer that is on
  // its way does not know of them.
  function soon() {
    asked++;
    clearTimeout(waiting);
    waiting = setTimeout(look, 150);
  }

  function draw() {
    if (!known || yours.contains(document.querySelector(".rename:focus"))) return;
    const opened = kept(STORAGE.opened);
    const mine = known.yours
      .filter((card) => card.source === "run" || opened.includes(card.key))
      .map(drawn);
    if (forgotten && !opened.includes(forgotten.key)) mine.splice(forgotten.at, 0, gone());
    fill(yours, mine);
    fill(shipped, known.shipped.map(drawn));
    find(".model-empty").hidden = mine.length > 0;
    find("#models-shipped").hidden = known.shipped.length === 0;
  }

  // A model that is not at hand has no title.
  const title = (card) =>
    card.name ||
    (card.title?.[tongue] ??
      (card.source === "upload"
        ? words["models-upload"]
        : card.key.split("@")[0].split("/").pop()));

  function drawn(about) {
    const called = title(about);
    const card = frame(about.key, {
      title: called,
      lines: [described(about), origin(about)].filter(Boolean),
      curve: about.curve,
      perplexity: about.perplexity,
      of: words[about.held_out ? "held-out" : "own-text"],
      note:
        about.problem?.[tongue] ||
        (about.away && words["models-away"]) ||
        (about.gone && words["models-gone"]),
      facts: [
        about.bytes && say("megabytes", { n: megabytes(about.bytes) }),
        about.date && since(about.date),
      ],
    });
    const acts = card.querySelector(".model-acts");
    const act = (name, looks, doing, what = name, place = acts) => {
      const text = words[`models-${what}`];
      button(place, name, text, looks, () => doing(about, card)).setAttribute(
        "aria-label",
        say("models-of", { what: text, title: called }),
      );
    };
    if (!about.gone && !about.problem) act("generate", "act small main", generate);
    if (about.live) act("watch", "act small", watchRun);
    else if (about.resumable)
      act("resume", "act small", resume, about.state === "interrupted" ? "resume" : "keep");
    if (about.bytes)
      act("download", "act link", download, "download", card.querySelector(".model-facts"));
    if (about.bytes && ["run", "upload"].includes(about.source)) act("push", "act link", push);
    if (about.source === "run") {
      act("rename", "model-rename", rename, "rename", card.querySelector(".model-head"));
      const button = card.querySelector(".model-rename");
      put(button, "✎");
      button.title = words["models-rename"];
    }
    if (about.source === "hub" || about.gone) act("forget", "act link", forget);
    else if (about.source === "upload" || (about.source === "run" && !about.live))
      deleting(about, card);
    return card;
  }

  // The network, and the text where that is not the title already.
  function described(about) {
    const corpus = about.corpus?.[tongue] ?? about.corpus;
    return [about.label?.[tongue] || about.model, corpus !== title(about) && corpus]
      .filter(Boolean)
      .join(" · ");
  }

  function origin(about) {
    if (about.source === "hub") return about.key;
    if (about.source === "upload") return about.title ? words["models-upload"] : ""; // else it is the title
    if (about.source !== "run") return "";
    if (about.problem) return ""; // its title is that already
    const state = about.state && words[about.state]?.split(/[,，]/)[0];
    return [words["models-own-run"], state].filter(Boolean).join(" · ");
  }

  function generate(about) {
    if (about.away) emit("charrnn-open-model", { model: about.key });
    else emit("charrnn-use-model", { key: about.key });
  }

  function push(about) {
    emit("charrnn-push-model", {
      key: about.key,
      title: title(about),
      slug: about.title?.en ?? "",
    });
  }

  function watchRun(about) {
    emit("charrnn-show-run", about.key);
    trigger("show_train");
  }

  // What goes wrong is said on the card itself.
  async function ask(card, name, call) {
    const pressed = card.querySelector(`[data-do="${name}"]`);
    if (pressed.getAttribute("aria-busy") === "true") return null;
    pressed.setAttribute("aria-busy", "true");
    put(card.querySelector(".model-problem"), "");
    const told = await call();
    pressed.removeAttribute("aria-busy");
    if (told && !told.problem) return told;
    put(card.querySelector(".model-problem"), told?.problem ?? words.lost);
    return null;
  }

  async function resume(about, card) {
    if (await ask(card, "resume", () => server.resume(about.key))) watchRun(about);
  }

  async function download(about, card) {
    const pressed = card.querySelector('[data-do="download"]');
    put(pressed, words["models-packing"]);
    const file = await ask(card, "download", () => server.download(about.key));
    put(pressed, words["models-download"]);
    if (!file) return;
    const { root, api_prefix: prefix } = window.gradio_config;
    const link = document.createElement("a");
    link.href = `${root}${prefix}/file=${file.path.split("/").map(encodeURIComponent).join("/")}`;
    link.download = file.name;
    link.click();
  }

  function rename(about, card) {
    editName(card.querySelector("h3"), about.name, async (name) => {
      draw();
      if (name === null) return;
      const again = [...yours.children].find((one) => one.dataset.key === about.key);
      if (!(await ask(again, "rename", () => server.rename({ run: about.key, name })))) return;
      emit("charrnn-runs-changed");
    });
  }

  function deleting(about, card) {
    const pressed = button(
      card.querySelector(".model-head"),
      "delete",
      "",
      "model-delete",
      () => {},
    );
    confirmed(pressed, "✕", title(about), async () => {
      if (!(await ask(card, "delete", () => server.remove(about.key)))) return;
      known.yours = known.yours.filter((one) => one.key !== about.key);
      if (about.source === "run") forgetRun(about.key);
      else keep(kept(STORAGE.opened).filter((key) => key !== about.key));
      draw();
    });
  }

  function forget(about) {
    const before = kept(STORAGE.opened);
    const at = [...yours.children].findIndex((card) => card.dataset.key === about.key);
    forgotten = { key: about.key, about, at, before };
    keep(before.filter((key) => key !== about.key));
    draw();
    yours.querySelector('[data-do="undo"]')?.focus({ preventScroll: true });
  }

  function undo() {
    const { key, about, at, before } = forgotten;
    forgotten = null;
    keep([...kept(STORAGE.opened).filter((one) => !before.includes(one)), ...before]);
    if (!known.yours.some((card) => card.key === key)) known.yours.splice(at, 0, about);
    draw();
    const back = [...yours.children].find((card) => card.dataset.key === key);
    back?.querySelector('[data-do="forget"]')?.focus({ preventScroll: true });
  }

  // In the place of the card that was taken off, until the next one is.
  function gone() {
    const card = document.createElement("li");
    card.className = "model-card model-gone";
    card.dataset.key = forgotten.key;
    make(
      card,
      "p",
      "model-line",
      say("models-forgotten", { title: title(forgotten.about) }),
    ).setAttribute("role", "status");
    button(card, "undo", words["models-undo"], "act small", undo);
    return card;
  }

  failed.querySelector("button").addEventListener("click", look);
  for (const name of [
    "charrnn-runs-changed",
    "charrnn-run-state",
    "charrnn-opened-changed",
    "charrnn-pushed",
  ])
    listen(name, soon);
  window.addEventListener("storage", soon);
  whenSeen(() => (!known || known.stale || known.yours.some((card) => card.live)) && look());
}
