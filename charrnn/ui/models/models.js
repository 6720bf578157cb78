// The cards of the user's own models and of the bundled ones (models/__init__.py). The browser
// knows which are the user's own; the server makes the cards, while the tab is visible.

import { component, emit, listen, STORAGE, locale } from "../page/runtime.js";
import { forgetRun, kept } from "../page/browser_state.js";
import { listTools } from "../page/list_tools.js";
import {
  appendButton,
  cardTools,
  replaceCards,
  saveOpened,
  appendElement,
  megabytes,
  showSkeletons,
} from "./model_card.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, server, find, setText, t, words } = ui;
  const { timeAgo, editName, confirmDelete } = listTools(ui);
  const { buildCard, whenShown } = cardTools(ui);

  const ownList = find(".models-own");
  const bundledList = find(".models-bundled");
  const failed = find(".model-failed");

  const EVENTS_PAUSE_MS = 150; // in which events are collected
  const MAX_SKELETONS = 3;

  let requests = 0; // only the answer to the latest request counts
  let delay = null; // the timer of the next request
  let answer = null; // the latest cards
  let forgotten = null; // the model that was removed from the list last, and its place there

  const isVisible = () => element.getClientRects().length > 0;

  setText(find("#models-own"), words["models-own"]);
  setText(find("#models-bundled"), words["models-bundled"]);
  setText(find(".model-empty"), words["models-none"]);
  find("#models-bundled").hidden = props.bundled_count === 0;
  setText(failed.querySelector("button"), words.again);

  async function refresh() {
    clearTimeout(delay);
    if (!isVisible()) {
      answer &&= { ...answer, stale: true };
      return;
    }
    const current = ++requests;
    const keys = { runs: kept(STORAGE.runs), opened: kept(STORAGE.opened) };
    if (!answer) {
      setText(find(".spoken"), words["models-loading"]);
      showSkeletons(ownList, Math.min(MAX_SKELETONS, keys.runs.length + keys.opened.length));
      showSkeletons(bundledList, props.bundled_count);
    }
    failed.hidden = true;
    const result = await server.list_cards(keys);
    if (current !== requests) return;
    setText(find(".spoken"), "");
    if (result) answer = result;
    else {
      if (!answer) for (const box of [ownList, bundledList]) box.replaceChildren();
      setText(failed.querySelector("span"), words.lost);
      failed.hidden = false;
    }
    draw();
  }

  // Several events come together when a run begins or ends, and one request is enough. An earlier
  // answer would be out of date.
  function refreshSoon() {
    requests++;
    clearTimeout(delay);
    delay = setTimeout(refresh, EVENTS_PAUSE_MS);
  }

  function draw() {
    if (!answer || ownList.contains(document.querySelector(".rename:focus"))) return;
    const opened = kept(STORAGE.opened);
    const own = answer.own
      .filter((card) => card.source === "run" || opened.includes(card.key))
      .map(cardOf);
    if (forgotten && !opened.includes(forgotten.key))
      own.splice(forgotten.place, 0, forgottenCard());
    replaceCards(ownList, own);
    replaceCards(bundledList, answer.bundled.map(cardOf));
    find(".model-empty").hidden = own.length > 0;
    find("#models-bundled").hidden = answer.bundled.length === 0;
  }

  // A model that is not on the server has no title.
  const title = (card) =>
    card.name ||
    (card.title?.[locale] ??
      (card.source === "upload"
        ? words["models-upload"]
        : card.key.split("@")[0].split("/").pop()));

  function cardOf(model) {
    const heading = title(model);
    const card = buildCard(model.key, {
      title: heading,
      lines: [networkLine(model), originLine(model)].filter(Boolean),
      curve: model.curve,
      perplexity: model.perplexity,
      of: words[model.held_out ? "held-out" : "own-text"],
      note:
        model.problem?.[locale] ||
        (model.away && words["models-away"]) ||
        (model.gone && words["models-gone"]),
      facts: [
        model.bytes && t("megabytes", { n: megabytes(model.bytes) }),
        model.date && timeAgo(model.date),
      ],
    });
    const acts = card.querySelector(".model-acts");
    const addButton = (name, className, action, what = name, place = acts) => {
      const text = words[`models-${what}`];
      appendButton(place, name, text, className, () => action(model, card)).setAttribute(
        "aria-label",
        t("models-of", { what: text, title: heading }),
      );
    };
    if (!model.gone && !model.problem) addButton("generate", "act small main", generate);
    if (model.live) addButton("watch", "act small", watchRun);
    else if (model.resumable)
      addButton("resume", "act small", resume, model.state === "interrupted" ? "resume" : "keep");
    if (model.bytes)
      addButton("download", "act link", download, "download", card.querySelector(".model-facts"));
    if (model.bytes && ["run", "upload"].includes(model.source))
      addButton("push", "act link", push);
    if (model.source === "run") {
      addButton("rename", "model-rename", rename, "rename", card.querySelector(".model-head"));
      const button = card.querySelector(".model-rename");
      setText(button, "✎");
      button.title = words["models-rename"];
    }
    if (model.source === "hub" || model.gone) addButton("forget", "act link", forget);
    else if (model.source === "upload" || (model.source === "run" && !model.live))
      addDeleteButton(model, card);
    return card;
  }

  // The network, and the text unless that is the title.
  function networkLine(model) {
    const corpus = model.corpus?.[locale] ?? model.corpus;
    return [model.label?.[locale] || model.model, corpus !== title(model) && corpus]
      .filter(Boolean)
      .join(" · ");
  }

  function originLine(model) {
    if (model.source === "hub") return model.key;
    if (model.source === "upload") return model.title ? words["models-upload"] : ""; // else this is the title
    if (model.source !== "run") return "";
    if (model.problem) return ""; // this is the title
    const state = model.state && words[model.state]?.split(/[,，]/)[0];
    return [words["models-own-run"], state].filter(Boolean).join(" · ");
  }

  function generate(model) {
    if (model.away) emit("charrnn-open-model", { model: model.key });
    else emit("charrnn-use-model", { key: model.key });
  }

  function push(model) {
    emit("charrnn-push-model", {
      key: model.key,
      title: title(model),
      slug: model.title?.en ?? "",
    });
  }

  function watchRun(model) {
    emit("charrnn-show-run", model.key);
    trigger("show_train");
  }

  // Calls the server for a card's button. An error is shown on the card, and null returned.
  async function request(card, name, call) {
    const pressed = card.querySelector(`[data-do="${name}"]`);
    if (pressed.getAttribute("aria-busy") === "true") return null;
    pressed.setAttribute("aria-busy", "true");
    setText(card.querySelector(".model-problem"), "");
    const result = await call();
    pressed.removeAttribute("aria-busy");
    if (result && !result.problem) return result;
    setText(card.querySelector(".model-problem"), result?.problem ?? words.lost);
    return null;
  }

  async function resume(model, card) {
    if (await request(card, "resume", () => server.resume(model.key))) watchRun(model);
  }

  async function download(model, card) {
    const pressed = card.querySelector('[data-do="download"]');
    setText(pressed, words["models-packing"]);
    const file = await request(card, "download", () => server.make_download(model.key));
    setText(pressed, words["models-download"]);
    if (!file) return;
    const { root, api_prefix: prefix } = window.gradio_config;
    const link = document.createElement("a");
    link.href = `${root}${prefix}/file=${file.path.split("/").map(encodeURIComponent).join("/")}`;
    link.download = file.name;
    link.click();
  }

  function rename(model, card) {
    editName(card.querySelector("h3"), model.name, async (name) => {
      draw();
      if (name === null) return;
      const newCard = [...ownList.children].find((one) => one.dataset.key === model.key);
      if (!(await request(newCard, "rename", () => server.rename({ run: model.key, name }))))
        return;
      emit("charrnn-runs-changed");
    });
  }

  function addDeleteButton(model, card) {
    const pressed = appendButton(
      card.querySelector(".model-head"),
      "delete",
      "",
      "model-delete",
      () => {},
    );
    confirmDelete(pressed, "✕", title(model), async () => {
      if (!(await request(card, "delete", () => server.remove(model.key)))) return;
      answer.own = answer.own.filter((one) => one.key !== model.key);
      if (model.source === "run") forgetRun(model.key);
      else saveOpened(kept(STORAGE.opened).filter((key) => key !== model.key));
      draw();
    });
  }

  function forget(model) {
    const openedBefore = kept(STORAGE.opened);
    const place = [...ownList.children].findIndex((card) => card.dataset.key === model.key);
    forgotten = { key: model.key, model, place, openedBefore };
    saveOpened(openedBefore.filter((key) => key !== model.key));
    draw();
    ownList.querySelector('[data-do="undo"]')?.focus({ preventScroll: true });
  }

  function undo() {
    const { key, model, place, openedBefore } = forgotten;
    forgotten = null;
    saveOpened([
      ...kept(STORAGE.opened).filter((one) => !openedBefore.includes(one)),
      ...openedBefore,
    ]);
    if (!answer.own.some((card) => card.key === key)) answer.own.splice(place, 0, model);
    draw();
    const card = [...ownList.children].find((card) => card.dataset.key === key);
    card?.querySelector('[data-do="forget"]')?.focus({ preventScroll: true });
  }

  // Shown in the place of the removed card, until another one is removed.
  function forgottenCard() {
    const card = document.createElement("li");
    card.className = "model-card model-gone";
    card.dataset.key = forgotten.key;
    appendElement(
      card,
      "p",
      "model-line",
      t("models-forgotten", { title: title(forgotten.model) }),
    ).setAttribute("role", "status");
    appendButton(card, "undo", words["models-undo"], "act small", undo);
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
  whenShown(() => (!answer || answer.stale || answer.own.some((card) => card.live)) && refresh());
}
