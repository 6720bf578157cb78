// The Inspect tab: a model reads a text, and the page shows it in one of several modes. A mode tints
// the characters, and has a panel beside the text; the text stays where it is when the mode changes.
// Text is set as textContent and text nodes only.

import { readState } from "../page/browser_state.js";
import { component, listen } from "../page/runtime.js";
import { number } from "../page/tinted_text.js";
import { characterGrid } from "./character_grid.js";
import { copiedMode } from "./copied.js";
import { hiddenUnitsMode } from "./hidden_units.js";
import { keepChoices, keepOwnText, keptChoices } from "./kept_choices.js";
import { readingProgress } from "./progress.js";
import { reachMode } from "./reach.js";
import { surpriseOrComparisonMode } from "./second_model.js";
import { stepMode } from "./step.js";

// The modes by their names in `data-mode`, in the order in which they are offered.
const MODES = {
  surprise: surpriseOrComparisonMode,
  hidden_units: hiddenUnitsMode,
  step: stepMode,
  reach: reachMode,
  copied: copiedMode,
};

const TYPING_PAUSE_MS = 500; // without a change until the text is read
const FIRST_PLACES = 400; // of which the most surprising one is selected at first

export function mount(host) {
  const { element, props, server, find, setText, t, words, upload } = component(host);

  const section = find(".inspect");
  const area = find(".inspect-text");
  const modelField = find(".inspect-model");
  const sourceField = find(".inspect-source");
  const ownField = find(".inspect-own textarea");

  const kept = keptChoices();
  const job = crypto.randomUUID?.() ?? String(Math.random()); // the name of the page's readings
  let checkpoint = kept.checkpoint ?? null; // the key of the chosen model
  let carried = kept.carried ?? null; // the key of the model that was chosen on the Generate tab
  let requested = null; // the key of the model that has read, or reads, the text
  let source = kept.source ?? null; // the key of the text that the user chose; null for the best one for the model
  let reading = null; // what is drawn: an answer of `read_text`, its `checkpoint` and `characters`
  let requests = 0; // of `read_text`; older answers are ignored
  let selected = -1; // the place that is selected in the text
  let range = null; // the stretch of the text that is selected, `begin` to `end`, if there is one
  let mode = Object.hasOwn(MODES, kept.mode) ? kept.mode : "surprise";
  const shown = new Set(); // the modes that have shown what is drawn
  let typing = null; // the timer until the typed text is read
  let visibleBefore = false;

  const grid = characterGrid(area, { onSelect: selectPlace, onRange: showRange, classOf, nameOf });
  const progress = readingProgress(
    { find, setText },
    words.progress,
    async () => (await server.reading_progress({ job }))?.share,
  );

  let models = []; // to choose from: label and key
  const keep = (more = {}) => {
    Object.assign(kept, more, { checkpoint, carried, source, mode });
    keepChoices({ ...kept, text: undefined });
  };

  // ---- the model and the text ------------------------------------------------------------------

  function setOptions(field, options, chosen) {
    const drawn = options.map(([label, key]) => new Option(label, key, false, key === chosen));
    field.replaceChildren(...drawn);
  }

  // Asks for the models, and reads the text again if another model is chosen now.
  async function refreshModels() {
    const [state] = readState(null);
    const answer = await server.list_models({ state, checkpoint });
    if (!answer || answer.problem) return drawProblem(answer?.problem ?? noAnswer());
    models = answer.models;
    setOptions(modelField, models, answer.chosen);
    modelField.disabled = !answer.models.length;
    if (!answer.chosen) return drawEmpty(words["no-model"]);
    if (answer.chosen !== requested) chooseModel(answer.chosen);
  }

  function chooseModel(key) {
    checkpoint = key;
    modelField.value = key;
    keep();
    read();
  }

  const noAnswer = () => ({ message: words["no-answer"], field: null });

  async function read() {
    clearTimeout(typing);
    const request = ++requests;
    if (source === "own" && !ownField.value && !sourceField.length) source = null; // after a reload
    const own = source === "own" ? ownField.value : "";
    find(".inspect-own").hidden = source !== "own";
    find(".inspect-own button").hidden = !ownField.value;
    drawProblem(null);
    const length = Array.from(own).length;
    if (source === "own" && (!own || length > props.max_characters)) {
      if (section.classList.contains("busy")) server.stop_reading({ job });
      setBusy(false);
      if (own) return drawProblem(tooLong(length));
      return drawEmpty(words.empty);
    }
    setBusy(true);
    setText(
      find(".inspect-status"),
      own ? t("reading", { n: number.format(length) }) : words["reading-first"],
    );
    requested = checkpoint;
    progress.follow();
    const answer = await server.read_text({ checkpoint, source, text: own, job });
    if (request !== requests) return;
    setBusy(false);
    if (answer?.levels === undefined && source && !sourceField.length) {
      source = null; // what was kept over a reload cannot be read
      return read();
    }
    if (answer?.levels === undefined) {
      requested = null; // to try again when the tab is opened again
      drawStatus();
      return drawProblem(answer?.problem ?? noAnswer());
    }
    receive({ ...answer, checkpoint: requested });
  }

  function tooLong(length) {
    const [n, most] = [length, props.max_characters].map((value) => number.format(value));
    return { message: t("too-long", { n, most }), field: "text" };
  }

  function receive(answer) {
    const first = reading?.reading !== answer.reading;
    reading = { ...answer, characters: Array.from(answer.text) };
    setOptions(sourceField, answer.texts, answer.source);
    delete area.dataset.hint;
    drawStatus();
    if (!first) return;
    shown.clear();
    selected = firstPlace();
    prepareMode();
    grid.show(reading.characters);
    grid.select(selected);
    modes[mode].showPlace(selected);
  }

  // Returns the most surprising place near the beginning, so that the panel has something to say.
  function firstPlace() {
    const levels = Array.from(reading.levels.slice(0, FIRST_PLACES), (level) =>
      level === "-" ? -1 : parseInt(level, 36),
    );
    return levels.indexOf(Math.max(...levels));
  }

  function setBusy(busy) {
    if (!busy) progress.end();
    section.classList.toggle("busy", busy);
    area.setAttribute("aria-busy", String(busy));
  }

  function drawEmpty(hint) {
    reading = null;
    selected = -1;
    shown.clear();
    grid.show([]);
    area.dataset.hint = hint;
    setText(find(".inspect-status"), "");
    drawPanels();
  }

  // An error stands beside the field that it is about. What has been read before stays.
  function drawProblem(problem) {
    const ofText = problem?.field === "text" && source === "own";
    setText(find(".inspect-problem:not(.of-own)"), problem && !ofText ? problem.message : "");
    setText(find(".inspect-problem.of-own"), ofText ? problem.message : "");
    ownField.setAttribute("aria-invalid", String(Boolean(ofText)));
  }

  function drawStatus() {
    if (!reading) return setText(find(".inspect-status"), "");
    const n = number.format(reading.characters.length);
    const whole = reading.characters.length === reading.total;
    const parts = [
      whole ? t("status", { n }) : t("status-part", { n, total: number.format(reading.total) }),
    ];
    const unknown = reading.summary.unknown_characters;
    if (unknown) parts.push(t("status-unknown", { n: number.format(unknown) }));
    setText(find(".inspect-status"), parts.join(" · "));
  }

  // ---- modes -----------------------------------------------------------------------------------

  // Returns the query that reads the same text again.
  const queryOf = (asked) => ({
    checkpoint: asked.checkpoint,
    source: asked.source,
    text: asked.source === "own" ? asked.text : "",
  });

  // Calls a server function about the text that is drawn. Returns its answer, or a `problem`.
  async function ask(name, fields = {}) {
    const asked = reading;
    const query = { checkpoint: asked.checkpoint, reading: asked.reading, ...fields };
    const request = server[name];
    let answer = await request(query);
    if (answer?.gone) {
      await server.read_text(queryOf(asked)); // the server has dropped the reading
      answer = await request(query);
    }
    return answer && !answer.gone ? answer : { problem: noAnswer() };
  }

  // What a mode can use. `reading()` is what is drawn, `selected()` the selected place or -1,
  // `range()` the selected stretch, `begin` to `end`, or null,
  // `repaint()` draws the tints and their scale again, and `choose(place)` selects a place as the
  // user does; `move(place)` does so too, and leaves the focus where it is; `show(place)` also
  // leaves the selected stretch. `kept` is what a reload brings back, and `keep(more)` adds to it.
  // `models()` are label and key of each.
  const tab = {
    find,
    setText,
    t,
    words,
    props,
    ask,
    upload,
    noAnswer,
    drawProblem,
    job,
    kept,
    keep,
    models: () => models,
    isShown: (one) => Boolean(reading) && modes[mode] === one,
    reading: () => reading,
    selected: () => selected,
    range: () => range,
    repaint: () => {
      grid.repaint();
      drawScale();
    },
    choose: (place) => grid.choose(place),
    move: (place) => grid.choose(place, { focus: false }),
    show: (place) => {
      grid.select(place, { scroll: true });
      selectPlace(place);
    },
  };

  // A mode has a `title`, `classOf(place)` and `nameOf(place)` for the characters, and the texts
  // beside the `scale` of its tint, or null; they stand at both ends of a scale that is `signed`,
  // with 0 in the middle. `show()` is called once for each reading, when the mode
  // is chosen; `showPlace(place)` then, and when the user selects another place. `showRange(range)`,
  // if there is such a function, is called when a stretch of the text is selected, or none.
  const modes = Object.fromEntries(Object.entries(MODES).map(([name, make]) => [name, make(tab)]));

  function classOf(place) {
    return modes[mode].classOf(place);
  }

  function nameOf(place) {
    return modes[mode].nameOf(place);
  }

  function selectPlace(place) {
    selected = place;
    modes[mode].showPlace(place);
  }

  function showRange(newRange) {
    range = newRange;
    modes[mode].showRange?.(range);
  }

  function chooseMode(name) {
    mode = name;
    keep();
    prepareMode();
    if (!reading) return;
    grid.repaint();
    modes[mode].showPlace(selected);
    modes[mode].showRange?.(range);
  }

  function prepareMode() {
    drawPanels();
    if (reading && !shown.has(mode)) modes[mode].show();
    shown.add(mode);
  }

  // Shows what belongs to the mode, if a text has been read.
  function drawPanels() {
    for (const panel of element.querySelectorAll("[data-mode]"))
      panel.hidden = !reading || panel.dataset.mode !== mode;
    drawScale();
  }

  function drawScale() {
    const { scale, signed = false } = modes[mode];
    find(".inspect-scale").classList.toggle("signed", signed);
    find(".inspect-scale").classList.toggle("without-tint", !scale);
    setText(find(".inspect-scale span:first-child"), scale?.[0] ?? "");
    setText(find(".inspect-scale i + span"), scale?.[1] ?? "");
  }

  function drawModes() {
    const field = find(".inspect-modes");
    field.hidden = Object.keys(modes).length < 2;
    for (const [name, { title }] of Object.entries(modes)) {
      const label = document.createElement("label");
      const choice = document.createElement("input");
      Object.assign(choice, { type: "radio", name: "inspect-mode", value: name });
      choice.checked = name === mode;
      choice.onchange = () => chooseMode(name);
      label.append(choice, title);
      field.append(label);
    }
  }

  // ---- setup -----------------------------------------------------------------------------------

  const labels = {
    ".inspect-choices label:first-child > span": words.model,
    ".inspect-choices > label + label > span": words.text,
    ".inspect-own label > span": t("own-label", { n: number.format(props.max_characters) }),
    ".inspect-own button": words.clear,
    ".inspect-hint": words["scale-hint"],
    ".inspect-modes legend": words.modes,
  };
  for (const [place, text] of Object.entries(labels)) setText(place, text);
  setText(find(".inspect-status"), words["reading-first"]);
  ownField.placeholder = words["own-hint"];
  ownField.value = kept.text;
  area.setAttribute("aria-label", words["characters-of-text"]);
  drawModes();
  drawPanels();

  modelField.onchange = () => chooseModel(modelField.value);
  sourceField.onchange = () => {
    source = sourceField.value;
    keep();
    read();
    if (source === "own") ownField.focus();
  };
  function readTyped() {
    keepOwnText(ownField.value, props.max_characters);
    read();
  }
  ownField.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(readTyped, TYPING_PAUSE_MS);
  };
  find(".inspect-own button").onclick = () => {
    ownField.value = "";
    readTyped();
    ownField.focus();
  };
  // The model that is chosen on the Generate tab, or opened there, is carried over. After a reload
  // the one that was carried over before comes again.
  listen("charrnn-model-chosen", (key) => {
    if (!key || key === carried) return;
    carried = key;
    if (key !== checkpoint) carryOver(key);
    keep();
  });

  function carryOver(key) {
    checkpoint = key;
    if (element.offsetParent) refreshModels();
    else visibleBefore = false;
  }
  new ResizeObserver(() => {
    const isVisible = Boolean(element.offsetParent);
    if (isVisible && !visibleBefore) refreshModels();
    visibleBefore = isVisible;
  }).observe(element);
}
