// The text of the Generate tab, with its buttons. `props.value` is the passage on display
// (stream.py). Text is set as textContent only.

import { component, emit, listen } from "../page/runtime.js";
import { surprisalLevel } from "../page/tinted_text.js";
import { generateButtons } from "./buttons.js";
import { nextCharContext } from "./next_char_context.js";
import { passageNotes } from "./passage_notes.js";
import { BLANK, passageHistory } from "./passages.js";
import { prompt } from "./prompt.js";
import { replay } from "./replay.js";
import { textPanel } from "./text_panel.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, watch, find, setText, t, words } = ui;

  // Silence after which a stream counts as lost. The first frame may have to wait in the server's
  // queue; the others come ten times a second.
  const TIMEOUT_MS = { first: 60000, next: 20000 };
  const STOP_TIMEOUT_MS = 3000; // to wait for the server's answer to Stop
  const LAST_FRAME_MS = 300; // within which the last frame comes after its event has ended

  // The values of Gradio's checkpoint and prefix fields, which may have changed before this tab was
  // first drawn.
  let fields = prompt.fields ?? props.fields;
  const history = passageHistory();
  let pending = false; // a request was made, and no frame has come yet
  let requests = 0;
  let requestedBy = "generate"; // the button that was pressed last
  let stopOnArrival = false; // Stop was pressed before the first frame: stop when it comes
  let stopping = false; // the server was told to stop; until it has, no new request is made
  let stoppedId = ""; // the id of the passage that was stopped: later frames of it are ignored
  let unsent = null; // a request that waits for the suggested prefix of a model just chosen
  let prefixEdited = history.isBlank(); // next characters are those of the prefix, not of the passage
  let held = null; // the new text is held back for a replay: {before}, the id of the passage before
  let silenceTimer = null; // calls endSilentStream

  const { current } = history;
  const writing = () => pending || stopping || current().state === "writing";
  const { area, cursor, drawText, showEnd, spokenResult } = textPanel(ui, {
    fields: () => fields,
    current,
    keepColumn,
    isLocked: writing,
    step: stepReplay,
  });
  const replaying = replay(ui, {
    passage: current,
    isLocked: writing,
    draw,
    select(at) {
      cursor.put(at === null ? null : { box: 0, at: context.prefixLength() + at });
      context.announce();
    },
  });
  const context = nextCharContext(ui, {
    fields: () => fields,
    current,
    isOfPrefix: () => prefixEdited,
    cursor,
    replaying,
  });
  const notes = passageNotes(ui, current);
  const buttons = generateButtons(ui, current, {
    generate: () => requestText("generate"),
    stop: stopGenerating,
    continue: () => requestText("continue"),
    "three-alphas": () => requestText("three-alphas"),
    undo: () => moveInHistory(-1),
    redo: () => moveInHistory(1),
    "next-step": replaying.next,
    all: showAll,
  });

  function draw() {
    const passage = current();
    const busy = writing();
    drawText(replaying.shown(passage, held && passage.id !== held.before));
    notes.drawStatus(pending ? null : passage);
    notes.drawScale(passage);
    notes.drawProblem(pending ? null : passage.problem);
    element.querySelector(".generate").classList.toggle("writing", busy);
    buttons.draw({
      isBusy: busy,
      isStopping: stopping || stopOnArrival,
      hasModel: Boolean(fields.checkpoint),
      canUndo: !history.isBlank(),
      canRedo: !history.isLast(),
      isReplayed: replaying.isOn(),
      isStepped: replaying.isStepped(),
      requestedBy,
    });
    replaying.lockSpeed(busy);
    watchForSilence(busy);
    emit("charrnn-passage-shown", {
      passage,
      checkpoint: passage.checkpoint ?? fields.checkpoint,
      complete: !busy && !held && !replaying.isOn(),
    });
  }

  // A stream may break without an event that says so.
  function watchForSilence(busy) {
    clearTimeout(silenceTimer);
    if (busy)
      silenceTimer = setTimeout(endSilentStream, pending ? TIMEOUT_MS.first : TIMEOUT_MS.next);
  }

  function endSilentStream() {
    trigger("stop");
    pending = stopOnArrival = stopping = false;
    unsent = null;
    prompt.choosing = false;
    const { state } = current();
    history.change({
      state: state === "writing" ? "stopped" : state,
      problem: { message: words.silent, field: null },
    });
    show(current());
  }

  // Takes in a passage from the server, or one that was made here.
  function receive(passage) {
    if (!passage.id && !passage.problem) {
      // the value that Gradio begins with; restored passages stay
      if (!history.isBlank()) props.value = current();
      return;
    }
    if (passage.id && passage.id === stoppedId) passage = current(); // keep the text as it was at Stop
    if (history.put(passage)) prefixEdited = false;
    const wasBusy = pending || t("spoken-writing") === find(".generate-spoken").textContent;
    pending = false;
    const stopNow = stopOnArrival && passage.state === "writing";
    stopOnArrival = false;
    draw();
    if (wasBusy && passage.problem) notes.showProblem();
    if (stopNow) stopGenerating();
    else if (passage.state === "writing")
      setText(find(".generate-spoken"), words["spoken-writing"]);
    else if (wasBusy) {
      setText(find(".generate-spoken"), passage.state === "done" ? spokenResult(passage) : "");
      settle();
      replaying.begin();
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
    history.keep();
    context.announce();
  }

  // During a replay, the right arrow shows the next character where it would leave those shown.
  // Returns whether it did.
  function stepReplay() {
    if (!replaying.isOn()) return false;
    const last = context.prefixLength() + replaying.shown(current()).tint.length - 1;
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
    buttons.focus("continue"); // the pressed button is gone
  }

  function pick({ character, p, maxSurprisal }) {
    if (writing()) return;
    const end = prefixEdited || !current().id ? { ...BLANK, prefix: fields.prefix } : current();
    const passage = context.selectedPlace()?.before ?? replaying.shown(end);
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
    history.move(step);
    prefixEdited = history.isBlank();
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
      history.change({ state: "stopped" });
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
    const isReplayed = replaying.isWanted() && action !== "three-alphas";
    held = isReplayed ? { before: current().id } : null;
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

  // Shows the whole text, with no character selected.
  function showAll() {
    replaying.end();
    cursor.put(null);
    showEnd();
    context.announce();
  }

  // ---- setup -----------------------------------------------------------------------------------

  area.setAttribute("aria-label", words.text);

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
    history.clearProblem();
    if (unsent && !prompt.choosing) send(unsent);
    draw();
    if (!writing()) context.announce();
  });
  listen("charrnn-next-char-ready", context.announce);
  listen("charrnn-next-characters", (detail) => {
    notes.drawUnknown(detail);
    context.sayWritten(detail.written);
  });
  listen("charrnn-character-selected", () => {
    replaying.end();
    context.announce();
  });
  listen("charrnn-select-character", (selection) => {
    if (writing()) return;
    cursor.put(selection);
    area.focus({ preventScroll: true });
    emit("charrnn-character-selected", selection);
  });
  listen("charrnn-next-char-end", showAll);
  listen("charrnn-next-char-problem", (detail) => notes.drawProblem(detail));
  listen("charrnn-next-char-picked", (detail) => pick(detail));
  // The event is over, well or not. Its last frame may still be on its way to the screen.
  listen("charrnn-generate-settled", () => {
    const request = requests;
    if (stopping) noteStopped();
    setTimeout(() => {
      if (request !== requests) return; // the next one is under way
      pending = false;
      if (current().state === "writing") history.change({ state: "stopped" });
      show(current());
    }, LAST_FRAME_MS);
  });
  watch("value", () => receive(props.value));

  show(current());
}
