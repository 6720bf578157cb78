// The run card. `draw` draws all of it from `card.shown` (see view_model.py), which feed.js keeps up to
// date. Text of corpora and models is set through textContent only.

import { retryRequests } from "../page/fetch_retry.js";
import { component, copyText, emit, locale } from "../page/runtime.js";
import { asTerm, setTextWithTerms } from "../page/terms.js";
import { autoscroll, scrollTo } from "./autoscroll.js";
import { buttonsOf } from "./buttons.js";
import { charts } from "./chart.js";
import { followRun } from "./feed.js";
import { formatBits, formatPerplexity, integerFormat, keptModel, MAX_SHOWN } from "./figures.js";
import { sampleList } from "./samples.js";
import { statusTexts } from "./status_text.js";
import { trainedModelChoice } from "./trained_model.js";

const MEMORIZING = /memoriz(?:ed|ing)|背诵/; // in a diagnosis

let buttonUpdates = {}; // Gradio updates for the state of the run on the card, by button name
let shownRun = null; // the run on the card

// Returns the updates of the buttons with these names, and of the run's id as `run`.
export const updatesOfButtons = (names) => names.map((name) => buttonUpdates[name]);

// Returns what the card shows, as view_model.py describes it.
export const getShownRun = () => shownRun;

// Open the card's model on the Generate tab, or in the push dialog.
export const useShownModel = () => emit("charrnn-use-model", { key: getShownRun().model });

export function pushShownModel() {
  const { model, title } = getShownRun();
  if (model) emit("charrnn-push-model", { key: model, title: title[locale], slug: title.en });
}

// Notes that the server could not say which run to show.
export const noteNotRestored = () => emit("charrnn-run-not-restored");

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, server, find, setText, t, words } = ui;

  // What is drawn; `disconnected` is true while the server does not answer and the run goes on.
  const card = { shown: props.value, disconnected: false, draw };
  const unit = { scale: "perplexity" }; // of the chart; "bits" is the other
  const { caption, noteText, statusText, summary } = statusTexts(ui, card);
  const { drawChart, drawGradients } = charts(ui, unit, summary);
  const drawSamples = sampleList(ui);
  const scrollToRun = autoscroll(ui);
  const chooseTrainedModel = trainedModelChoice();
  let announced = "";
  let drawnButtons = ""; // the last `buttonUpdates`, as JSON

  // Makes the button that fills in the form with the suggested change (see suggestion.py).
  function suggestionButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "run-try";
    button.title = words["try-hint"];
    button.addEventListener("click", () => {
      trigger("apply_suggestion");
      scrollTo(document.querySelector("#train-recipe"), "start");
    });
    return button;
  }

  // Draws the note under the chart: what went wrong, what was kept and what to try, each on a line, or
  // else `noteText`; and why the held-out perplexity may mislead.
  function drawNote(v) {
    const diagnosis =
      card.disconnected || v.missing || v.problem || v.state === "interrupted" ? null : v.diagnosis;
    const warnings =
      v.state === "finding"
        ? []
        : (v.warnings ?? []).filter(({ code }) => code !== diagnosis?.kind);
    const parts = [
      diagnosis?.what ?? { [locale]: noteText(v) },
      diagnosis?.kept,
      ...warnings,
      diagnosis?.try,
    ];
    const lines = parts.filter((part) => part?.[locale]).map((part) => part[locale]);
    const box = find(".run-note");
    box.classList.toggle("run-diagnosis", Boolean(diagnosis));
    box.classList.toggle("run-with-warnings", warnings.length > 0);
    const change = Boolean(diagnosis?.change && v.run && v.controls);
    if (
      box.childNodes.length !== lines.length ||
      box.childElementCount !== lines.length ||
      change !== Boolean(find(".run-try"))
    ) {
      box.replaceChildren(
        ...lines.map((_, i) =>
          change && i === lines.length - 1 ? suggestionButton() : document.createElement("span"),
        ),
      );
    }
    lines.forEach((line, i) => {
      const marked = diagnosis ? line.replace(MEMORIZING, asTerm("$&", "memorizing")) : line;
      setTextWithTerms(box.children[i], change && i === lines.length - 1 ? line : marked);
    });
  }

  // ---- the whole card --------------------------------------------------------------------------

  function draw() {
    const v = card.shown;
    shownRun = v;
    const root = find(".run");
    root.dataset.state = v.state;
    root.dataset.model = v.model ?? "";
    root.dataset.run = v.run ?? "";
    root.classList.toggle("run-disconnected", card.disconnected);
    const anyHeld = v.last.held != null;
    const main = anyHeld ? v.columns.held : v.columns.train;
    const measured = anyHeld ? v.last.held : v.last.train;
    // Once the run has ended, the figures are those of the kept model, measured together.
    const { shown: kept, useless, train: keptTrain, step: keptStep } = keptModel(v) ?? {};
    const now = kept ?? measured;
    const training = !anyHeld ? null : kept == null ? v.last.train : keptTrain;
    const other = kept != null && formatPerplexity(kept) !== formatPerplexity(measured);
    const start = main.find((p) => p != null);
    setText(".run-caption", caption(v));
    find(".run-caption").title = caption(v); // it may be cut short
    const link = find(".run-link");
    link.hidden = !v.run || !v.link;
    if (v.link) link.href = `?run=${encodeURIComponent(v.link)}`;
    drawStar(v);
    setText(
      ".run-notice",
      v.missing ? words.missing : v.run && !v.controls ? words["watch-only"] : "",
    );
    const which = anyHeld || now == null ? "held" : "train";
    const numbers = { perplexity: now > MAX_SHOWN ? null : now };
    const mainLabel = words[`${other ? "kept" : "main"}-${which}`];
    setTextWithTerms(find(".run-main .run-label"), mainLabel, numbers);
    find(".run-head").title =
      other && keptStep ? t("kept-step", { n: integerFormat.format(keptStep) }) : "";
    setText(".run-main b", formatPerplexity(now));
    root.classList.toggle("run-useless", v.state === "diverged" && (kept == null || useless));
    setText(
      ".run-main small",
      start == null || start > MAX_SHOWN ? "" : t("from", { n: formatPerplexity(start) }),
    );
    const secondLabel =
      anyHeld || now == null ? words["curve-train"] : asTerm(words["curve-held"], "held-out");
    setTextWithTerms(find(".run-second .run-label"), secondLabel);
    setText(".run-second b", formatPerplexity(training));
    find(".run-second").classList.toggle("problematic", training > MAX_SHOWN);
    setText(".run-bits b", formatBits(now));
    setTextWithTerms(find(".run-status span"), statusText(v));
    for (const button of root.querySelectorAll("[data-scale]")) {
      button.setAttribute("aria-checked", String(button.dataset.scale === unit.scale));
      button.tabIndex = button.dataset.scale === unit.scale ? 0 : -1; // one stop of the Tab key, as radios are
    }
    drawChart(v);
    drawGradients(v);
    drawSamples(v);
    drawNote(v);
    scrollToRun(v.state);
    updateButtons(v);
    chooseTrainedModel(v);
    // Announced by a screen reader when the state changes, and once a minute in training.
    const change = `${v.run} ${v.state}`;
    const milestone = `${change} ${v.state === "running" ? Math.floor((v.last.seconds ?? 0) / 60) : 0}`;
    if (v.state !== "finding" && milestone !== announced) {
      const changed = !announced.startsWith(`${change} `);
      announced = milestone;
      const problem = v.diagnosis && v.state !== "diverged" ? v.diagnosis.what[locale] : "";
      setText(".run-spoken", `${words[v.state] ?? ""}. ${summary(v)} ${problem}`.trim());
      if (changed) emit("charrnn-run-state", v.is_example ? "idle" : v.state);
    }
  }

  // Lets Gradio update the buttons, and the id of the run that they are for, if anything has changed.
  function updateButtons(v) {
    const buttons = buttonsOf(v, words, card.disconnected);
    const run = v.controls ? (v.run ?? undefined) : undefined; // Gradio leaves alone what is undefined
    const text = JSON.stringify([buttons, run]);
    if (text === drawnButtons) return;
    const first = !drawnButtons;
    drawnButtons = text;
    buttonUpdates = { ...buttons, run };
    if (!first || v.model || v.run) trigger("update_buttons"); // they are built off
  }

  // Draws the star, which keeps a run from being deleted when it expires.
  function drawStar(v) {
    const button = find(".run-star");
    button.hidden = !v.run || !v.controls || v.starred == null;
    button.setAttribute("aria-pressed", String(Boolean(v.starred)));
    button.title = words[v.starred ? "starred-hint" : "star-hint"];
    setText(button, words[v.starred ? "starred" : "star"]);
  }

  find(".run-star").addEventListener("click", async () => {
    const { run, starred } = card.shown;
    const answer = await server.star({ run, on: !starred });
    if (!answer || card.shown.run !== run) return;
    card.shown = { ...card.shown, ...answer };
    draw();
    if (answer.problem) setText(".run-note", answer.problem);
  });

  // A click copies the address; the browser's menu of the link can, too.
  find(".run-link").addEventListener("click", async (event) => {
    event.preventDefault();
    await copyText(find(".run-link").href);
    setText(".run-link", words.copied);
    setTimeout(() => setText(".run-link", words.link), 2000);
  });

  function chooseScale(scale) {
    unit.scale = scale;
    draw();
    find(`[data-scale="${scale}"]`).focus();
  }

  setTextWithTerms(find(".run-bits .run-label"), words["bits-per-character"]);
  setTextWithTerms(find(".run-gradient-terms"), words["gradient-terms"]);
  find(".run").setAttribute("aria-label", words.card);
  setText(".run-link", words.link);
  find(".run-scale").setAttribute("aria-label", words.scale);
  for (const button of element.querySelectorAll("[data-scale]")) {
    setText(button, words[button.dataset.scale]);
    button.addEventListener("click", () => chooseScale(button.dataset.scale));
  }
  find(".run-scale").addEventListener("keydown", (event) => {
    if (!event.key.startsWith("Arrow")) return; // of two, either direction leads to the other
    event.preventDefault();
    chooseScale(unit.scale === "bits" ? "perplexity" : "bits");
  });
  find(".run-gradients").addEventListener("toggle", () => draw());
  new ResizeObserver(() => draw()).observe(find(".run-curve"));

  retryRequests(words.lost);
  followRun(ui, card);
}
