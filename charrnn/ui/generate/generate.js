// The page of the Generate tab. `props.value` is the page on display (see stream.py); pages that
// came before are kept here, for undo. Text goes in through textContent only.

import { component, copyText, emit, listen, STORAGE } from "../page/runtime.js";
import { prompt } from "./prompt.js";
import { textPanel } from "./text_panel.js";
import { number, visible } from "./tinted_text.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, watch, find, setText, t, words } = ui;

  const button = (name) => find(`[data-do="${name}"]`);

  const MAX_PAGES = 20; // pages that undo can go back to
  // Milliseconds of silence: a first frame may have to wait in the server's queue, the others come
  // ten times a second.
  const TIMEOUT_MS = { first: 60000, next: 20000 };
  const BLANK = { id: "", state: "blank", prefix: "", text: "", tint: "", columns: null };

  // Checkpoint and prefix, as they stand in Gradio's own inputs; they may have changed before this
  // tab was first drawn.
  let fields = prompt.fields ?? props.fields;
  let pages = [];
  let at = -1;
  let pending = false; // asked for, and nothing has come yet
  let asks = 0;
  let askedBy = "generate"; // the button that set the model writing
  let leaving = false; // Stop was pressed before the server had said anything that it could stop
  let halting = false; // the server has been told to stop; until it has, nothing new is asked for
  let halted = ""; // the page that was stopped: frames still on their way do not add to it
  let waiting = null; // what was asked for while the prefix of a model just chosen is on its way
  let prefixEdited = true; // whether the panel speaks of the prefix or of the page
  let watching = null; // the timer that gives up on a stream which has fallen silent

  const current = () => (at < 0 ? BLANK : pages[at]);
  const { area, drawText, spokenResult } = textPanel(ui, {
    fields: () => fields,
    current,
    keepColumn,
  });
  const writing = () => pending || halting || current().state === "writing";

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
    setText(find(".write-problem"), where === "page" ? problem.message : "");
    for (const name of ["checkpoint", "settings"]) {
      const node = document.querySelector(`#write-problem-${name} .problem`);
      if (node) setText(node, where === name ? problem.message : "");
    }
  }

  // On a phone the field that a problem stands beside may be far from the button.
  function showProblem() {
    const told = [
      find(".write-problem"),
      ...document.querySelectorAll('[id^="write-problem-"] .problem'),
    ];
    told.find((node) => node.textContent)?.scrollIntoView({ block: "nearest" });
  }

  function draw() {
    const page = current();
    const busy = writing();
    drawText(page);
    setText(find(".write-status"), status(page));
    drawProblem(pending ? null : page.problem);
    element.querySelector(".write").classList.toggle("writing", busy);
    const focused = document.activeElement;
    button("generate").hidden = busy;
    button("stop").hidden = !busy;
    button("stop").setAttribute("aria-disabled", String(halting || leaving)); // disabled would lose the focus
    button("generate").disabled = button("trio").disabled = !fields.checkpoint;
    button("trio").disabled ||= busy;
    button("continue").disabled = busy || !page.text || Boolean(page.columns) || !fields.checkpoint;
    button("undo").disabled = busy || at < 0;
    button("redo").disabled = busy || at >= pages.length - 1;
    button("copy").disabled = !page.id;
    keepFocus(focused);
    watchForSilence(busy);
  }

  // A button that goes, or can do no more, hands the keyboard on: to Stop, and back from it.
  function keepFocus(was) {
    const name = was?.dataset?.do;
    if (!name || !element.contains(was) || !(was.hidden || was.disabled)) return;
    const next = writing() ? ["stop"] : [askedBy, { undo: "redo", redo: "undo" }[name], "generate"];
    next
      .map((one) => one && button(one))
      .find((one) => one && !one.hidden && !one.disabled)
      ?.focus({ preventScroll: true });
  }

  // A stream may die without a word, and then nothing would ever say that it is over.
  function watchForSilence(busy) {
    clearTimeout(watching);
    if (busy) watching = setTimeout(giveUp, pending ? TIMEOUT_MS.first : TIMEOUT_MS.next);
  }

  function giveUp() {
    trigger("halt");
    pending = leaving = halting = false;
    waiting = null;
    prompt.choosing = false;
    const problem = { message: words.silent, field: null };
    if (at < 0) BLANK.problem = problem;
    else
      pages[at] = {
        ...current(),
        state: current().state === "writing" ? "stopped" : current().state,
        problem,
      };
    show(current());
  }

  // A page arrived from the server, or was made here.
  function receive(page) {
    if (!page.id && !page.problem) {
      // Gradio's own first value; what was restored stays
      if (at >= 0) props.value = current();
      return;
    }
    if (page.id && page.id === halted) page = current(); // what stood there at Stop is what is kept
    if (!page.id) {
      at = -1; // only ever a problem before the first page
      BLANK.problem = page.problem;
    } else if (page.id === current().id) {
      pages[at] = page;
    } else {
      pages = [...pages.slice(0, at + 1), page].slice(-MAX_PAGES);
      at = pages.length - 1;
      BLANK.problem = null;
      prefixEdited = false;
    }
    const was = pending || t("spoken-writing") === find(".write-spoken").textContent;
    pending = false;
    const stop = leaving && page.state === "writing";
    leaving = false;
    draw();
    if (was && page.problem) showProblem();
    if (stop) halt();
    else if (page.state === "writing") setText(find(".write-spoken"), words["spoken-writing"]);
    else if (was) {
      setText(find(".write-spoken"), page.state === "done" ? spokenResult(page) : "");
      settle();
    }
  }

  // Shows a page that was made here, and lets the server know it as the one on display.
  function show(page) {
    props.value = page.id ? page : { id: "" };
    draw();
    settle();
  }

  function settle() {
    try {
      sessionStorage.setItem(STORAGE.pages, JSON.stringify({ pages, at }));
    } catch (full) {
      console.warn("pages are not kept across a reload:", full.name);
    }
    announceContext();
  }

  // Tells the panel which text it is about.
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
      id: `here-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`,
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
    button("continue").focus({ preventScroll: true }); // the button that was pressed is gone
  }

  function pick({ character, p, full }) {
    if (writing()) return;
    const page = prefixEdited || !current().id ? { ...BLANK, prefix: fields.prefix } : current();
    const digit = Math.min(35, Math.round(-Math.log2(p) * 3)).toString(36);
    addPage({
      ...page,
      mode: "picked",
      rate: null,
      full,
      written: 1,
      text: page.text + character,
      tint: page.tint + digit,
    });
  }

  function moveInHistory(step) {
    at = Math.max(-1, Math.min(pages.length - 1, at + step));
    prefixEdited = at < 0;
    show(current());
  }

  function halt() {
    if (halting) return;
    if (waiting) {
      // the server has not been asked yet
      waiting = null;
      pending = false;
      draw();
      return;
    }
    if (pending) {
      // Gradio cannot cancel what its server has not begun: with the first frame, then
      leaving = true;
      draw();
      return;
    }
    halting = true;
    setTimeout(released, 3000); // should no answer come
    halted = current().id;
    trigger("halt");
    if (current().state === "writing") {
      pages[at] = { ...current(), state: "stopped" };
      setText(find(".write-spoken"), words.stopped);
      show(current());
    } else draw();
  }

  function released() {
    halting = false;
    draw();
  }

  function requestText(what) {
    if (writing() || !fields.checkpoint) return;
    pending = true;
    asks += 1;
    askedBy = what;
    halted = "";
    props.value = current().id ? current() : { id: "" }; // and no later frame of a page that was stopped
    if (prompt.choosing && what !== "continue") waiting = what;
    else send(what);
    draw();
  }

  function send(what) {
    waiting = null;
    trigger("write", { what, checkpoint: (prompt.fields ?? fields).checkpoint });
  }

  async function copy() {
    const page = current();
    const text = page.prefix + page.text;
    const whole = page.columns
      ? page.columns.map((c) => `α = ${c.alpha}\n${text}${c.text}`).join("\n\n")
      : text;
    await copyText(whole);
    setText(button("copy"), words.copied);
    setTimeout(() => setText(button("copy"), words.copy), 1500);
  }

  function drawUnknown({ unknown, symbols }) {
    const note = find(".write-note");
    note.replaceChildren();
    if (!unknown.length) return;
    for (const c of unknown.slice(0, 8)) {
      const mark = document.createElement("bdi");
      mark.className = "unknown";
      mark.textContent = visible(c);
      note.append(mark, " ");
    }
    if (unknown.length > 8) note.append(t("more", { n: unknown.length - 8 }), " ");
    note.append(
      t(unknown.length === 1 ? "unknown-one" : "unknown-many", { n: number.format(symbols) }),
    );
  }

  // ---- from here on it runs --------------------------------------------------------------------

  for (const [name, act] of Object.entries({
    generate: () => requestText("generate"),
    stop: halt,
    continue: () => requestText("continue"),
    trio: () => requestText("trio"),
    undo: () => moveInHistory(-1),
    redo: () => moveInHistory(1),
    copy,
  })) {
    button(name).onclick = act;
    setText(button(name), words[name]);
  }
  button("trio").title = t("trio-hint", { alphas: props.trio.join(", ") });
  area.setAttribute("aria-label", words.page);

  const toggle = find(".write-surprise input");
  const tinted = () => element.querySelector(".write").classList.toggle("plain", !toggle.checked);
  setText(find(".write-surprise span"), words.surprise);
  find(".write-surprise").title = words["surprise-hint"];
  toggle.checked = localStorage.getItem(STORAGE.surprisal) !== "off";
  toggle.onchange = () => {
    localStorage.setItem(STORAGE.surprisal, toggle.checked ? "on" : "off");
    tinted();
  };
  tinted();

  document.addEventListener("keydown", (event) => {
    if (!element.offsetParent) return; // another tab is open
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      requestText("generate");
    } else if (event.key === "Escape" && writing()) halt();
  });
  listen("charrnn-prompt-fields", (detail) => {
    if (detail.prefix !== fields.prefix) prefixEdited = true;
    fields = detail;
    BLANK.problem = null;
    if (current().problem) pages[at] = { ...current(), problem: null };
    if (waiting && !prompt.choosing) send(waiting);
    draw();
    if (!writing()) announceContext();
  });
  listen("charrnn-next-char-ready", announceContext);
  listen("charrnn-next-characters", (detail) => drawUnknown(detail));
  listen("charrnn-next-char-problem", (detail) => drawProblem(detail));
  listen("charrnn-next-char-picked", (detail) => pick(detail));
  // The server is done, whatever came of it. Its last frame may still be on the way to the screen.
  listen("charrnn-generate-settled", () => {
    const asked = asks;
    if (halting) released();
    setTimeout(() => {
      if (asked !== asks) return; // the next is under way
      pending = false;
      if (current().state === "writing") pages[at] = { ...current(), state: "stopped" };
      show(current());
    }, 300);
  });
  watch("value", () => receive(props.value));

  try {
    ({ pages, at } = JSON.parse(sessionStorage.getItem(STORAGE.pages)) ?? { pages, at });
    pages = pages.map((page) => (page.state === "writing" ? { ...page, state: "stopped" } : page));
    prefixEdited = at < 0;
  } catch {
    sessionStorage.removeItem(STORAGE.pages);
  }
  show(current());
}
