// The second part of a step: logits, p and q ∝ p^α of the next character, and how one is drawn.

import { setTextWithTerms } from "../page/terms.js";
import { formatPercent, visible } from "../page/tinted_text.js";
import { mathOf, outputEquations } from "./step_equations.js";
import { formatValue } from "./numbers.js";

const MIN_LABELED_SHARE = 0.05; // of the bar, so that its character has room

// `tab` is what `inspect.js` gives each mode; `onChange({alpha})` and `onChange({seed})` ask for the
// step again.
export function stepPrediction({ find, setText, t, words, props, onChange }) {
  const slider = find(".step-alpha input");
  const bar = find(".step-bar");
  let drawnFor = null; // the model and layers of the output equation
  let seed = 0;

  const percent = (p) => formatPercent(p);

  // Draws a step. `written` is the character that comes next in the text, or null.
  function draw(model, step, options, written) {
    if (drawnFor !== model) {
      const layer = model.layers > 1 ? model.layers : null;
      const equations = outputEquations(model.cell);
      const drawn = equations.map((equation) => mathOf(equation, layer, ["O_t"]));
      find(".step-out .step-equation").replaceChildren(...drawn);
      // An LSTM has an output gate of that name.
      const output = words[model.cell === "lstm" ? "step-logit" : "step-output"];
      setTextWithTerms(find(".step-out thead :nth-child(2)"), output);
    }
    drawnFor = model;
    ({ seed } = options);
    setTextWithTerms(find(".step-alpha span"), t("step-alpha", { n: options.alpha }));
    slider.value = String(props.step_alphas.indexOf(options.alpha));
    slider.setAttribute("aria-valuetext", String(options.alpha));
    drawCandidates(step, written);
    drawRandomDraw(step.draw, written);
  }

  function drawCandidates({ candidates }, written) {
    const largest = Math.max(...candidates.map(([, , p, q]) => Math.max(p, q)), 0.01);
    const drawn = candidates.map(([character, logit, p, q]) => {
      const row = document.createElement("tr");
      row.classList.toggle("here", character === written);
      const name = document.createElement("th");
      name.scope = "row";
      const isolated = document.createElement("bdi");
      isolated.textContent = visible(character);
      name.append(isolated);
      row.append(name, cellOf(formatValue(logit)), barsOf(p / largest, q / largest));
      row.append(cellOf(`${percent(p)} %`), cellOf(`${percent(q)} %`));
      return row;
    });
    find(".step-out tbody").replaceChildren(...drawn);
    const known = written !== null;
    setText(find(".step-written"), known ? t("step-written", { character: visible(written) }) : "");
  }

  function cellOf(text) {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  }

  function barsOf(...shares) {
    const cell = document.createElement("td");
    cell.className = "step-bars";
    for (const [i, share] of shares.entries()) {
      const part = document.createElement("i");
      part.className = ["of-p", "of-q"][i];
      part.style.width = `${100 * share}%`;
      cell.append(part);
    }
    return cell;
  }

  // The bar of all characters, each as wide as its q, and where the random number falls on it.
  function drawRandomDraw({ u, character, q, segments }) {
    const parts = segments.map(([symbol, from, to]) => {
      const part = document.createElement("span");
      part.style.insetInlineStart = `${100 * from}%`;
      part.style.width = `${100 * (to - from)}%`;
      part.classList.toggle("drawn", symbol === character);
      if (to - from >= MIN_LABELED_SHARE) part.textContent = visible(symbol);
      return part;
    });
    const mark = document.createElement("i");
    mark.style.insetInlineStart = `${100 * u}%`;
    bar.replaceChildren(...parts, mark);
    const drawn = { u: u.toFixed(3), character: visible(character), percent: percent(q) };
    setText(find(".step-drawn"), t("step-drawn", drawn));
  }

  // ---- setup -----------------------------------------------------------------------------------

  setText(find(".step-out h2"), words["step-out"]);
  setTextWithTerms(find(".step-draw h2"), words["step-draw"]);
  setText(find(".step-again"), words["step-again"]);
  setText(find(".step-draw .explain"), words["step-draw-why"]);
  const heads = [words["step-next-character"], "O", "", "p", "q"].map((text) => {
    const head = document.createElement(text ? "th" : "td"); // nothing stands above the bars
    if (text) head.scope = "col";
    head.textContent = text;
    return head;
  });
  find(".step-out thead tr").replaceChildren(...heads);
  slider.max = String(props.step_alphas.length - 1);
  slider.value = String(props.step_alphas.indexOf(1));
  slider.oninput = () => onChange({ alpha: props.step_alphas[Number(slider.value)] });
  find(".step-again").onclick = () => onChange({ seed: seed + 1 });

  return { draw, percent };
}
