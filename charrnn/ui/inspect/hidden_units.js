// The mode Hidden units: the text is tinted by what one unit of a layer is after each character,
// blue below zero and orange above.

import { setTextWithTerms } from "../page/terms.js";
import { number, signedClass, visible } from "../page/tinted_text.js";
import { latestOnly } from "./latest_only.js";
import { decodeLevels, formatValue, QUANTIZED_LARGEST, STRONGEST_LEVEL } from "./numbers.js";
import { unitAblation } from "./unit_ablation.js";
import { unitFinder } from "./unit_finder.js";
import { unitMatches } from "./unit_matches.js";
import { unitStrips } from "./unit_strips.js";

const keyOf = (quantity) => quantity.toLowerCase().replace("_", "-"); // in the table of strings

// `tab` is what `inspect.js` gives each mode.
export function hiddenUnitsMode(tab) {
  const { find, setText, t, words } = tab;
  const field = find(".unit-number input");
  const layerField = find(".unit-layer");
  const quantityField = find(".unit-quantity");

  let choice = { layer: 0, quantity: "H", unit: 0 };
  let model = null; // the answer's `model`: which units there are
  let changes = 0; // of the choice
  let untouched = 0; // the number of changes as long as the user has not chosen a unit of the text
  let searched = null; // the reading in which the finder looks for units
  let drawn = null; // the unit that tints the text: `reading`, `levels`, `largest`, and its choice

  const read = latestOnly(({ unit, layer, quantity }) =>
    tab.ask("unit_values", { unit, layer, quantity }),
  );

  const isChosen = ({ unit, layer, quantity }) =>
    unit === choice.unit && layer === choice.layer && quantity === choice.quantity;
  const finder = unitFinder(tab, {
    choose,
    isChosen,
    layerName: (layer) => (model?.layers > 1 ? layerName(layer) : ""),
  });
  const strips = unitStrips(tab, { choose });
  const matches = unitMatches(tab, { choose });
  const ablation = unitAblation(tab, { unit: () => choice });

  async function show() {
    const reading = tab.reading();
    if (drawn?.reading.checkpoint !== reading.checkpoint) setModel(null);
    finder.clear();
    searched = null;
    matches.show({ layer: 0, quantity: "H" });
    untouched = changes + 1;
    await choose({ layer: 0, quantity: "H", unit: 0 });
  }

  // Looks for units in the text, once it is known which there are.
  function search(reading) {
    if (searched === reading) return;
    searched = reading;
    const mine = untouched;
    finder.show(model.units * model.layers, () => changes === mine);
  }

  // Tints the text by another unit: `change` has its `unit`, `layer` or `quantity`.
  async function choose({ unit, layer, quantity }) {
    changes++;
    const before = choice;
    choice = {
      unit: unit ?? choice.unit,
      layer: layer ?? choice.layer,
      quantity: quantity ?? choice.quantity,
    };
    const isSameLayer = choice.layer === before.layer && choice.quantity === before.quantity;
    if (!isSameLayer) matches.show(choice);
    finder.mark();
    ablation.show();
    const reading = tab.reading();
    drawProblem(null);
    if (model) drawFields();
    if (drawn?.reading !== reading || !isSameLayer)
      setText(find(".unit-value"), words["unit-reading"]);
    const answer = await read(choice);
    if (!answer || reading !== tab.reading()) return; // another unit, or another text, was chosen
    if (answer.problem) return fail(answer.problem);
    setModel(answer.model);
    drawn = { ...choice, reading, largest: answer.largest, levels: decodeLevels(answer.values) };
    drawFields();
    tab.repaint();
    drawValue();
    strips.show(drawn);
    search(reading);
  }

  function fail(problem) {
    setText(find(".unit-value"), "");
    drawProblem(problem, () => choose({}));
    drawValue();
  }

  function showPlace(place) {
    drawValue();
    if (isDrawn()) strips.showPlace(place);
  }

  function showRange(range) {
    finder.showRange(range);
    matches.showRange(range);
  }

  // Nothing can be chosen before it is known which units there are.
  function setModel(newModel) {
    model = newModel;
    for (const input of find(".unit-choice").querySelectorAll("input, select, .unit-number button"))
      input.disabled = !model;
    if (!model) setText(find(".unit-number span"), "");
  }

  // ---- the fields ------------------------------------------------------------------------------

  function drawFields() {
    const { unit, layer, quantity } = choice;
    if (document.activeElement !== field) field.value = unit;
    field.max = model.units - 1;
    setText(find(".unit-number span"), t("unit-of", { n: number.format(model.units) }));
    find(".unit-previous").disabled = unit === 0;
    find(".unit-next").disabled = unit === model.units - 1;
    const layers = Array.from({ length: model.layers }, (_, i) => [layerName(i), i]);
    setOptions(layerField, layers, layer);
    setOptions(
      quantityField,
      [...model.quantities].reverse().map((name) => [words[`unit-name-${keyOf(name)}`], name]),
      quantity,
    );
    setTextWithTerms(find(".unit-choice .explain"), words[`unit-about-${keyOf(quantity)}`]);
  }

  function layerName(layer) {
    const { layers, directions } = model;
    const way = directions === 1 ? "name" : layer % directions ? "backward" : "forward";
    const n = Math.floor(layer / directions) + 1;
    return t(`unit-layer-${way}`, { n, count: layers / directions });
  }

  // A field with one choice is hidden.
  function setOptions(select, options, chosen) {
    select.parentNode.hidden = options.length < 2;
    const same = options.every(([label], i) => select.options[i]?.text === label);
    if (!same || options.length !== select.options.length)
      select.replaceChildren(...options.map(([label, key]) => new Option(label, key)));
    select.value = chosen;
  }

  function drawProblem(problem, again) {
    tab.showProblem(find(".unit-choice .inspect-problem"), problem, again);
    field.setAttribute("aria-invalid", String(problem?.field === "unit"));
  }

  function readField() {
    const unit = Number(field.value);
    if (Number.isInteger(unit) && field.value !== "" && unit >= 0 && unit < model.units)
      choose({ unit });
    else drawProblem({ message: t("unit-wrong", { last: model.units - 1 }), field: "unit" });
  }

  // ---- the values ------------------------------------------------------------------------------

  const isDrawn = () => drawn && drawn.reading === tab.reading();
  const valueAt = (place) => (drawn.levels[place] * drawn.largest) / QUANTIZED_LARGEST;

  function drawValue() {
    if (!isDrawn()) return;
    const [place, { unit, largest, levels }] = [tab.selected(), drawn];
    const character = visible(drawn.reading.characters[place] ?? "");
    const parts = [];
    if (!largest) parts.push(t("unit-zero", { unit }));
    else if (place >= 0 && place < levels.length)
      parts.push(t("unit-at", { unit, character, value: formatValue(valueAt(place)) }));
    if (levels.length < drawn.reading.characters.length)
      parts.push(t("unit-unread", { n: number.format(levels.length) }));
    setText(find(".unit-value"), parts.join(" "));
  }

  function classOf(place) {
    const level = isDrawn() ? (drawn.levels[place] ?? 0) : 0;
    const ofUnit = signedClass(Math.round((STRONGEST_LEVEL * level) / QUANTIZED_LARGEST));
    const tint = ablation.classOf(place) ?? ofUnit;
    if (matches.isMatch(place)) return `${tint} matched`;
    return finder.isMarked(place) ? `${tint} marked` : tint;
  }

  function nameOf(place) {
    const character = visible(tab.reading().characters[place]);
    if (!isDrawn() || place >= drawn.levels.length) return character;
    return t("unit-spoken", { character, value: formatValue(valueAt(place)) });
  }

  // ---- setup -----------------------------------------------------------------------------------

  const labels = {
    ".unit-fields label:first-child > span": words["unit-layer"],
    ".unit-fields label:last-child > span": words["unit-quantity"],
  };
  for (const [place, text] of Object.entries(labels)) setText(place, text);
  setTextWithTerms(find(".unit-choice h2"), words["unit-title"]);
  field.setAttribute("aria-label", words["unit-number"]);
  for (const [name, by] of [
    ["previous", -1],
    ["next", 1],
  ]) {
    const button = find(`.unit-${name}`);
    button.setAttribute("aria-label", words[`unit-${name}`]);
    button.title = words[`unit-${name}`];
    button.onclick = () => choose({ unit: choice.unit + by });
  }
  field.oninput = readField;
  field.onblur = () => model && drawFields();
  layerField.onchange = () => choose({ layer: Number(layerField.value) });
  quantityField.onchange = () => choose({ quantity: quantityField.value });

  return {
    title: words["mode-hidden-units"],
    get scale() {
      const ofChange = ablation.scale();
      if (ofChange) return ofChange;
      if (!isDrawn() || !drawn.largest) return null;
      return [formatValue(-drawn.largest), formatValue(drawn.largest)];
    },
    signed: true,
    show,
    showPlace,
    showRange,
    classOf,
    nameOf,
  };
}
