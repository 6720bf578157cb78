// The Inspect tab: a model reads a text; each character is tinted by its surprisal, and the panel
// says what was expected in the selected place. Text is set as textContent and text nodes only.

import { readState } from "../page/browser_state.js";
import { component, listen, SURPRISAL_LEVELS_PER_BIT } from "../page/runtime.js";
import { setTextWithTerms } from "../page/terms.js";
import { formatPercent, number, visible } from "../page/tinted_text.js";
import { characterGrid } from "./character_grid.js";

const TYPING_PAUSE_MS = 500; // without a change until the text is read
const ROOM_BEFORE = 18; // for the context before a character, in narrow characters
const ROOM_AFTER = 8; // and for what comes after it, in the list of surprises
const FIRST_PLACES = 400; // of which the most surprising one is selected at first
const WAITING_MS = 150; // after which the panel shows that it waits

const width = (c) => (c > "\u1100" ? 2 : 1); // characters from U+1100 on are mostly wide

export function mount(host) {
  const { element, props, server, find, setText, t, words } = component(host);

  const section = find(".inspect");
  const area = find(".inspect-text");
  const modelField = find(".inspect-model");
  const sourceField = find(".inspect-source");
  const ownField = find(".inspect-own textarea");

  let checkpoint = null; // the key of the chosen model
  let requested = null; // the key of the model that has read, or reads, the text
  let source = null; // the key of the text that the user chose; null for the best one for the model
  let reading = null; // what is drawn: an answer of `read_text`, its `checkpoint` and `characters`
  let requests = 0; // of `read_text`; older answers are ignored
  let selected = -1; // the place that the panel shows
  let places = new Map(); // promises of what was expected, by the first of the places
  let typing = null; // the timer until the typed text is read
  let visibleBefore = false;

  const grid = characterGrid(area, { onSelect: showPlace, nameOf });

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
    setOptions(modelField, answer.models, answer.chosen);
    modelField.disabled = !answer.models.length;
    if (!answer.chosen) return drawEmpty(words["no-model"]);
    if (answer.chosen !== requested) chooseModel(answer.chosen);
  }

  function chooseModel(key) {
    checkpoint = key;
    modelField.value = key;
    read();
  }

  const noAnswer = () => ({ message: words["no-answer"], field: null });

  async function read() {
    clearTimeout(typing);
    const request = ++requests;
    const own = source === "own" ? ownField.value : "";
    find(".inspect-own").hidden = source !== "own";
    drawProblem(null);
    const length = Array.from(own).length;
    if (source === "own" && (!own || length > props.max_characters)) {
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
    const answer = await server.read_text({ checkpoint, source, text: own });
    if (request !== requests) return;
    setBusy(false);
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
    places = new Map();
    setOptions(sourceField, answer.texts, answer.source);
    delete area.dataset.hint;
    drawStatus();
    drawFigures(null);
    if (answer.counted) countBaselines();
    if (!first) return;
    grid.show(reading.characters, answer.levels);
    drawSurprises();
    grid.select(firstPlace());
    showPlace(firstPlace());
  }

  // Returns the most surprising place near the beginning, so that the panel has something to say.
  function firstPlace() {
    const levels = Array.from(reading.levels.slice(0, FIRST_PLACES), (level) =>
      level === "-" ? -1 : parseInt(level, 36),
    );
    return levels.indexOf(Math.max(...levels));
  }

  function setBusy(busy) {
    section.classList.toggle("busy", busy);
    area.setAttribute("aria-busy", String(busy));
  }

  function drawEmpty(hint) {
    reading = null;
    selected = -1;
    grid.show([], "");
    area.dataset.hint = hint;
    setText(find(".inspect-status"), "");
    for (const name of ["place", "figures", "surprises"]) find(`.inspect-${name}`).hidden = true;
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

  // ---- one place -------------------------------------------------------------------------------

  const bits = (value) => value.toFixed(2);
  const readable = (c) => (c === " " ? c : visible(c));

  // Returns what stands before a place, the character there, and what stands after it, as much as
  // there is room for.
  function contextOf(place, after = 0) {
    const { characters } = reading;
    let from = place;
    for (let room = ROOM_BEFORE; from && room > 0; from--) room -= width(characters[from - 1]);
    let to = place + 1;
    for (let room = after; to < characters.length && room > 0; to++) room -= width(characters[to]);
    const cut = (begin, end) => characters.slice(begin, end).map(readable).join("");
    return [(from ? "…" : "") + cut(from, place), visible(characters[place]), cut(place + 1, to)];
  }

  function drawContext(node, [before, character, after]) {
    const bold = document.createElement("b");
    bold.textContent = character;
    node.replaceChildren(before, bold, after);
  }

  // Returns what was expected in a place. Places that lie together come together.
  function expectedAt(place) {
    const start = place - (place % props.places_at_once);
    if (!places.has(start)) places.set(start, requestPlaces(reading, start));
    return places.get(start).then((answer) => answer?.[place - start]);
  }

  // Returns the query that reads the same text again.
  const queryOf = (asked) => ({
    checkpoint: asked.checkpoint,
    source: asked.source,
    text: asked.source === "own" ? asked.text : "",
  });

  async function requestPlaces(asked, start) {
    const answer = await server.inspect_places({ reading: asked.reading, start });
    if (!answer?.gone) return answer?.places;
    await server.read_text(queryOf(asked)); // the server has dropped the reading
    return (await server.inspect_places({ reading: asked.reading, start }))?.places;
  }

  async function showPlace(place) {
    selected = place;
    const asked = reading;
    find(".inspect-place").hidden = false;
    drawContext(find(".inspect-context bdi"), contextOf(place));
    const waiting = setTimeout(() => find(".inspect-place").classList.add("waiting"), WAITING_MS);
    const expected = await expectedAt(place);
    clearTimeout(waiting);
    if (place !== selected || asked !== reading) return;
    find(".inspect-place").classList.remove("waiting");
    if (!expected) return drawProblem(noAnswer());
    drawExpected(place, expected);
  }

  function drawExpected(place, { surprisal, entropy, candidates }) {
    const character = reading.characters[place];
    find(".inspect-place ol").replaceChildren(
      ...candidates.map(([candidate, p]) => {
        const row = document.createElement("li");
        row.classList.toggle("here", candidate === character);
        const [name, bar, share] = ["bdi", "div", "span"].map((tag) => document.createElement(tag));
        const filled = document.createElement("i");
        name.textContent = visible(candidate);
        filled.style.width = `${100 * p}%`;
        filled.style.display = "block";
        bar.append(filled);
        share.textContent = `${formatPercent(p)} %`;
        row.append(name, bar, share);
        return row;
      }),
    );
    find(".inspect-place ol").hidden = !candidates.length;
    drawSurprisal(place, visible(character), surprisal);
    const unsure = entropy === null ? "" : { bits: bits(entropy), n: (2 ** entropy).toFixed(1) };
    setTextWithTerms(find(".inspect-place .explain"), unsure && t("unsure", unsure));
  }

  function drawSurprisal(place, character, surprisal) {
    const node = find(".inspect-surprisal");
    if (surprisal === null) {
      setText(node, place ? t("unknown", { character }) : words.first);
      return;
    }
    const strong = document.createElement("b");
    strong.textContent = t("surprised", { bits: bits(surprisal) });
    const percent = formatPercent(2 ** -surprisal);
    node.replaceChildren(strong, t("surprised-why", { character, percent }));
  }

  // Returns the name of a character for screen readers; its level is its surprisal, rounded.
  function nameOf(place) {
    const character = visible(reading.characters[place]);
    const level = reading.levels[place];
    if (level === "-") return t("spoken-unknown", { character });
    const rounded = parseInt(level, 36) / SURPRISAL_LEVELS_PER_BIT;
    return t("spoken", { character, bits: rounded.toFixed(1) });
  }

  // ---- the whole text --------------------------------------------------------------------------

  const figure = (value) => (value < 100 ? value.toFixed(2) : number.format(value));

  // `counted` has the baselines by counts of the training text, once they are there.
  function drawFigures(counted) {
    const { summary } = reading;
    find(".inspect-figures").hidden = false;
    const rows = [
      [words.perplexity, figure(summary.perplexity), "of-model"],
      [words.bits, figure(summary.bits_per_character), "of-model"],
      ...baselineRows(counted),
      [words.uniform, figure(summary.baselines.uniform), ""],
    ];
    find(".inspect-figures tbody").replaceChildren(
      ...rows.map(([label, value, className]) => {
        const row = document.createElement("tr");
        row.className = className;
        const head = document.createElement("th");
        head.scope = value === null ? "colgroup" : "row";
        setTextWithTerms(head, label, { perplexity: summary.perplexity });
        row.append(head);
        if (value === null) head.colSpan = 2;
        else {
          const cell = document.createElement("td");
          cell.textContent = value;
          row.append(cell);
        }
        return row;
      }),
    );
  }

  function baselineRows(counted) {
    if (!reading.counted) {
      const { unigram } = reading.summary.baselines;
      return [
        [words["by-this-text"], null, "group"],
        [words.unigram, figure(unigram), ""],
      ];
    }
    const value = (name) =>
      counted === null ? words.counting : counted[name] ? figure(counted[name]) : "–";
    return [
      [words["by-training-text"], null, "group"],
      [words.ngram, value("ngram"), ""],
      [words.unigram, value("unigram"), ""],
    ];
  }

  async function countBaselines() {
    const asked = reading;
    const answer = await server.count_baselines(queryOf(asked));
    if (reading === asked) drawFigures(answer ?? {});
  }

  function drawSurprises() {
    find(".inspect-surprises").hidden = !reading.surprises.length;
    find(".inspect-surprises ol").replaceChildren(
      ...reading.surprises.map(({ at, bits: value }) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        const [context, share] = ["bdi", "span"].map((tag) => document.createElement(tag));
        drawContext(context, contextOf(at, ROOM_AFTER));
        share.textContent = t("bits-short", { bits: value.toFixed(1) });
        button.append(context, " ", share);
        button.onclick = () => grid.choose(at);
        item.append(button);
        return item;
      }),
    );
  }

  // ---- setup -----------------------------------------------------------------------------------

  const labels = {
    ".inspect-choices label:first-child > span": words.model,
    ".inspect-choices label:last-child > span": words.text,
    ".inspect-own > span": t("own-label", { n: number.format(props.max_characters) }),
    ".inspect-scale span:first-child": words["scale-least"],
    ".inspect-scale i + span": words["scale-most"],
    ".inspect-hint": words["scale-hint"],
    ".inspect-place h2": words.expected,
    ".inspect-figures h2": words["this-text"],
    ".inspect-figures .explain": words.lower,
    ".inspect-surprises h2": words["most-surprised"],
  };
  for (const [place, text] of Object.entries(labels)) setText(place, text);
  setText(find(".inspect-status"), words["reading-first"]);
  ownField.placeholder = words["own-hint"];
  area.setAttribute("aria-label", words["characters-of-text"]);
  for (const name of ["place", "figures", "surprises"]) find(`.inspect-${name}`).hidden = true;

  modelField.onchange = () => chooseModel(modelField.value);
  sourceField.onchange = () => {
    source = sourceField.value;
    read();
    if (source === "own") ownField.focus();
  };
  ownField.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(read, TYPING_PAUSE_MS);
  };
  // The model that is chosen on the Generate tab, or opened there, is carried over.
  listen("charrnn-model-chosen", (key) => {
    if (!key || key === checkpoint) return;
    checkpoint = key;
    if (element.offsetParent) refreshModels();
    else visibleBefore = false;
  });
  new ResizeObserver(() => {
    const isVisible = Boolean(element.offsetParent);
    if (isVisible && !visibleBefore) refreshModels();
    visibleBefore = isVisible;
  }).observe(element);
}
