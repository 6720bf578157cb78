// The Inspect tab: a model reads a text, and the page shows it in one of several modes. A mode tints
// the characters, and has a panel beside the text; the text stays where it is when the mode changes.
// Text is set as textContent and text nodes only.

import { readState } from "../page/browser_state.js";
import { pageJob } from "../page/page_job.js";
import { component, emit, listen } from "../page/runtime.js";
import { number } from "../page/tinted_text.js";
import { characterGrid } from "./character_grid.js";
import { keepChoices, keptChoices } from "./kept_choices.js";
import { modeSwitch } from "./modes.js";
import { ownText } from "./own_text.js";
import { problemDrawer } from "./problem.js";
import { readingProgress } from "./progress.js";

const FIRST_PLACES = 400; // of which the most surprising one is selected at first

export function mount(host) {
  const tools = component(host);
  const { element, props, server, find, setText, t, words, upload } = tools;

  const section = find(".inspect");
  const area = find(".inspect-text");
  const modelField = find(".inspect-model");
  const sourceField = find(".inspect-source");

  const kept = keptChoices();
  const newJob = () => pageJob((job) => server.stop_reading({ job }));
  const readingJob = newJob();
  let checkpoint = kept.checkpoint ?? null; // the key of the chosen model
  let carried = kept.carried ?? null; // the key of the model that was chosen on the Generate tab
  let requested = null; // the key of the model that has read, or reads, the text
  let source = kept.source ?? null; // the key of the text that the user chose; null for the best one for the model
  let reading = null; // what is drawn: an answer of `read_text`, its `checkpoint` and `characters`
  let requests = 0; // of `read_text`; older answers are ignored
  let listings = 0; // requests for the models; older answers are ignored
  let selected = -1; // the place that is selected in the text
  let range = null; // the stretch of the text that is selected, `begin` to `end`, if there is one
  let visibleBefore = false;

  const own = ownText(tools, kept.text, read);
  const grid = characterGrid(area, {
    onSelect: selectPlace,
    onRange: showRange,
    classOf: (place) => modes.mode().classOf(place),
    nameOf: (place) => modes.mode().nameOf(place),
  });
  const progress = readingProgress(
    { find, setText },
    words.progress,
    async () => (await server.reading_progress({ job: readingJob.name() }))?.share,
  );

  let models = []; // to choose from: label and key
  const showProblem = problemDrawer(tools);
  const keep = (more = {}) => {
    Object.assign(kept, more, { checkpoint, carried, source, mode: modes.name() });
    keepChoices({ ...kept, text: undefined });
  };

  // ---- the model and the text ------------------------------------------------------------------

  function setOptions(field, options, chosen) {
    const drawn = options.map(([label, key]) => new Option(label, key, false, key === chosen));
    field.replaceChildren(...drawn);
  }

  // Asks for the models, and reads the text again if another model is chosen now. A model that the
  // user chooses meanwhile stays chosen.
  async function refreshModels() {
    const listing = ++listings;
    const [state] = readState(null);
    const answer = await server.list_models({ state, checkpoint });
    if (listing !== listings) return;
    if (!answer || answer.problem) return drawProblem(answer?.problem ?? noAnswer(), listAgain);
    models = answer.models;
    const chosen = models.some(([, key]) => key === checkpoint) ? checkpoint : answer.chosen;
    setOptions(modelField, models, chosen);
    modelField.disabled = !answer.models.length;
    if (!chosen) return drawEmpty(words["no-model"]);
    if (chosen !== requested) chooseModel(chosen);
  }

  function listAgain() {
    drawProblem(null);
    refreshModels();
  }

  function chooseModel(key) {
    checkpoint = key;
    modelField.value = key;
    keep();
    read();
  }

  const noAnswer = () => ({ message: words["no-answer"], field: null });

  async function read() {
    const request = ++requests;
    if (source === "own" && !own.text() && !sourceField.length) source = null; // after a reload
    const isOwn = source === "own";
    const text = isOwn ? own.text() : "";
    own.show(isOwn);
    const problem = isOwn ? own.problem() : null;
    drawProblem(problem);
    if (isOwn && (!text || problem)) {
      readingJob.stop();
      setBusy(false);
      if (text) drawStatus();
      else drawEmpty(words.empty);
      return;
    }
    setBusy(true);
    const n = number.format(Array.from(text).length);
    setText(find(".inspect-status"), text ? t("reading", { n }) : words["reading-first"]);
    requested = checkpoint;
    progress.follow();
    const answer = await readingJob.run((job) =>
      server.read_text({ checkpoint, source, text, job }),
    );
    if (request !== requests) return;
    setBusy(false);
    if (answer?.levels === undefined && source && !sourceField.length) {
      source = null; // what was kept over a reload cannot be read
      return read();
    }
    if (answer?.levels === undefined) {
      requested = null; // to try again when the tab is opened again
      drawStatus();
      return drawProblem(answer?.problem ?? noAnswer(), read);
    }
    receive({ ...answer, checkpoint: requested });
  }

  function receive(answer) {
    const first = reading?.reading !== answer.reading;
    // The same reading stays the same object: the modes compare it when their answers come.
    if (first) reading = { ...answer, characters: Array.from(answer.text) };
    emit("charrnn-text-inspected", { checkpoint: answer.checkpoint, text: answer.text });
    setOptions(sourceField, answer.texts, answer.source);
    delete area.dataset.hint;
    drawStatus();
    if (!first) return;
    selected = firstPlace();
    modes.restart();
    grid.show(reading.characters);
    grid.select(selected);
    modes.mode().showPlace(selected);
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
    grid.show([]);
    area.dataset.hint = hint;
    setText(find(".inspect-status"), "");
    modes.restart();
  }

  // An error stands beside the field that it is about. What has been read before stays. One with the
  // model may pass as well: a run may not have saved a model yet.
  function drawProblem(problem, again) {
    const ofText = problem?.field === "text" && source === "own";
    const ofTab = problem && !ofText ? { message: problem.message, field: null } : null;
    showProblem(find(".inspect-problem:not(.of-own)"), ofTab, again);
    own.drawProblem(ofText ? problem.message : "");
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

  // Calls a server function about the text that is drawn. Returns its answer, or a `problem`; the
  // answer to a job that was stopped is empty.
  async function ask(name, fields = {}) {
    const asked = reading;
    if (!asked) return { problem: noAnswer() };
    const query = { checkpoint: asked.checkpoint, reading: asked.reading, ...fields };
    const request = server[name];
    let answer = await request(query);
    if (answer?.gone) {
      await server.read_text(queryOf(asked)); // the server has dropped the reading
      answer = await request(query);
    }
    const isAnswer = answer && !answer.gone && Object.keys(answer).length;
    return isAnswer ? answer : { problem: noAnswer() };
  }

  // What a mode can use. `reading()` is what is drawn, `selected()` the selected place or -1,
  // `range()` the selected stretch, `begin` to `end`, or null,
  // `repaint()` draws the tints and their scale again, and `choose(place)` selects a place as the
  // user does; `move(place)` does so too, and leaves the focus where it is; `show(place)` also
  // leaves the selected stretch. `showProblem(node, problem, again)` is that of problem.js, and
  // `drawProblem(problem, again)` shows one of the whole tab. `newJob()` returns a
  // page_job.js for what may be stopped. `kept` is what a reload brings back, and `keep(more)` adds to
  // it. `models()` are label and key of each.
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
    showProblem,
    newJob,
    kept,
    keep,
    models: () => models,
    isShown: (one) => Boolean(reading) && modes.mode() === one,
    reading: () => reading,
    selected: () => selected,
    range: () => range,
    repaint: () => {
      grid.repaint();
      modes.drawScale();
    },
    choose: (place) => grid.choose(place),
    move: (place) => grid.choose(place, { focus: false }),
    show: (place) => {
      grid.select(place, { scroll: true });
      selectPlace(place);
    },
  };

  const modes = modeSwitch(element, tab, kept.mode, () => {
    keep();
    if (!reading) return;
    grid.repaint();
    modes.mode().showPlace(selected);
    modes.mode().showRange?.(range);
  });

  function selectPlace(place) {
    selected = place;
    modes.mode().showPlace(place);
  }

  function showRange(newRange) {
    range = newRange;
    modes.mode().showRange?.(range);
  }

  // ---- setup -----------------------------------------------------------------------------------

  const labels = {
    ".inspect-choices label:first-child > span": words.model,
    ".inspect-choices > label + label > span": words.text,
    ".inspect-hint": words["scale-hint"],
    ".inspect-modes legend": words.modes,
  };
  for (const [place, text] of Object.entries(labels)) setText(place, text);
  setText(find(".inspect-status"), words["reading-first"]);
  area.setAttribute("aria-label", words["characters-of-text"]);

  modelField.onchange = () => chooseModel(modelField.value);
  sourceField.onchange = () => {
    source = sourceField.value;
    keep();
    read();
    if (source === "own") own.focus();
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
