// The mode Surprise: each character is tinted by its surprisal; beside the text stand what was
// expected in the selected place, figures of the whole text, and where the model was most surprised.

import { SURPRISAL_LEVELS_PER_BIT } from "../page/runtime.js";
import { setTextWithTerms } from "../page/terms.js";
import { formatPercent, tintStrength, UNSCORED, visible } from "../page/tinted_text.js";
import { formatBits, formatFigure } from "./numbers.js";
import { drawCandidates, drawContext, drawPlaces } from "./place.js";

const MAX_BITS = 8; // that get the strongest tint
const WAITING_MS = 150; // after which the panel shows that it waits

// `tab` is what `inspect.js` gives each mode.
export function surpriseMode(tab) {
  const { find, setText, t, words, props } = tab;

  let reading = null; // what the panel shows
  let selected = -1; // the place that the panel shows
  let places = new Map(); // promises of what was expected, by the first of the places
  let hasFailed = false; // what was expected in the selected place did not come
  const counting = tab.newJob();

  function show() {
    reading = tab.reading();
    selected = -1;
    places = new Map();
    hasFailed = false;
    drawFigures(null);
    if (reading.counted) countBaselines();
    drawSurprises();
  }

  // ---- one place -------------------------------------------------------------------------------

  // Returns what was expected in a place. Places that lie together come together; those that did
  // not come are asked for again the next time.
  async function expectedAt(place) {
    const start = place - (place % props.places_at_once);
    const known = places;
    if (!known.has(start)) known.set(start, tab.ask("inspect_places", { start }));
    const answer = await known.get(start);
    if (!answer.places) known.delete(start);
    return answer.places?.[place - start];
  }

  async function showPlace(place) {
    selected = place;
    const asked = reading;
    drawContext(find(".inspect-context bdi"), reading.characters, place);
    const isOld = () => place !== selected || asked !== reading;
    const waiting = setTimeout(
      () => isOld() || find(".inspect-place").classList.add("waiting"),
      WAITING_MS,
    );
    const expected = await expectedAt(place);
    clearTimeout(waiting);
    if (isOld()) return;
    find(".inspect-place").classList.remove("waiting");
    if (hasFailed || !expected)
      tab.drawProblem(expected ? null : tab.noAnswer(), () => showPlace(selected));
    hasFailed = !expected;
    if (hasFailed) return;
    drawExpected(place, expected);
  }

  function drawExpected(place, { surprisal, entropy, candidates }) {
    const character = reading.characters[place];
    drawCandidates(find(".inspect-place ol"), candidates, character);
    drawSurprisal(place, visible(character), surprisal, candidates);
    const unsure =
      entropy === null ? "" : { bits: formatBits(entropy), n: (2 ** entropy).toFixed(1) };
    setTextWithTerms(find(".inspect-place .explain"), unsure && t("unsure", unsure));
  }

  function drawSurprisal(place, character, surprisal, candidates) {
    const node = find(".inspect-surprisal");
    if (surprisal === null) {
      const unexpected = place ? words.between : words.first;
      setText(node, candidates.length ? t("unknown", { character }) : unexpected);
      return;
    }
    const strong = document.createElement("b");
    strong.textContent = t("surprised", { bits: formatBits(surprisal) });
    const percent = formatPercent(2 ** -surprisal);
    node.replaceChildren(strong, t("surprised-why", { character, percent }));
  }

  // Returns the name of a character for screen readers; its level is its surprisal, rounded.
  function nameOf(place) {
    const character = visible(reading.characters[place]);
    const level = reading.levels[place];
    if (level === UNSCORED) return t("spoken-unknown", { character });
    const rounded = parseInt(level, 36) / SURPRISAL_LEVELS_PER_BIT;
    return t("spoken", { character, bits: rounded.toFixed(1) });
  }

  // ---- the whole text --------------------------------------------------------------------------

  // `counted` has the baselines by counts of the training text, once they are there.
  function drawFigures(counted) {
    const { summary } = reading;
    const rows = [
      [words.perplexity, formatFigure(summary.perplexity), "of-model"],
      [words.bits, formatFigure(summary.bits_per_character), "of-model"],
      ...baselineRows(counted),
      [words.uniform, formatFigure(summary.baselines.uniform), ""],
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
        [words.unigram, formatFigure(unigram), ""],
      ];
    }
    const value = (name) =>
      counted === null ? words.counting : counted[name] ? formatFigure(counted[name]) : "–";
    return [
      [words["by-training-text"], null, "group"],
      [words.ngram, value("ngram"), ""],
      [words.unigram, value("unigram"), ""],
    ];
  }

  async function countBaselines() {
    const asked = reading;
    const counted = await counting.run((job) => tab.ask("count_baselines", { job }));
    if (reading !== asked) return;
    drawFigures(counted.problem ? {} : counted);
    if (counted.problem) tab.drawProblem(counted.problem, countAgain);
  }

  function countAgain() {
    tab.drawProblem(null);
    drawFigures(null);
    countBaselines();
  }

  function drawSurprises() {
    find(".inspect-surprises").hidden = !reading.surprises.length;
    drawPlaces(
      find(".inspect-surprises ol"),
      reading.surprises,
      reading.characters,
      (value) => t("bits-short", { bits: value.toFixed(1) }),
      tab.choose,
    );
  }

  // ---- setup -----------------------------------------------------------------------------------

  function classOf(place) {
    const level = reading.levels[place];
    if (level === UNSCORED) return place ? "unscored" : "";
    return `s${tintStrength(level, MAX_BITS)}`;
  }

  const labels = {
    ".inspect-place h2": words.expected,
    ".inspect-figures h2": words["this-text"],
    ".inspect-figures .explain": words.lower,
    ".inspect-surprises h2": words["most-surprised"],
  };
  for (const [place, text] of Object.entries(labels)) setText(place, text);

  return {
    title: words["mode-surprise"],
    scale: [words["scale-least"], words["scale-most"]],
    show,
    showPlace,
    classOf,
    nameOf,
  };
}
