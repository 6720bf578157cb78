// The run card: everything it shows is drawn from `card.shown` (see view_model.py) by `draw`; feed.js keeps
// it up to date. Text of corpora and models goes in through textContent only.

import { retryRequests } from "../page/fetch_retry.js";
import { component, copyText, emit, LIVE_STATES, tongue } from "../page/runtime.js";
import { autoscroll, scrollTo } from "./autoscroll.js";
import { charts, clock, figure, inBits, keptModel, percent, TOP, whole } from "./chart.js";
import { followRun } from "./feed.js";

let buttonUpdates = {}; // what goes with the state of the run on the card, by the buttons' names
let shownRun = null; // the run on the card

// Updates of the buttons with these names, and of the run's id as `run`.
export const updatesOfButtons = (names) => names.map((name) => buttonUpdates[name]);

// The model on the card is to be used, or pushed.
export const useShownModel = () => emit("charrnn-use-model", { key: shownRun?.model ?? undefined });

export function pushShownModel() {
  const { model, title } = shownRun;
  if (model) emit("charrnn-push-model", { key: model, title: title[tongue], slug: title.en });
}

// The server could not say which run to show.
export const noteNotRestored = () => emit("charrnn-run-not-restored");

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, server, find, put, say, words } = ui;

  // What is drawn; `away` is true while there is no answer from the server about a run that goes on.
  const card = { shown: props.value, away: false, draw };
  const unit = { scale: "perplexity" }; // of the chart; "bits" is the other
  const { curve, gradients, span } = charts(ui, unit, summary);
  const attend = autoscroll(ui);
  const opened = new Set(); // steps of the samples that a reader has unfolded
  let spoken = "";
  let drawnButtons = ""; // what the buttons were told last

  // ---- what the run is at, in words ------------------------------------------------------------

  function caption(v) {
    const f = v.facts;
    const parts = [v.title[tongue], Object.hasOwn(words, f.recipe) ? words[f.recipe] : f.recipe];
    if (f.cell) {
      const layers = f.layers > 1 ? `${f.layers} × ` : "";
      parts.push(
        layers +
          { tanh: "tanh RNN", relu: "ReLU RNN", gru: "GRU", lstm: "LSTM" }[f.cell] +
          ` ${f.hidden}`,
      );
      parts.push(say("parameters", { n: whole.format(f.parameters) }));
    }
    const [title, ...facts] = parts; // a line ends between facts, not in them
    const unbroken = facts.map((fact) => fact?.replaceAll(" ", "\u00a0"));
    const text = [title, ...unbroken].filter(Boolean).join("\u00a0· ");
    return v.earlier ? say("earlier", { run: text }) : text;
  }

  function status(v) {
    const { last, facts, state } = v;
    const speed = last.speed ? say("speed", { n: whole.format(last.speed) }) : "";
    const join = (...parts) => parts.filter(Boolean).join(" · ");
    const elapsed = last.seconds ?? 0;
    if (card.away) return words.lost;
    switch (state) {
      case "idle":
        return words.ready;
      case "finding":
        return words.finding;
      case "downloading":
        return v.fetched ? say("downloading", { n: v.fetched }) : words.fetching;
      case "queued": {
        if (!v.ahead) return words.starting;
        return v.wait == null
          ? say("place", { n: v.ahead })
          : say("place-wait", { n: v.ahead, time: whileOf(v.wait) });
      }
      case "stopping":
        return words.stopping;
      case "running": {
        if (facts.epochs) {
          const left = last.left == null ? "" : say("left", { time: span(last.left) });
          return join(
            say("epoch-of", { n: Math.floor(last.epoch ?? 0), total: facts.epochs }),
            left,
            speed,
          );
        }
        if (facts.seconds) {
          const [done, total] =
            facts.seconds < 100
              ? [Math.min(elapsed, facts.seconds).toFixed(1), `${facts.seconds} ${words.s}`]
              : [clock(Math.min(elapsed, facts.seconds)), clock(facts.seconds)];
          return join(say("of", { done, total }), speed);
        }
        return join(span(elapsed), speed);
      }
      case "stopped":
        return say("stopped-at", { time: span(elapsed) });
      case "interrupted":
        return v.end.step
          ? say("interrupted-at", { n: whole.format(v.end.step) })
          : words.interrupted;
      case "finished":
        return join(say("finished-in", { time: span(elapsed) }), speed);
      default:
        return words[state];
    }
  }

  const whileOf = (seconds) =>
    seconds < 100 ? `${Math.ceil(seconds)}\u00a0${words.s}` : clock(seconds);

  // What is worth saying about the curve: trouble first, then a word on what the number means.
  function note(v) {
    const { columns: c, facts, state, last } = v;
    if (v.problem) return v.problem[tongue];
    if (v.unfound) return words.unfound;
    if (card.away) return words["lost-note"];
    if (state === "idle") return words["how-to-begin"];
    if (state === "cancelled") return words["never-began"];
    if (state === "failed" || state === "interrupted")
      return v.end?.text?.[tongue] ?? say("why-failed", { message: v.end?.message ?? "" });
    if (state === "stopped" && v.end?.text) return v.end.text[tongue];
    if (Object.hasOwn(words, v.note)) return words[v.note];
    if (facts.bidirectional) return words.bidirectional;
    if (c.train.length && !c.held.some((p) => p != null)) return words["no-held-out"];
    return last.held ? beaten(facts.baselines ?? {}, keptModel(v)?.shown ?? last.held) : "";
  }

  // The strongest baseline that a held-out perplexity is below, as the figures are shown.
  function beaten(baselines, reached) {
    const below = (p) => p && reached < p && figure(reached) !== figure(p);
    const beats = ["ngram", "unigram", "uniform"].filter((name) => below(baselines[name]));
    const best = beats.sort((a, b) => baselines[a] - baselines[b])[0];
    if (!best) return "";
    return say(`beats-${best}`, {
      n: best === "uniform" ? whole.format(baselines.uniform) : figure(baselines[best]),
    });
  }

  // What to try, as a button that fills in the form with it (see suggestion.py).
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

  // The note under the chart: what went wrong, what was kept and what to try on a line each, or else
  // a word on the curve; and why the held-out figure may mislead.
  function remark(v) {
    const told =
      card.away || v.missing || v.problem || v.state === "interrupted" ? null : v.verdict;
    const warnings =
      v.state === "finding" ? [] : (v.warnings ?? []).filter(({ code }) => code !== told?.kind);
    const parts = [told?.what ?? { [tongue]: note(v) }, told?.kept, ...warnings, told?.try];
    const lines = parts.filter((part) => part?.[tongue]).map((part) => part[tongue]);
    const box = find(".run-note");
    box.classList.toggle("run-verdict", Boolean(told));
    box.classList.toggle("run-warned", warnings.length > 0);
    const change = Boolean(told?.change && v.run && v.controls);
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
      put(box.children[i], line);
    });
  }

  // ---- what it writes --------------------------------------------------------------------------

  function rows(v) {
    const list = find(".run-rows");
    while (list.children.length > v.rows.length) list.lastChild.remove();
    while (list.children.length < v.rows.length) list.appendChild(emptyRow());
    v.rows.forEach((row, i) => {
      const item = list.children[i];
      const sample = row.sample;
      item.dataset.step = sample?.step ?? "";
      item.className = sample ? (row.now ? "now" : "") : "waiting";
      put(
        item.querySelector(".share"),
        row.share != null ? percent(row.share) : sample ? span(sample.seconds) : "",
      );
      perplexityOf(item.querySelector(".at"), sample);
      const text = sample ? JSON.stringify(sample.texts) : "";
      if (item.dataset.text !== text) {
        item.dataset.text = text;
        const line = item.querySelector(".line");
        line.replaceChildren();
        for (const [prefix, continuation] of sample?.texts ?? []) {
          const piece = line.appendChild(document.createElement("span"));
          piece.className = "piece";
          written(piece, prefix, "prefix");
          written(piece, continuation, "new");
        }
      }
      const button = item.querySelector("button");
      button.disabled = !sample;
      button.setAttribute("aria-expanded", String(opened.has(sample?.step)));
    });
    const near = v.rows.some(
      ({ sample }) => sample?.perplexity != null && sample.measured !== sample.step,
    );
    put(".run-heading", near ? `${words.writes} · ${words.near}` : words.writes);
  }

  // The perplexity beside a sample: measured at its step, or "≈" and the nearest that was.
  function perplexityOf(place, sample) {
    const p = sample?.perplexity;
    const near = p != null && sample.measured !== sample.step;
    put(place, p == null ? "" : (near ? "≈\u00a0" : "") + (p < 99999.5 ? figure(p) : "> 10⁵"));
    place.title = near
      ? say("near-at", { n: whole.format(sample.measured), step: whole.format(sample.step) })
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
      rows(card.shown);
    });
    item.appendChild(button);
    return item;
  }

  // A text with its line ends shown as soft marks (and broken there once the row is unfolded).
  function written(parent, text, name) {
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

  // ---- all of it -------------------------------------------------------------------------------

  function summary(v) {
    const p = keptModel(v)?.shown ?? v.last.held ?? v.last.train;
    if (v.state === "diverged" && v.verdict) return v.verdict.what[tongue];
    if (p == null) return words["nothing-yet"];
    const start = v.columns.held.find((n) => n != null) ?? v.columns.train.find((n) => n != null);
    return say(v.last.held != null ? "spoken-held" : "spoken-train", {
      went: words[p > start ? "rose" : "fell"],
      state: words[`spoken-${v.state}`] ?? words[v.state],
      first: figure(start),
      now: figure(p),
      bits: inBits(p),
    });
  }

  function draw() {
    const v = card.shown;
    shownRun = v;
    const root = find(".run");
    root.dataset.state = v.state;
    root.dataset.model = v.model ?? "";
    root.dataset.run = v.run ?? "";
    root.classList.toggle("run-away", card.away);
    const anyHeld = v.last.held != null;
    const main = anyHeld ? v.columns.held : v.columns.train;
    const measured = anyHeld ? v.last.held : v.last.train;
    // Once the run has ended, the figures are those of the model that it leaves, measured together.
    const { shown: kept, lost, train: keptTrain, step: keptStep } = keptModel(v) ?? {};
    const now = kept ?? measured;
    const training = !anyHeld ? null : kept == null ? v.last.train : keptTrain;
    const other = kept != null && figure(kept) !== figure(measured);
    const start = main.find((p) => p != null);
    put(".run-caption", caption(v));
    find(".run-caption").title = caption(v); // it may be cut short
    const link = find(".run-link");
    link.hidden = !v.run || !v.link;
    if (v.link) link.href = `?run=${encodeURIComponent(v.link)}`;
    star(v);
    put(".run-notice", v.missing ? words.missing : v.run && !v.controls ? words["watch-only"] : "");
    const which = anyHeld || now == null ? "held" : "train";
    put(".run-main .run-label", words[`${other ? "kept" : "main"}-${which}`]);
    find(".run-head").title =
      other && keptStep ? say("kept-step", { n: whole.format(keptStep) }) : "";
    put(".run-main b", figure(now));
    root.classList.toggle("run-lost", v.state === "diverged" && (kept == null || lost));
    put(".run-main small", start == null || start > TOP ? "" : say("from", { n: figure(start) }));
    put(
      ".run-second .run-label",
      anyHeld || now == null ? words["curve-train"] : words["curve-held"],
    );
    put(".run-second b", figure(training));
    find(".run-second").classList.toggle("problematic", training > TOP);
    put(".run-bits b", inBits(now));
    put(".run-status span", status(v));
    for (const button of root.querySelectorAll("[data-scale]")) {
      button.setAttribute("aria-checked", String(button.dataset.scale === unit.scale));
      button.tabIndex = button.dataset.scale === unit.scale ? 0 : -1; // one stop of the Tab key, as radios are
    }
    curve(v);
    gradients(v);
    rows(v);
    remark(v);
    attend(v.state);
    updateButtons(v);
    // Said aloud when the state changes, and once a minute while it trains.
    const change = `${v.run} ${v.state}`;
    const milestone = `${change} ${v.state === "running" ? Math.floor((v.last.seconds ?? 0) / 60) : 0}`;
    if (v.state !== "finding" && milestone !== spoken) {
      const changed = !spoken.startsWith(`${change} `);
      spoken = milestone;
      const trouble = v.verdict && v.state !== "diverged" ? v.verdict.what[tongue] : "";
      put(".run-spoken", `${words[v.state] ?? ""}. ${summary(v)} ${trouble}`.trim());
      if (changed) emit("charrnn-run-state", v.earlier ? "idle" : v.state);
    }
  }

  // Each button is on only where it makes sense, and says what it would do; the run that they are
  // about is this one.
  function updateButtons(v) {
    const { state } = v;
    const lacking = state === "interrupted" || (state === "failed" && v.end?.crashed);
    const kept =
      Boolean(v.run) && (lacking || (v.model && ["finished", "stopped", "failed"].includes(state)));
    const keep = !["interrupted", "failed"].includes(state)
      ? "keep"
      : v.saved || !lacking
        ? "resume"
        : "again";
    const button = (on, name) => ({
      __type__: "update",
      interactive: on && !card.away,
      ...(name && { value: words[`button-${name}`] }),
    });
    const control = (on, name) => ({ ...button(on, name), visible: v.controls }); // not of a run that is only watched
    const buttons = {
      stop: control(["queued", "running"].includes(state), state === "queued" ? "cancel" : "stop"),
      sample: control(state === "running"),
      keep: control(Boolean(kept), keep),
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

  // A star keeps a run where others are removed after a while.
  function star(v) {
    const button = find(".run-star");
    button.hidden = !v.run || !v.controls || v.starred == null;
    button.setAttribute("aria-pressed", String(Boolean(v.starred)));
    button.title = words[v.starred ? "starred-hint" : "star-hint"];
    put(button, words[v.starred ? "starred" : "star"]);
  }

  find(".run-star").addEventListener("click", async () => {
    const { run, starred } = card.shown;
    const said = await server.star({ run, on: !starred });
    if (!said || card.shown.run !== run) return;
    card.shown = { ...card.shown, ...said };
    draw();
    if (said.problem) put(".run-note", said.problem);
  });

  // The address can be taken from the link as well, as from any.
  find(".run-link").addEventListener("click", async (event) => {
    event.preventDefault();
    await copyText(find(".run-link").href);
    put(".run-link", words.copied);
    setTimeout(() => put(".run-link", words.link), 2000);
  });

  function choose(scale) {
    unit.scale = scale;
    draw();
    find(`[data-scale="${scale}"]`).focus();
  }

  put(".run-bits .run-label", words["bits-per-character"]);
  find(".run").setAttribute("aria-label", words.card);
  put(".run-link", words.link);
  find(".run-scale").setAttribute("aria-label", words.scale);
  for (const button of element.querySelectorAll("[data-scale]")) {
    put(button, words[button.dataset.scale]);
    button.addEventListener("click", () => choose(button.dataset.scale));
  }
  find(".run-scale").addEventListener("keydown", (event) => {
    if (!event.key.startsWith("Arrow")) return; // of two, either direction leads to the other
    event.preventDefault();
    choose(unit.scale === "bits" ? "perplexity" : "bits");
  });
  find(".run-gradients").addEventListener("toggle", () => draw());
  new ResizeObserver(() => draw()).observe(find(".run-curve"));

  retryRequests(words.lost);
  followRun(ui, card);
}
