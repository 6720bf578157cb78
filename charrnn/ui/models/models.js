// The cards of one's own models and of those that came with charrnn (see models.py). Which are
// one's own, the browser knows; what is said of them comes from the server while the tab is seen.

import { component, emit, listen, STORAGE, locale } from "../page/runtime.js";
import { forgetRun, kept, listTools } from "../page/storage.js";
import {
  button,
  cardTools,
  replaceCards,
  saveOpened,
  appendElement,
  megabytes,
  skeletons,
} from "./model_card.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, server, find, setText, t, words } = ui;
  const { timeAgo, editName, confirmDelete } = listTools(ui);
  const { cardFrame, whenSeen } = cardTools(ui);

  const yours = find(".models-yours");
  const shipped = find(".models-shipped");
  const failed = find(".model-failed");

  let asked = 0;
  let waiting = null;
  let known = null; // the latest answer
  let forgotten = null; // the card that was taken off last, and where it stood

  const seen = () => element.getClientRects().length > 0;

  setText(find("#models-yours"), words["models-yours"]);
  setText(find("#models-shipped"), words["models-shipped"]);
  setText(find(".model-empty"), words["models-none"]);
  find("#models-shipped").hidden = props.shipped === 0;
  setText(failed.querySelector("button"), words.again);

  async function refresh() {
    clearTimeout(waiting);
    if (!seen()) {
      known &&= { ...known, stale: true };
      return;
    }
    const mine = ++asked;
    const keys = { runs: kept(STORAGE.runs), opened: kept(STORAGE.opened) };
    if (!known) {
      setText(find(".spoken"), words["models-loading"]);
      skeletons(yours, Math.min(3, keys.runs.length + keys.opened.length));
      skeletons(shipped, props.shipped);
    }
    failed.hidden = true;
    const told = await server.list_cards(keys);
    if (mine !== asked) return;
    setText(find(".spoken"), "");
    if (told) known = told;
    else {
      if (!known) for (const box of [yours, shipped]) box.replaceChildren();
      setText(failed.querySelector("span"), words.lost);
      failed.hidden = false;
    }
    draw();
  }

  // Several things happen at once when a run begins or ends: one look is enough. An answer that is on
  // its way does not know of them.
  function refreshSoon() {
    asked++;
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 150);
  }

  function draw() {
    if (!known || yours.contains(document.querySelector(".rename:focus"))) return;
    const opened = kept(STORAGE.opened);
    const mine = known.yours
      .filter((card) => card.source === "run" || opened.includes(card.key))
      .map(cardOf);
    if (forgotten && !opened.includes(forgotten.key)) mine.splice(forgotten.at, 0, forgottenCard());
    replaceCards(yours, mine);
    replaceCards(shipped, known.shipped.map(cardOf));
    find(".model-empty").hidden = mine.length > 0;
    find("#models-shipped").hidden = known.shipped.length === 0;
  }

  // A model that is not at hand has no title.
  const title = (card) =>
    card.name ||
    (card.title?.[locale] ??
      (card.source === "upload"
        ? words["models-upload"]
        : card.key.split("@")[0].split("/").pop()));

  function cardOf(about) {
    const called = title(about);
    const card = cardFrame(about.key, {
      title: called,
      lines: [networkLine(about), originLine(about)].filter(Boolean),
      curve: about.curve,
      perplexity: about.perplexity,
      of: words[about.held_out ? "held-out" : "own-text"],
      note:
        about.problem?.[locale] ||
        (about.away && words["models-away"]) ||
        (about.gone && words["models-gone"]),
      facts: [
        about.bytes && t("megabytes", { n: megabytes(about.bytes) }),
        about.date && timeAgo(about.date),
      ],
    });
    const acts = card.querySelector(".model-acts");
    const act = (name, looks, doing, what = name, place = acts) => {
      const text = words[`models-${what}`];
      button(place, name, text, looks, () => doing(about, card)).setAttribute(
        "aria-label",
        t("models-of", { what: text, title: called }),
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
      setText(button, "✎");
      button.title = words["models-rename"];
    }
    if (about.source === "hub" || about.gone) act("forget", "act link", forget);
    else if (about.source === "upload" || (about.source === "run" && !about.live))
      addDeleteButton(about, card);
    return card;
  }

  // The network, and the text where that is not the title already.
  function networkLine(about) {
    const corpus = about.corpus?.[locale] ?? about.corpus;
    return [about.label?.[locale] || about.model, corpus !== title(about) && corpus]
      .filter(Boolean)
      .join(" · ");
  }

  function originLine(about) {
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
    setText(card.querySelector(".model-problem"), "");
    const told = await call();
    pressed.removeAttribute("aria-busy");
    if (told && !told.problem) return told;
    setText(card.querySelector(".model-problem"), told?.problem ?? words.lost);
    return null;
  }

  async function resume(about, card) {
    if (await ask(card, "resume", () => server.resume(about.key))) watchRun(about);
  }

  async function download(about, card) {
    const pressed = card.querySelector('[data-do="download"]');
    setText(pressed, words["models-packing"]);
    const file = await ask(card, "download", () => server.download(about.key));
    setText(pressed, words["models-download"]);
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

  function addDeleteButton(about, card) {
    const pressed = button(
      card.querySelector(".model-head"),
      "delete",
      "",
      "model-delete",
      () => {},
    );
    confirmDelete(pressed, "✕", title(about), async () => {
      if (!(await ask(card, "delete", () => server.remove(about.key)))) return;
      known.yours = known.yours.filter((one) => one.key !== about.key);
      if (about.source === "run") forgetRun(about.key);
      else saveOpened(kept(STORAGE.opened).filter((key) => key !== about.key));
      draw();
    });
  }

  function forget(about) {
    const before = kept(STORAGE.opened);
    const at = [...yours.children].findIndex((card) => card.dataset.key === about.key);
    forgotten = { key: about.key, about, at, before };
    saveOpened(before.filter((key) => key !== about.key));
    draw();
    yours.querySelector('[data-do="undo"]')?.focus({ preventScroll: true });
  }

  function undo() {
    const { key, about, at, before } = forgotten;
    forgotten = null;
    saveOpened([...kept(STORAGE.opened).filter((one) => !before.includes(one)), ...before]);
    if (!known.yours.some((card) => card.key === key)) known.yours.splice(at, 0, about);
    draw();
    const back = [...yours.children].find((card) => card.dataset.key === key);
    back?.querySelector('[data-do="forget"]')?.focus({ preventScroll: true });
  }

  // In the place of the card that was taken off, until the next one is.
  function forgottenCard() {
    const card = document.createElement("li");
    card.className = "model-card model-gone";
    card.dataset.key = forgotten.key;
    appendElement(
      card,
      "p",
      "model-line",
      t("models-forgotten", { title: title(forgotten.about) }),
    ).setAttribute("role", "status");
    button(card, "undo", words["models-undo"], "act small", undo);
    return card;
  }

  failed.querySelector("button").addEventListener("click", refresh);
  for (const name of [
    "charrnn-runs-changed",
    "charrnn-run-state",
    "charrnn-opened-changed",
    "charrnn-pushed",
  ])
    listen(name, refreshSoon);
  window.addEventListener("storage", refreshSoon);
  whenSeen(() => (!known || known.stale || known.yours.some((card) => card.live)) && refresh());
}
