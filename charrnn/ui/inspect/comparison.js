// How two models read the same text, side by side: the text is tinted by which of the two knew
// better, and beside it stand what both expected in the selected place, the figures of both, and
// where they differ most. Text is set as textContent and text nodes only.

import { setTextWithTerms } from "../page/terms.js";
import { formatPercent, number, signedTint, UNSCORED, visible } from "../page/tinted_text.js";
import { decodeLevel, formatBits, formatFigure, STRONGEST_LEVEL } from "./numbers.js";
import { drawCandidates, drawContext, drawPlaces } from "./place.js";

// `tab` is what `inspect.js` gives each mode.
export function comparisonView(tab) {
  const { find, setText, t, words, props } = tab;
  const panel = find(".inspect-comparison");
  const sides = [...panel.querySelectorAll(".compared-two > div")];

  let reading = null; // the first model's reading
  let answer = null; // of `read_second`
  let names = []; // of both models
  let askPlaces = null; // asks for what one of the models expected
  let places = []; // by model: promises of what was expected, by the first of the places
  let selected = -1;
  let hasFailed = false; // what was expected in the selected place did not come

  // `ask(which, start)` asks what the first (0) or the second model (1) expected from a place on.
  function show(newReading, newAnswer, newNames, ask) {
    [reading, answer, names, askPlaces] = [newReading, newAnswer, newNames, ask];
    places = [new Map(), new Map()];
    hasFailed = false;
    for (const [i, side] of sides.entries()) drawName(side.querySelector("h3"), i, names[i]);
    drawFigures();
    drawDifferences();
  }

  // A model's name has the color of the places where it knew better.
  function drawName(node, which, text) {
    node.className = which ? "second-name" : "first-name";
    setText(node, text);
  }

  // ---- one place -------------------------------------------------------------------------------

  async function expectedAt(which, place) {
    const start = place - (place % props.places_at_once);
    const known = places[which];
    if (!known.has(start)) known.set(start, askPlaces(which, start));
    const found = await known.get(start);
    if (!found.places) known.delete(start);
    return found.places?.[place - start];
  }

  async function showPlace(place) {
    selected = place;
    const asked = answer;
    drawContext(panel.querySelector(".compared-context bdi"), reading.characters, place);
    const expected = await Promise.all([0, 1].map((which) => expectedAt(which, place)));
    if (place !== selected || asked !== answer) return;
    const isComplete = expected.every(Boolean);
    if (hasFailed || !isComplete)
      tab.drawProblem(isComplete ? null : tab.noAnswer(), () => showPlace(selected));
    hasFailed = !isComplete;
    if (hasFailed) return;
    const character = reading.characters[place];
    for (const [i, { surprisal, candidates }] of expected.entries()) {
      drawCandidates(sides[i].querySelector("ol"), candidates, character);
      const unknown = place ? t("second-unknown", { character: visible(character) }) : "";
      const text = surprisal === null ? unknown : t("second-bits", { bits: formatBits(surprisal) });
      setText(sides[i].querySelector("p"), text);
    }
    setText(panel.querySelector(".compared-verdict"), verdict(place, expected));
  }

  function verdict(place, expected) {
    if (!place) return words.first;
    const [first, second] = expected.map(({ surprisal }) => surprisal);
    if (first === null || second === null) return words["second-unscored"];
    const difference = formatBits(Math.abs(first - second));
    if (Number(difference) === 0) return words["second-equal"];
    return t("second-better", { name: names[first > second ? 1 : 0], bits: difference });
  }

  // ---- the whole text --------------------------------------------------------------------------

  function drawFigures() {
    const heads = panel.querySelectorAll(".compared-figures thead th");
    for (const [i, head] of heads.entries()) drawName(head, i, names[i]);
    const share = (value) => `${formatPercent(value)} %`;
    const rows = [
      [words.perplexity, "perplexity", formatFigure],
      [words.bits, "bits_per_character", formatFigure],
      [words["second-knew"], "knew_better", share],
      [words.uniform, "uniform", formatFigure],
    ];
    panel.querySelector("tbody").replaceChildren(
      ...rows.map(([label, name, format]) => {
        const row = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        setTextWithTerms(head, label, { perplexity: answer.figures[0].perplexity });
        const values = answer.figures.map((figures) => figures[name]);
        const best = name === "knew_better" ? Math.max(...values) : Math.min(...values);
        const cells = values.map((value) => {
          const cell = document.createElement("td");
          cell.textContent = format(value);
          if (value === best && values[0] !== values[1] && name !== "uniform")
            cell.className = "better";
          return cell;
        });
        row.append(head, ...cells);
        return row;
      }),
    );
    const n = number.format(answer.characters);
    setText(panel.querySelector(".compared-figures .explain"), t("second-compared", { n }));
  }

  function drawDifferences() {
    const lists = panel.querySelectorAll(".compared-places > div");
    for (const [i, list] of lists.entries()) {
      list.hidden = !answer.differences[i].length;
      drawName(list.querySelector("h3"), i, t("second-knew-best", { name: names[i] }));
      drawPlaces(
        list.querySelector("ol"),
        answer.differences[i],
        reading.characters,
        (value) => t("second-bits", { bits: value.toFixed(1) }),
        tab.choose,
      );
    }
  }

  // ---- the text --------------------------------------------------------------------------------

  const classOf = (place) =>
    answer.levels[place] === UNSCORED && !place ? "" : signedTint(answer.levels[place]);

  function nameOf(place) {
    const character = visible(reading.characters[place]);
    if (answer.levels[place] === UNSCORED) return t("spoken-unknown", { character });
    const level = decodeLevel(answer.levels[place]);
    if (!level) return t("second-spoken-equal", { character });
    const size = (Math.abs(level) * props.max_difference_bits) / STRONGEST_LEVEL;
    return t("second-spoken", { character, name: names[level > 0 ? 1 : 0], bits: size.toFixed(1) });
  }

  setText(panel.querySelector(".compared-place h2"), words["second-here"]);
  setText(panel.querySelector(".compared-figures h2"), words["second-figures"]);
  setText(panel.querySelector(".compared-places h2"), words["second-differ"]);

  return {
    show,
    showPlace,
    classOf,
    nameOf,
    signed: true,
    get scale() {
      const most = props.max_difference_bits;
      return names.map((name) => t("second-scale", { name, bits: most }));
    },
  };
}
