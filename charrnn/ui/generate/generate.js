// The text of the Generate tab, with its buttons. `props.value` is the page on display (stream.py);
// this script keeps the earlier pages for undo. Text is set as textContent only.

import { component, copyText, emit, listen, STORAGE } from "../page/runtime.js";
import { prompt } from "./prompt.js";
import { textPanel } from "./text_panel.js";
import { number, visible } from "./tinted_text.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, watch, find, setText, t, words } = ui;

  const button = (name) => find(`[data-do="${name}"]`);

  const MAX_PAGES = 20; // pages that undo can go back to
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
  let pages = [];
  let position = -1;
  let pending = false; // a request was made, and no frame has come yet
  let requests = 0;
  let requestedBy = "generate"; // the button that was pressed last
  let stopOnArrival = false; // Stop was pressed before the first frame: stop when it comes
  let stopping = false; // the server was told to stop; until it has, no new request is made
  let stoppedId = ""; // the id of the page that was stopped: later frames of it are ignored
  let unsent = null; // a request that waits for the suggested prefix of a model just chosen
  let prefixEdited = true; // next characters are those of the prefix, not of the page
  let silenceTimer = null; // calls endSilentStream

  const current = () => (position < 0 ? BLANK : pages[position]);
  const { area, drawText, spokenResult } = textPanel(ui, {
    fields: () => fields,
    current,
    keepColumn,
  });
  const writing = () => pending || stopping || current().state === "writing";

  function status(page) {
    if (pending || !page.id) return "";
    const count = page.tint.length + (page.columns ?? []).reduce((n, c) => n + c.tint.length, 0);
    const parts = [count === 1 ? words.character : t("characters", { n: number.format(count) })];
    if (page.state === "writing") parts.push(words.writing);
    if (page.state === "stopped") parts.push(words.stopped);
    if (page.rate) parts.push(t("rate", { n: number.format(page.rate) }));
    if (page.mode === "greedy" || page.mode === "picked") parts.push(words[page.mode]);
    else parts.push(t("seed", { n: page.seed }), ...(page.alpha ? [`α ${page.alpha}`] : []));
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
    const where = problem ? (place[problem.field] ?? "page") : null;
    setText(find(".generate-problem"), where === "page" ? problem.message : "");
    for (const name of ["checkpoint", "settings"]) {
      const node = document.querySelector(`#generate-problem-${name} .problem`);
      if (node) setText(node, where === name ? problem.message : "");
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
    const page = current();
    const busy = writing();
    drawText(page);
    setText(find(".generate-status"), status(page));
    drawProblem(pending ? null : page.problem);
    element.querySelector(".generate").classList.toggle("writing", busy);
    const focused = document.activeElement;
    button("generate").hidden = busy;
    button("stop").hidden = !busy;
    button("stop").setAttribute("aria-disabled", String(stopping || stopOnArrival)); // disabled would lose the focus
    button("generate").disabled = button("three-alphas").disabled = !fields.checkpoint;
    button("three-alphas").disabled ||= busy;
    button("continue").disabled = busy || !page.text || Boolean(page.columns) || !fields.checkpoint;
    button("undo").disabled = busy || position < 0;
    button("redo").disabled = busy || position >= pages.length - 1;
    button("copy").disabled = !page.id;
    keepFocus(focused);
    watchForSilence(busy);
  }

  // If the focused button was hidden or disabled, moves the focus to another one: to Stop, or back.
  function keepFocus(focused) {
    const name = focused?.dataset?.do;
    if (!name || !element.contains(focused) || !(focused.hidden || focused.disabled)) return;
    const next = writing()
      ? ["stop"]
      : [requestedBy, { undo: "redo", redo: "undo" }[name], "generate"];
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

  function endSilentStream() {
    trigger("stop");
    pending = stopOnArrival = stopping = false;
    unsent = null;
    prompt.choosing = false;
    const problem = { message: words.silent, field: null };
    if (position < 0) BLANK.problem = problem;
    else
      pages[position] = {
        ...current(),
        state: current().state === "writing" ? "stopped" : current().state,
        problem,
      };
    show(current());
  }

  // Takes in a page from the server, or one that was made here.
  function receive(page) {
    if (!page.id && !page.problem) {
      // the value that Gradio begins with; restored pages stay
      if (position >= 0) props.value = current();
      return;
    }
    if (page.id && page.id === stoppedId) page = current(); // keep the text as it was at Stop
    if (!page.id) {
      position = -1; // a problem before the first page
      BLANK.problem = page.problem;
    } else if (page.id === current().id) {
      pages[position] = page;
    } else {
      pages = [...pages.slice(0, position + 1), page].slice(-MAX_PAGES);
      position = pages.length - 1;
      BLANK.problem = null;
      prefixEdited = false;
    }
    const wasBusy = pending || t("spoken-writing") === find(".generate-spoken").textContent;
    pending = false;
    const stopNow = stopOnArrival && page.state === "writing";
    stopOnArrival = false;
    draw();
    if (wasBusy && page.problem) showProblem();
    if (stopNow) stopGenerating();
    else if (page.state === "writing") setText(find(".generate-spoken"), words["spoken-writing"]);
    else if (wasBusy) {
      setText(find(".generate-spoken"), page.state === "done" ? spokenResult(page) : "");
      settle();
    }
  }

  // Shows a page that was made here, and makes it the value that the server gets.
  function show(page) {
    props.value = page.id ? page : { id: "" };
    draw();
    settle();
  }

  function settle() {
    try {
      sessionStorage.setItem(STORAGE.pages, JSON.stringify({ pages, at: position }));
    } catch (error) {
      console.warn("pages are not kept across a reload:", error.name);
    }
    announceContext();
  }

  // Tells the panel of next characters which text they follow.
  function announceContext() {
    const page = current();
    const text = prefixEdited || !page.id ? fields.prefix : page.prefix + page.text;
    emit("charrnn-next-char-context", {
      checkpoint: fields.checkpoint,
      text,
      pickable: !page.columns || prefixEdited,
    });
  }

  function addPage(page) {
    receive({
      ...page,
      id: `local-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`,
      state: "done",
      problem: null,
      columns: null,
    });
    show(current());
  }

  function keepColumn(i) {
    const page = current();
    const { alpha, text, tint } = page.columns[i];
    addPage({
      ...page,
      mode: "sample",
      alpha,
      rate: null,
      written: tint.length,
      text: page.text + text,
      tint: page.tint + tint,
    });
    button("continue").focus({ preventScroll: true }); // the pressed button is gone
  }

  function pick({ character, p, maxSurprisal }) {
    if (writing()) return;
    const page = prefixEdited || !current().id ? { ...BLANK, prefix: fields.prefix } : current();
    const digit = Math.min(35, Math.round(-Math.log2(p) * 3)).toString(36);
    addPage({
      ...page,
      mode: "picked",
      rate: null,
      max_surprisal: maxSurprisal,
      written: 1,
      text: page.text + character,
      tint: page.tint + digit,
    });
  }

  function moveInHistory(step) {
    position = Math.max(-1, Math.min(pages.length - 1, position + step));
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
      pages[position] = { ...current(), state: "stopped" };
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
    pending = true;
    requests += 1;
    requestedBy = action;
    stoppedId = "";
    props.value = current().id ? current() : { id: "" }; // drops later frames of a stopped page
    if (prompt.choosing && action !== "continue") unsent = action;
    else send(action);
    draw();
  }

  function send(action) {
    unsent = null;
    trigger("generate", { action, checkpoint: (prompt.fields ?? fields).checkpoint });
  }

  async function copy() {
    const page = current();
    const text = page.prefix + page.text;
    const copied = page.columns
      ? page.columns.map((c) => `α = ${c.alpha}\n${text}${c.text}`).join("\n\n")
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

  // ---- setup -----------------------------------------------------------------------------------

  for (const [name, action] of Object.entries({
    generate: () => requestText("generate"),
    stop: stopGenerating,
    continue: () => requestText("continue"),
    "three-alphas": () => requestText("three-alphas"),
    undo: () => moveInHistory(-1),
    redo: () => moveInHistory(1),
    copy,
  })) {
    button(name).onclick = action;
    setText(button(name), words[name]);
  }
  button("three-alphas").title = t("three-alphas-hint", { alphas: props.three_alphas.join(", ") });
  area.setAttribute("aria-label", words.page);

  const toggle = find(".generate-surprisal input");
  const showTint = () =>
    element.querySelector(".generate").classList.toggle("plain", !toggle.checked);
  setText(find(".generate-surprisal span"), words.surprise);
  find(".generate-surprisal").title = words["surprise-hint"];
  toggle.checked = localStorage.getItem(STORAGE.surprisal) !== "off";
  toggle.onchange = () => {
    localStorage.setItem(STORAGE.surprisal, toggle.checked ? "on" : "off");
    showTint();
  };
  showTint();

  document.addEventListener("keydown", (event) => {
    if (!element.offsetParent) return; // another tab is open
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      requestText("generate");
    } else if (event.key === "Escape" && writing()) stopGenerating();
  });
  listen("charrnn-prompt-fields", (detail) => {
    if (detail.prefix !== fields.prefix) prefixEdited = true;
    fields = detail;
    BLANK.problem = null;
    if (current().problem) pages[position] = { ...current(), problem: null };
    if (unsent && !prompt.choosing) send(unsent);
    draw();
    if (!writing()) announceContext();
  });
  listen("charrnn-next-char-ready", announceContext);
  listen("charrnn-next-characters", (detail) => drawUnknown(detail));
  listen("charrnn-next-char-problem", (detail) => drawProblem(detail));
  listen("charrnn-next-char-picked", (detail) => pick(detail));
  // The event is over, well or not. Its last frame may still be on its way to the screen.
  listen("charrnn-generate-settled", () => {
    const request = requests;
    if (stopping) noteStopped();
    setTimeout(() => {
      if (request !== requests) return; // the next one is under way
      pending = false;
      if (current().state === "writing") pages[position] = { ...current(), state: "stopped" };
      show(current());
    }, LAST_FRAME_MS);
  });
  watch("value", () => receive(props.value));

  try {
    ({ pages, at: position } = JSON.parse(sessionStorage.getItem(STORAGE.pages)) ?? {
      pages,
      at: position,
    });
    pages = pages.map((page) => (page.state === "writing" ? { ...page, state: "stopped" } : page));
    prefixEdited = position < 0;
  } catch {
    sessionStorage.removeItem(STORAGE.pages);
  }
  show(current());
}
