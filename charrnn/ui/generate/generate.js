// The text of the Generate tab, with its buttons. `props.value` is the passage on display (stream.py);
// this script keeps the earlier passages for undo. Text is set as textContent only.

import { component, copyText, emit, listen, STORAGE } from "../page/runtime.js";
import { setTextWithTerms } from "../page/terms.js";
import { beginsLine, placeIn } from "./place.js";
import { prompt } from "./prompt.js";
import { replay } from "./replay.js";
import { textPanel } from "./text_panel.js";
import { formatBits } from "./next_char.js";
import { number, surprisalLevel, visible } from "../page/tinted_text.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, watch, find, setText, t, words } = ui;

  const button = (name) => find(`[data-do="${name}"]`);

  const MAX_PASSAGES = 20; // passages that undo can go back to
  // Silence after which a stream counts as lost. The first frame may have to wait in the server's
  // queue; the others come ten times a second.
  const TIMEOUT_MS = { first: 60000, next: 20000 };
  const STOP_TIMEOUT_MS = 3000; // to wait for the server's answer to Stop
  const LAST_FRAME_MS = 300; // within which the last frame comes after its event has ended
  const COPIED_MS = 1500; // for which the Copy button says that it has copied
  const MAX_UNKNOWN_SHOWN = 8; // unknown characters that are listed one by one
  const BLANK = { id: "", state: "blank", prefix: "", text: "", tint: "", columns: null };

  // The values of Gradio's checkpoint and prefix fields, which may have changed before this tab was
  // first drawn.
  let fields = prompt.fields ?? props.fields;
  let passages = [];
  let position = -1;
  let pending = false; // a request was made, and no frame has come yet
  let requests = 0;
  let requestedBy = "generate"; // the button that was pressed last
  let stopOnArrival = false; // Stop was pressed before the first frame: stop when it comes
  let stopping = false; // the server was told to stop; until it has, no new request is made
  let stoppedId = ""; // the id of the passage that was stopped: later frames of it are ignored
  let unsent = null; // a request that waits for the suggested prefix of a model just chosen
  let prefixEdited = true; // next characters are those of the prefix, not of the passage
  let held = null; // the new text is held back for a replay: {before}, the id of the passage before
  let silenceTimer = null; // calls endSilentStream

  const current = () => (position < 0 ? BLANK : passages[position]);
  const toggle = find(".generate-surprisal input");
  const writing = () => pending || stopping || current().state === "writing";
  const { area, cursor, drawText, showEnd, spokenResult } = textPanel(ui, {
    fields: () => fields,
    current,
    keepColumn,
    isLocked: writing,
    step: stepReplay,
  });
  const replaying = replay({
    passage: current,
    draw,
    select(at) {
      cursor.put(at === null ? null : { box: 0, at: prefixLength() + at });
      announceContext();
    },
  });
  const pace = find(".generate-pace select"); // "fast", "slow" or "step"

  function status(passage) {
    if (pending || !passage.id) return "";
    const count =
      passage.tint.length + (passage.columns ?? []).reduce((n, c) => n + c.tint.length, 0);
    const parts = [count === 1 ? words.character : t("characters", { n: number.format(count) })];
    if (passage.state === "writing") parts.push(words.writing);
    if (passage.state === "stopped") parts.push(words.stopped);
    if (passage.rate) parts.push(t("rate", { n: number.format(passage.rate) }));
    if (passage.mode === "greedy" || passage.mode === "picked") parts.push(words[passage.mode]);
    else
      parts.push(t("seed", { n: passage.seed }), ...(passage.alpha ? [`α ${passage.alpha}`] : []));
    return parts.join(" · ");
  }

  function drawProblem(problem) {
    const place = {
      checkpoint: "checkpoint",
      length: "settings",
      seed: "settings",
      alpha: "settings",
      mode: "settings",
    };
    const where = problem ? (place[problem.field] ?? "passage") : null;
    setText(find(".generate-problem"), where === "passage" ? problem.message : "");
    for (const name of ["checkpoint", "settings"]) {
      const node = document.querySelector(`#generate-problem-${name} .problem`);
      if (node) setText(node, where === name ? problem.message : "");
    }
  }

  // The tint of a character that the model was sure of, up to that of a uniform guess.
  function drawScale(passage) {
    const scale = find(".generate-scale");
    scale.hidden = !passage.id || !toggle.checked;
    if (scale.hidden) return;
    const bits = passage.max_surprisal.toFixed(1);
    setTextWithTerms(scale.querySelector("span"), t("tint-scale", { n: bits }));
    if (scale.querySelector("b")) return;
    for (let strength = 0; strength <= 9; strength++) {
      const swatch = document.createElement("b");
      swatch.className = `s${strength}`;
      scale.querySelector("i").append(swatch);
    }
  }

  // On a phone the field with the problem may be far from the button.
  function showProblem() {
    const places = [
      find(".generate-problem"),
      ...document.querySelectorAll('[id^="generate-problem-"] .problem'),
    ];
    places.find((node) => node.textContent)?.scrollIntoView({ block: "nearest" });
  }

  function draw() {
    const passage = current();
    const busy = writing();
    drawText(replaying.shown(passage, held && passage.id !== held.before));
    setText(find(".generate-status"), status(passage));
    drawScale(passage);
    drawProblem(pending ? null : passage.problem);
    element.querySelector(".generate").classList.toggle("writing", busy);
    const focused = document.activeElement;
    button("generate").hidden = busy;
    button("stop").hidden = !busy;
    button("stop").setAttribute("aria-disabled", String(stopping || stopOnArrival)); // disabled would lose the focus
    button("generate").disabled = button("three-alphas").disabled = !fields.checkpoint;
    button("three-alphas").disabled ||= busy;
    button("continue").disabled =
      busy || !passage.text || Boolean(passage.columns) || !fields.checkpoint;
    button("undo").disabled = busy || position < 0;
    button("redo").disabled = busy || position >= passages.length - 1;
    button("copy").disabled = !passage.id;
    button("all").hidden = !replaying.isOn();
    button("next-step").hidden = !replaying.isOn() || pace.value !== "step";
    pace.disabled = busy;
    keepFocus(focused);
    watchForSilence(busy);
    emit("charrnn-passage-shown", {
      passage,
      checkpoint: passage.checkpoint ?? fields.checkpoint,
      complete: !busy && !held && !replaying.isOn(),
    });
  }

  // If the focused button was hidden or disabled, moves the focus to another one: to Stop, or back.
  function keepFocus(focused) {
    const name = focused?.dataset?.do;
    if (!name || !element.contains(focused) || !(focused.hidden || focused.disabled)) return;
    const beside = { undo: "redo", redo: "undo" }[name];
    const next = writing()
      ? ["stop"]
      : name === "next-step"
        ? ["continue", "generate"]
        : [requestedBy, beside, "generate"];
    next
      .map((action) => action && button(action))
      .find((candidate) => candidate && !candidate.hidden && !candidate.disabled)
      ?.focus({ preventScroll: true });
  }

  // A stream may break without an event that says so.
  function watchForSilence(busy) {
    clearTimeout(silenceTimer);
    if (busy)
      silenceTimer = setTimeout(endSilentStream, pending ? TIMEOUT_MS.first : TIMEOUT_MS.next);
  }

  // Shows what was written last again, at the chosen pace; three columns are shown at once.
  function beginReplay() {
    if (pace.value === "fast" || writing() || current().columns || !current().written) return;
    replaying.begin(pace.value === "slow");
  }

  function endSilentStream() {
    trigger("stop");
    pending = stopOnArrival = stopping = false;
    unsent = null;
    prompt.choosing = false;
    const problem = { message: words.silent, field: null };
    if (position < 0) BLANK.problem = problem;
    else
      passages[position] = {
        ...current(),
        state: current().state === "writing" ? "stopped" : current().state,
        problem,
      };
    show(current());
  }

  // Takes in a passage from the server, or one that was made here.
  function receive(passage) {
    if (!passage.id && !passage.problem) {
      // the value that Gradio begins with; restored passages stay
      if (position >= 0) props.value = current();
      return;
    }
    if (passage.id && passage.id === stoppedId) passage = current(); // keep the text as it was at Stop
    if (!passage.id) {
      position = -1; // a problem before the first passage
      BLANK.problem = passage.problem;
    } else if (passage.id === current().id) {
      passages[position] = passage;
    } else {
      passages = [...passages.slice(0, position + 1), passage].slice(-MAX_PASSAGES);
      position = passages.length - 1;
      BLANK.problem = null;
      prefixEdited = false;
    }
    const wasBusy = pending || t("spoken-writing") === find(".generate-spoken").textContent;
    pending = false;
    const stopNow = stopOnArrival && passage.state === "writing";
    stopOnArrival = false;
    draw();
    if (wasBusy && passage.problem) showProblem();
    if (stopNow) stopGenerating();
    else if (passage.state === "writing")
      setText(find(".generate-spoken"), words["spoken-writing"]);
    else if (wasBusy) {
      setText(find(".generate-spoken"), passage.state === "done" ? spokenResult(passage) : "");
      settle();
      beginReplay();
    }
  }

  // Shows a passage that was made here, and makes it the value that the server gets.
  function show(passage) {
    props.value = passage.id ? passage : { id: "" };
    draw();
    settle();
  }

  function settle() {
    held = null;
    try {
      sessionStorage.setItem(STORAGE.passages, JSON.stringify({ pages: passages, at: position }));
    } catch (error) {
      console.warn("texts are not kept across a reload:", error.name);
    }
    announceContext();
  }

  // The passage as it is drawn: a blank one shows the prefix of the field.
  const onDisplay = () => (current().id ? current() : { ...BLANK, prefix: fields.prefix });
  const prefixLength = () => Array.from(onDisplay().prefix).length;

  // Returns the place of the selected character (place.js); null if none is selected.
  const selectedPlace = () => cursor.selected() && placeIn(onDisplay(), cursor.selected());

  // Tells the panel of next characters which text they follow, and which one was written there.
  function announceContext() {
    const { checkpoint } = fields;
    const place = selectedPlace();
    if (place) {
      const text = place.before.prefix + place.before.text;
      const { whole, expected, draw, character: written } = place;
      const begins_line = beginsLine(onDisplay());
      const read = Array.from(text).length + 1;
      const known = { checkpoint, text, written, whole, begins_line, read, expected, draw };
      emit("charrnn-next-char-context", { ...known, pickable: true, asked: true });
      if (!expected)
        setText(find(".generate-spoken"), t("spoken-first", { character: visible(written) }));
      return;
    }
    const passage = replaying.shown(current());
    const blank = !replaying.isOn() && (prefixEdited || !passage.id);
    const text = blank ? fields.prefix : passage.prefix + passage.text;
    const read = Array.from(text).length;
    const next = { checkpoint, text, written: null, pickable: !passage.columns || prefixEdited };
    if (replaying.isOn()) {
      const { whole, draw } = placeIn(current(), { box: 0, at: read });
      const begins_line = beginsLine(current());
      emit("charrnn-next-char-context", { ...next, whole, begins_line, read, draw, asked: true });
    } else emit("charrnn-next-char-context", { ...next, asked: false });
  }

  // During a replay, the right arrow shows the next character where it would leave those shown.
  // Returns whether it did.
  function stepReplay() {
    if (!replaying.isOn()) return false;
    const last = prefixLength() + replaying.shown(current()).tint.length - 1;
    const isInside = (cursor.selected()?.at ?? last) < last;
    if (!isInside) replaying.next();
    return !isInside;
  }

  function addPassage(passage) {
    receive({
      ...passage,
      checkpoint: passage.checkpoint ?? fields.checkpoint,
      id: `local-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`,
      state: "done",
      problem: null,
      columns: null,
    });
    show(current());
  }

  function keepColumn(i) {
    const passage = current();
    const { alpha, text, tint } = passage.columns[i];
    addPassage({
      ...passage,
      mode: "sample",
      alpha,
      rate: null,
      written: tint.length,
      text: passage.text + text,
      tint: passage.tint + tint,
    });
    button("continue").focus({ preventScroll: true }); // the pressed button is gone
  }

  function pick({ character, p, maxSurprisal }) {
    if (writing()) return;
    const end = prefixEdited || !current().id ? { ...BLANK, prefix: fields.prefix } : current();
    const passage = selectedPlace()?.before ?? replaying.shown(end);
    replaying.end();
    addPassage({
      ...passage,
      mode: "picked",
      rate: null,
      max_surprisal: maxSurprisal,
      written: 1,
      text: passage.text + character,
      tint: passage.tint + surprisalLevel(-Math.log2(p)),
    });
  }

  function moveInHistory(step) {
    replaying.end();
    position = Math.max(-1, Math.min(passages.length - 1, position + step));
    prefixEdited = position < 0;
    show(current());
  }

  function stopGenerating() {
    if (stopping) return;
    if (unsent) {
      // the request was not sent yet
      unsent = null;
      pending = false;
      draw();
      return;
    }
    if (pending) {
      // Gradio cannot cancel an event that its server has not begun
      stopOnArrival = true;
      draw();
      return;
    }
    stopping = true;
    setTimeout(noteStopped, STOP_TIMEOUT_MS);
    stoppedId = current().id;
    trigger("stop");
    if (current().state === "writing") {
      passages[position] = { ...current(), state: "stopped" };
      setText(find(".generate-spoken"), words.stopped);
      show(current());
    } else draw();
  }

  function noteStopped() {
    stopping = false;
    draw();
  }

  function requestText(action) {
    if (writing() || !fields.checkpoint) return;
    replaying.end();
    held = pace.value === "fast" || action === "three-alphas" ? null : { before: current().id };
    pending = true;
    requests += 1;
    requestedBy = action;
    stoppedId = "";
    props.value = current().id ? current() : { id: "" }; // drops later frames of a stopped passage
    if (prompt.choosing && action !== "continue") unsent = action;
    else send(action);
    draw();
  }

  function send(action) {
    unsent = null;
    trigger("generate", { action, checkpoint: (prompt.fields ?? fields).checkpoint });
  }

  async function copy() {
    const passage = current();
    const text = passage.prefix + passage.text;
    const copied = passage.columns
      ? passage.columns.map((c) => `α = ${c.alpha}\n${text}${c.text}`).join("\n\n")
      : text;
    await copyText(copied);
    setText(button("copy"), words.copied);
    setTimeout(() => setText(button("copy"), words.copy), COPIED_MS);
  }

  function drawUnknown({ unknown, symbols }) {
    const note = find(".generate-note");
    note.replaceChildren();
    if (!unknown.length) return;
    for (const c of unknown.slice(0, MAX_UNKNOWN_SHOWN)) {
      const mark = document.createElement("bdi");
      mark.className = "unknown";
      mark.textContent = visible(c);
      note.append(mark, " ");
    }
    if (unknown.length > MAX_UNKNOWN_SHOWN)
      note.append(t("more", { n: unknown.length - MAX_UNKNOWN_SHOWN }), " ");
    note.append(
      t(unknown.length === 1 ? "unknown-one" : "unknown-many", { n: number.format(symbols) }),
    );
  }

  // Has a screen reader say which character is selected.
  function sayWritten(written) {
    if (!written || !cursor.selected()) return;
    const values = { character: visible(written.character), bits: formatBits(written.p) };
    setText(find(".generate-spoken"), t(written.p ? "spoken-written" : "spoken-unknown", values));
  }

  // Shows the whole text, with no character selected.
  function showAll() {
    replaying.end();
    cursor.put(null);
    showEnd();
    announceContext();
  }

  // ---- setup -----------------------------------------------------------------------------------

  for (const [name, action] of Object.entries({
    generate: () => requestText("generate"),
    stop: stopGenerating,
    continue: () => requestText("continue"),
    "three-alphas": () => requestText("three-alphas"),
    undo: () => moveInHistory(-1),
    redo: () => moveInHistory(1),
    copy,
    "next-step": replaying.next,
    all: showAll,
  })) {
    button(name).onclick = action;
    setText(button(name), words[name]);
  }
  button("three-alphas").title = t("three-alphas-hint", { alphas: props.three_alphas.join(", ") });
  area.setAttribute("aria-label", words.text);

  const showTint = () => {
    element.querySelector(".generate").classList.toggle("plain", !toggle.checked);
    drawScale(current());
  };
  setText(find(".generate-surprisal span"), words.surprise);
  toggle.checked = localStorage.getItem(STORAGE.surprisal) !== "off";
  toggle.onchange = () => {
    localStorage.setItem(STORAGE.surprisal, toggle.checked ? "on" : "off");
    showTint();
  };
  showTint();
  setText(find(".generate-pace label span"), words.pace);
  for (const name of ["fast", "slow", "step"]) pace.add(new Option(words[`pace-${name}`], name));
  pace.onchange = () => {
    replaying.end();
    beginReplay();
  };

  document.addEventListener("keydown", (event) => {
    if (!element.offsetParent) return; // another tab is open
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      requestText("generate");
    } else if (event.key === "Escape" && writing()) stopGenerating();
  });
  listen("charrnn-prompt-fields", (detail) => {
    if (detail.prefix !== fields.prefix) {
      prefixEdited = true;
      replaying.end();
      cursor.put(null);
    }
    fields = detail;
    BLANK.problem = null;
    if (current().problem) passages[position] = { ...current(), problem: null };
    if (unsent && !prompt.choosing) send(unsent);
    draw();
    if (!writing()) announceContext();
  });
  listen("charrnn-next-char-ready", announceContext);
  listen("charrnn-next-characters", (detail) => {
    drawUnknown(detail);
    sayWritten(detail.written);
  });
  listen("charrnn-character-selected", () => {
    replaying.end();
    announceContext();
  });
  listen("charrnn-select-character", (selection) => {
    if (writing()) return;
    cursor.put(selection);
    area.focus({ preventScroll: true });
    emit("charrnn-character-selected", selection);
  });
  listen("charrnn-next-char-end", showAll);
  listen("charrnn-next-char-problem", (detail) => drawProblem(detail));
  listen("charrnn-next-char-picked", (detail) => pick(detail));
  // The event is over, well or not. Its last frame may still be on its way to the screen.
  listen("charrnn-generate-settled", () => {
    const request = requests;
    if (stopping) noteStopped();
    setTimeout(() => {
      if (request !== requests) return; // the next one is under way
      pending = false;
      if (current().state === "writing") passages[position] = { ...current(), state: "stopped" };
      show(current());
    }, LAST_FRAME_MS);
  });
  watch("value", () => receive(props.value));

  try {
    ({ pages: passages, at: position } = JSON.parse(sessionStorage.getItem(STORAGE.passages)) ?? {
      pages: passages,
      at: position,
    });
    passages = passages.map((passage) =>
      passage.state === "writing" ? { ...passage, state: "stopped" } : passage,
    );
    prefixEdited = position < 0;
  } catch {
    sessionStorage.removeItem(STORAGE.passages);
  }
  show(current());
}
