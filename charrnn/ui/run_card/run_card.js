// The run card. `draw` draws all of it from `card.shown` (see view_model.py), which feed.js keeps up to
// date. Text of corpora and models is set through textContent only.

import { retryRequests } from "../page/fetch_retry.js";
import { component, copyText, emit, LIVE_STATES, locale } from "../page/runtime.js";
import { asTerm, setTextWithTerms } from "../page/terms.js";
import { autoscroll, scrollTo } from "./autoscroll.js";
import {
  charts,
  formatClock,
  formatPerplexity,
  formatBits,
  keptModel,
  formatPercent,
  MAX_SHOWN,
  integerFormat,
} from "./chart.js";
import { followRun } from "./feed.js";

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
  const { drawChart, drawGradients, formatSeconds } = charts(ui, unit, summary);
  const scrollToRun = autoscroll(ui);
  const opened = new Set(); // steps of the samples that are unfolded
  let announced = "";
  let drawnButtons = ""; // the last `buttonUpdates`, as JSON

  // ---- captions, status and notes --------------------------------------------------------------

  function caption(v) {
    const f = v.facts;
    const parts = [v.title[locale], Object.hasOwn(words, f.recipe) ? words[f.recipe] : f.recipe];
    if (f.cell) {
      const layers = f.layers > 1 ? `${f.layers} × ` : "";
      parts.push(
        layers +
          { tanh: "tanh RNN", relu: "ReLU RNN", gru: "GRU", lstm: "LSTM" }[f.cell] +
          ` ${f.hidden}`,
      );
      parts.push(t("parameters", { n: integerFormat.format(f.parameters) }));
    }
    const [title, ...facts] = parts; // a line ends between facts, not in them
    const nonBreaking = facts.map((fact) => fact?.replaceAll(" ", "\u00a0"));
    const text = [title, ...nonBreaking].filter(Boolean).join("\u00a0· ");
    return v.is_example ? t("example", { run: text }) : text;
  }

  // Returns which model the run started from, and what that knew before the first step.
  function startText(v) {
    const start = v.facts.started_from;
    if (!start) return "";
    const model = start.title[locale];
    return start.held == null
      ? t("started-from", { model })
      : t("started-from-at", { model, n: formatPerplexity(start.held) });
  }

  function statusText(v) {
    const { last, facts, state } = v;
    const speed = last.speed ? t("speed", { n: integerFormat.format(last.speed) }) : "";
    const join = (...parts) => parts.filter(Boolean).join(" · ");
    const elapsed = last.seconds ?? 0;
    if (card.disconnected) return words.lost;
    switch (state) {
      case "idle":
        return words.ready;
      case "finding":
        return words.finding;
      case "downloading":
        return v.fetched ? t("downloading", { n: v.fetched }) : words.fetching;
      case "queued": {
        if (!v.queue_position) return words.starting;
        return v.wait == null
          ? t("place", { n: v.queue_position })
          : t("place-wait", { n: v.queue_position, time: formatWait(v.wait) });
      }
      case "stopping":
        return words.stopping;
      case "running": {
        if (facts.epochs) {
          const left = last.left == null ? "" : t("left", { time: formatSeconds(last.left) });
          return join(
            t("epoch-of", { n: Math.floor(last.epoch ?? 0), total: facts.epochs }),
            left,
            speed,
          );
        }
        if (facts.seconds) {
          const [done, total] =
            facts.seconds < 100
              ? [Math.min(elapsed, facts.seconds).toFixed(1), `${facts.seconds} ${words.s}`]
              : [formatClock(Math.min(elapsed, facts.seconds)), formatClock(facts.seconds)];
          return join(t("of", { done, total }), speed);
        }
        return join(formatSeconds(elapsed), speed);
      }
      case "stopped":
        return t("stopped-at", { time: formatSeconds(elapsed) });
      case "interrupted":
        return v.end.step
          ? t("interrupted-at", { n: integerFormat.format(v.end.step) })
          : words.interrupted;
      case "finished":
        return join(t("finished-in", { time: formatSeconds(elapsed) }), speed);
      default:
        return words[state];
    }
  }

  const formatWait = (seconds) =>
    seconds < 100 ? `${Math.ceil(seconds)}\u00a0${words.s}` : formatClock(seconds);

  // Returns a note on the run: a problem, or else what its perplexity means.
  function noteText(v) {
    const { columns: c, facts, state, last } = v;
    if (v.problem) return v.problem[locale];
    if (v.notRestored) return words["not-restored"];
    if (card.disconnected) return words["lost-note"];
    if (state === "idle") return words["how-to-begin"];
    if (state === "cancelled") return words["never-began"];
    if (state === "failed" || state === "interrupted")
      return v.end?.text?.[locale] ?? t("why-failed", { message: v.end?.message ?? "" });
    if (state === "stopped" && v.end?.text) return v.end.text[locale];
    if (Object.hasOwn(words, v.note)) return words[v.note];
    if (facts.bidirectional) return words.bidirectional;
    if (c.train.length && !c.held.some((p) => p != null)) return words["no-held-out"];
    return last.held ? baselineNote(facts.baselines ?? {}, keptModel(v)?.shown ?? last.held) : "";
  }

  // Names the lowest baseline that is still above a held-out perplexity, compared as they are shown.
  function baselineNote(baselines, reached) {
    const below = (p) => p && reached < p && formatPerplexity(reached) !== formatPerplexity(p);
    const beats = ["ngram", "unigram", "uniform"].filter((name) => below(baselines[name]));
    const best = beats.sort((a, b) => baselines[a] - baselines[b])[0];
    if (!best) return "";
    return t(`beats-${best}`, {
      n:
        best === "uniform"
          ? integerFormat.format(baselines.uniform)
          : formatPerplexity(baselines[best]),
    });
  }

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

  // ---- samples ---------------------------------------------------------------------------------

  function drawSamples(v) {
    const list = find(".run-rows");
    while (list.children.length > v.rows.length) list.lastChild.remove();
    while (list.children.length < v.rows.length) list.appendChild(emptyRow());
    v.rows.forEach((row, i) => {
      const item = list.children[i];
      const sample = row.sample;
      item.dataset.step = sample?.step ?? "";
      item.className = sample ? (row.is_extra ? "extra" : "") : "waiting";
      setText(
        item.querySelector(".share"),
        row.share != null ? formatPercent(row.share) : sample ? formatSeconds(sample.seconds) : "",
      );
      drawPerplexity(item.querySelector(".at"), sample);
      const text = sample ? JSON.stringify(sample.texts) : "";
      if (item.dataset.text !== text) {
        item.dataset.text = text;
        const line = item.querySelector(".line");
        line.replaceChildren();
        for (const [prefix, continuation] of sample?.texts ?? []) {
          const piece = line.appendChild(document.createElement("span"));
          piece.className = "piece";
          appendText(piece, prefix, "prefix");
          appendText(piece, continuation, "new");
        }
      }
      const button = item.querySelector("button");
      button.disabled = !sample;
      button.setAttribute("aria-expanded", String(opened.has(sample?.step)));
    });
    const near = v.rows.some(
      ({ sample }) => sample?.perplexity != null && sample.measured !== sample.step,
    );
    setText(".run-heading", near ? `${words.writes} · ${words.near}` : words.writes);
  }

  // Draws the perplexity beside a sample, after "≈" if it was measured at another step.
  function drawPerplexity(place, sample) {
    const p = sample?.perplexity;
    const near = p != null && sample.measured !== sample.step;
    setText(
      place,
      p == null ? "" : (near ? "≈\u00a0" : "") + (p < 99999.5 ? formatPerplexity(p) : "> 10⁵"),
    );
    place.title = near
      ? t("near-at", {
          n: integerFormat.format(sample.measured),
          step: integerFormat.format(sample.step),
        })
      : "";
  }

  function emptyRow() {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.title = words.unfold;
    for (const name of ["share", "at", "line"]) {
      const part = document.createElement("span");
      part.className = name;
      button.appendChild(part);
    }
    button.addEventListener("click", () => {
      const step = Number(item.dataset.step);
      if (!opened.delete(step)) opened.add(step);
      drawSamples(card.shown);
    });
    item.appendChild(button);
    return item;
  }

  // Appends a text with its line ends as marks, and as line breaks once the row is unfolded.
  function appendText(parent, text, name) {
    const part = document.createElement("span");
    part.className = name;
    text.split("\n").forEach((line, i) => {
      if (i) {
        const mark = document.createElement("i");
        mark.textContent = "⏎";
        part.append(mark, "\n");
      }
      part.append(line);
    });
    parent.appendChild(part);
  }

  // ---- the whole card --------------------------------------------------------------------------

  function summary(v) {
    const p = keptModel(v)?.shown ?? v.last.held ?? v.last.train;
    if (v.state === "diverged" && v.diagnosis) return v.diagnosis.what[locale];
    if (p == null) return words["nothing-yet"];
    const start = v.columns.held.find((n) => n != null) ?? v.columns.train.find((n) => n != null);
    return t(v.last.held != null ? "spoken-held" : "spoken-train", {
      went: words[p > start ? "rose" : "fell"],
      state: words[`spoken-${v.state}`] ?? words[v.state],
      first: formatPerplexity(start),
      now: formatPerplexity(p),
      bits: formatBits(p),
    });
  }

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
    setText(".run-start", startText(v));
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

  // Turns each button on only if it can be used, with a label for what it would do, and sets the id of
  // the run that the buttons are for.
  function updateButtons(v) {
    const { state } = v;
    const unfinished = state === "interrupted" || (state === "failed" && v.end?.crashed);
    const resumable =
      Boolean(v.run) &&
      (unfinished || (v.model && ["finished", "stopped", "failed"].includes(state)));
    const label = !["interrupted", "failed"].includes(state)
      ? "keep"
      : v.saved || !unfinished
        ? "resume"
        : "again";
    const button = (on, name) => ({
      __type__: "update",
      interactive: on && !card.disconnected,
      ...(name && { value: words[`button-${name}`] }),
    });
    const control = (on, name) => ({ ...button(on, name), visible: v.controls }); // not of a run that is only watched
    const buttons = {
      stop: control(["queued", "running"].includes(state), state === "queued" ? "cancel" : "stop"),
      sample: control(state === "running"),
      resume: control(Boolean(resumable), label),
      push: control(Boolean(v.model)),
      generate: button(Boolean(v.model)),
      go: button(![...LIVE_STATES, "downloading"].includes(state)),
    };
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
