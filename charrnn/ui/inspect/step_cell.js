// The first part of a step: what comes in, and the equations of the cell, each with the numbers of
// one hidden unit and the whole vector as a strip.

import { setTextWithTerms } from "../page/terms.js";
import { number } from "../page/tinted_text.js";
import { drawStrip } from "./strip.js";
import { equationsOf, mathOf, numbersOf } from "./step_equations.js";
import { formatValue } from "./numbers.js";

// `tab` is what `inspect.js` gives each mode; `onUnit(unit)` is called when a unit is chosen.
export function stepCell({ find, setText, t, words, onUnit }) {
  let drawnFor = null; // the cell and the layer that the equations are of
  let rows = new Map(); // of vectors, by their names

  function makeRow(name, equation, layer) {
    const node = document.createElement("div");
    node.className = "step-row";
    const [left, numbers, strip, values] = ["equation", "numbers", "strip", "values"].map(
      (part) => {
        const child = document.createElement("div");
        child.className = `step-${part}`;
        return child;
      },
    );
    left.append(mathOf(equation, layer));
    left.tabIndex = 0; // it may scroll
    strip.setAttribute("role", "img");
    const [canvas, mark] = ["canvas", "i"].map((tag) => document.createElement(tag));
    strip.append(canvas, mark);
    node.append(left, numbers, strip, values);
    return { name, node, numbers, strip, canvas, mark, values };
  }

  function makeRows(model, layer) {
    const above = model.layers > 1 ? layer + 1 : null;
    const before = model.cell === "lstm" ? ["H_p", "C_p"] : ["H_p"];
    const incoming = [
      makeRow("X", "X_t", above),
      ...before.map((name) => makeRow(`${name[0]}_before`, name, above)),
    ];
    const computed = equationsOf(model.cell).map((one) => ({
      ...makeRow(one.of, one.equation, above),
      equation: one,
    }));
    rows = new Map([...incoming, ...computed].map((row) => [row.name, row]));
    find(".step-in div").replaceChildren(...incoming.map((row) => row.node));
    find(".step-cell div").replaceChildren(...computed.map((row) => row.node));
    for (const row of rows.values())
      if (row.name !== "X") row.strip.onclick = (event) => onUnit(unitAt(row, event, model.units));
    setTextWithTerms(find(".step-note"), words[`step-note-${model.cell}`] ?? "");
    drawShapes(model, layer);
  }

  function unitAt(row, event, units) {
    const box = row.strip.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return Math.min(units - 1, Math.max(0, Math.floor(share * units)));
  }

  function drawShapes(model, layer) {
    const [h, v] = [model.units, model.symbols].map(number.format);
    const d = layer ? h : number.format(model.inputs);
    setText(find(".step-shapes"), t("step-shapes", { d, h, v }));
  }

  // Draws a step. `character` is the one that is read.
  function draw(model, step, options, character) {
    const key = JSON.stringify([model, options.layer]);
    if (drawnFor !== key) makeRows(model, options.layer);
    drawnFor = key;
    drawInput(model, step, options, character);
    for (const [name, vector] of Object.entries(step.vectors))
      drawVector(rows.get(name), vector, options.unit, model.units);
    for (const row of rows.values()) {
      if (row.equation) setText(row.numbers, numbersOf(row.equation, step.unit, step.sums));
      else if (row.name !== "X") setText(row.numbers, unitValue(step, row.name, options.unit));
    }
  }

  const unitValue = (step, name, unit) =>
    t("step-unit-value", { unit, value: formatValue(step.unit[name]) });

  function drawInput(model, step, { layer }, character) {
    const row = rows.get("X");
    row.strip.hidden = row.values.hidden = !step.input;
    const [id, symbols] = [step.id, model.symbols].map(number.format);
    const kind = layer ? "below" : step.id === 0 ? "unknown" : step.input ? "embedding" : "one-hot";
    setText(row.numbers, t(`step-input-${kind}`, { character, id, symbols, layer }));
    if (step.input) drawVector(row, step.input, null, step.input.levels.length);
  }

  function drawVector(row, { levels, low, high, first }, unit, length) {
    drawStrip(row.canvas, levels);
    row.mark.hidden = unit === null;
    row.mark.style.insetInlineStart = `${(100 * (unit + 0.5)) / length}%`;
    const numbers = first.map(formatValue).join(", ");
    const range = { n: number.format(length), low: formatValue(low), high: formatValue(high) };
    row.strip.setAttribute("aria-label", t("step-strip", range));
    setText(row.values, length > first.length ? `${numbers}, …` : numbers);
  }

  setText(find(".step-in h2"), words["step-in"]);
  setText(find(".step-cell h2"), words["step-cell"]);

  return { draw };
}
