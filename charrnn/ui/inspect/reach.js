// The mode How far back: how the gradient of a prediction fades on its way back through time, in the
// model and in new ones, and how much a prediction changes without the text before it.

import { setTextWithTerms } from "../page/terms.js";
import { formatPercent, visible } from "../page/tinted_text.js";
import { formatNorm, reachChart } from "./reach_chart.js";

const CELLS = ["lstm", "gru", "relu", "tanh"];
const FIRST_STEPS = 64;
const TINTED_DECADES = 4; // of the gradient, from the strongest tint to none

// `tab` is what `inspect.js` gives each mode.
export function reachMode(tab) {
  const { find, setText, t, words, props } = tab;

  const panel = find(".reach");
  const stepsField = find(".reach-steps select");
  const chart = reachChart(tab);

  let reading = null; // what is measured
  let selected = -1; // the place whose past is tinted,
  let first = 0; // from this one on: in a model of documents the line, part or file begins there
  let last = FIRST_STEPS; // the greatest number of steps back
  let measures = 0; // the number of measurements that were begun; older ones are ignored
  const measuring = tab.newJob();
  // What has been measured of this reading, by the number of steps: the `lines` of the chart, their
  // names and values, and the `training`: how it cut the gradient of the model.
  let measured = new Map();
  let lines = []; // those of the chosen number of steps
  let training = null;
  let restarts = []; // places that are read from a zero state: the last ones of documents

  function show() {
    reading = tab.reading();
    measured = new Map();
    restarts = [];
    drawContext(null);
    measure();
  }

  // Measures what is missing: the model first, then the context, then new models.
  async function measure() {
    const measurement = ++measures;
    const isOld = () => measurement !== measures || reading !== tab.reading();
    if (!measured.has(last)) measured.set(last, { lines: [], training: null });
    const found = measured.get(last);
    lines = found.lines;
    training = found.training;
    drawGradients();
    drawProblem(null);
    drawContextProblem(null);
    await measuring.run((job) => measureMissing(found, job, isOld));
  }

  async function measureMissing(found, job, isOld) {
    if (!lines.length) {
      setText(find(".reach-status"), words["reach-model-first"]);
      const own = await tab.ask("gradient_norms", { steps: last + 1, cell: null, job });
      if (isOld()) return;
      if (!own.norms) return fail(own.problem ?? tab.noAnswer());
      lines.push({ name: "model", values: own.norms });
      if (own.cell_norms) lines.push({ name: "cell", values: own.cell_norms });
      training = found.training = own.training;
      restarts = own.restarts;
      showPlace(selected);
      drawGradients();
    }
    if (!find(".reach-context tbody").childElementCount) {
      setText(find(".reach-status"), words["reach-context-now"]);
      const answer = await tab.ask("context_effects", { job });
      if (isOld()) return;
      if (answer.effects) drawContext(answer);
      else drawContextProblem(answer.problem ?? tab.noAnswer());
    }
    await measureNewModels(job, isOld);
  }

  // Stops what is being measured; `measure` goes on from there.
  function hide() {
    measures += 1;
    measuring.stop();
  }

  async function measureNewModels(job, isOld) {
    for (const [k, cell] of CELLS.entries()) {
      if (lines.some(({ name }) => name === cell)) continue;
      const [name, n] = [words[`reach-short-${cell}`], k + 1];
      setText(find(".reach-status"), t("reach-new-model", { cell: name, n, total: CELLS.length }));
      const answer = await tab.ask("gradient_norms", { steps: last + 1, cell, job });
      if (isOld()) return;
      if (!answer.norms) {
        const tooLarge = { message: words["reach-too-large"], field: "cell" };
        const problem = answer.norms === null ? tooLarge : (answer.problem ?? tab.noAnswer());
        return tab.showProblem(find(".reach-status"), problem, measure);
      }
      lines.push({ name: cell, values: answer.norms });
      drawGradients();
    }
    setText(find(".reach-status"), "");
  }

  function fail(problem) {
    setText(find(".reach-status"), "");
    drawProblem(problem);
  }

  // A text that is too short may be long enough for fewer steps, so their choice stays.
  function drawProblem(problem) {
    tab.showProblem(find(".reach > .inspect-problem"), problem, measure);
    panel.classList.toggle("without", Boolean(problem));
    find(".reach-gradient").hidden = problem?.field === "checkpoint";
    find(".reach-context").hidden = problem?.field === "checkpoint";
  }

  function drawContextProblem(problem) {
    tab.showProblem(find(".reach-context .inspect-problem"), problem, measure);
  }

  // ---- gradients -------------------------------------------------------------------------------

  // Returns the greatest k with a norm: a model of documents may have none for the chosen one.
  const lastNorm = () => (lines.length ? lines[0].values.length - 1 : last);

  function drawGradients() {
    chart.draw(lines, lastNorm(), training?.cut ? training.steps : null);
    drawTable();
    drawFades();
    drawCut();
    tab.repaint();
  }

  // Says how much of the gradient is left at the end.
  function drawFades() {
    const values = lines[0]?.values;
    const share = values && values.at(-1) / values[0];
    const key = share > 1 ? "reach-explodes" : "reach-vanishes";
    const left = share < 0.0001 ? formatNorm(share) : `${formatPercent(share)} %`;
    const text = values
      ? t(key, { k: lastNorm(), left, times: formatNorm(share), each: stepFactor(values) })
      : "";
    setTextWithTerms(find(".reach-fades"), text);
  }

  // Returns by how much the norm is multiplied at each step, on average.
  const stepFactor = (values) =>
    ((values.at(-1) / values[0]) ** (1 / (values.length - 1))).toFixed(2);

  function drawCut() {
    let text = "";
    if (lines.length && !training) text = words["reach-cut-unknown"];
    else if (training && !training.cut) text = words["reach-not-cut"];
    else if (training) {
      const isShown = training.steps <= lastNorm();
      text = t(isShown ? "reach-cut" : "reach-cut-beyond", { n: training.steps });
    }
    setTextWithTerms(find(".reach-cut"), text);
  }

  // The same as the chart, for k = 0, 1, 2, 4, … and the last one.
  function drawTable() {
    const [ks, end] = [[0], lastNorm()];
    for (let k = 1; k < end; k *= 2) ks.push(k);
    ks.push(end);
    const heads = ["k", ...lines.map(({ name }) => words[`reach-short-${name}`])];
    const rows = ks.map((k) => [k, ...lines.map(({ values }) => formatNorm(values[k]))]);
    find(".reach-table thead").replaceChildren(rowOf(heads, "col"));
    find(".reach-table tbody").replaceChildren(...rows.map((row) => rowOf(row, "row")));
    find(".reach details").hidden = !lines.length;
    find(".reach-readout").hidden = !lines.length;
  }

  // Returns a row of a table; its first cell, or each that is not empty, is a head.
  function rowOf(texts, scope) {
    const row = document.createElement("tr");
    for (const [i, text] of texts.entries()) {
      const isHead = text !== "" && (scope === "col" || i === 0);
      const cell = document.createElement(isHead ? "th" : "td");
      if (isHead) cell.scope = scope;
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  }

  // ---- context ---------------------------------------------------------------------------------

  function drawContext(answer) {
    const effects = answer?.effects ?? [];
    const largest = Math.max(...effects.map(({ divergence }) => divergence), 0.1);
    const rows = effects.map(({ length, divergence, changed }) => {
      const row = rowOf([length, "", divergence.toFixed(2), `${formatPercent(changed)} %`], "row");
      const bar = document.createElement("i");
      bar.style.width = `${(100 * divergence) / largest}%`;
      row.children[1].className = "reach-bar";
      row.children[1].append(bar);
      return row;
    });
    find(".reach-context tbody").replaceChildren(...rows);
    find(".reach-context table").hidden = !effects.length;
    setText(find(".reach-forgotten"), answer ? forgottenText(answer) : "");
  }

  function forgottenText({ effects, forgotten }) {
    if (forgotten === null) return t("reach-not-forgotten", { n: effects.at(-1).length });
    const n = forgotten < 10 ? Math.round(forgotten) : 5 * Math.round(forgotten / 5);
    return t(n <= 1 ? "reach-forgotten-one" : "reach-forgotten", { n });
  }

  // ---- setup -----------------------------------------------------------------------------------

  function showPlace(place) {
    selected = place;
    first = (restarts.findLast((end) => end <= place) ?? -1) + 1;
    tab.repaint();
  }

  // The characters before the selected one are tinted by the gradient that reaches them on average,
  // back to where the model began from a zero state.
  function classOf(place) {
    const [values, back] = [lines[0]?.values, selected - place];
    const isRead = back === 0 || (back > 0 && place >= first);
    if (!values || !isRead || back >= values.length) return "";
    const decades = Math.log10(values[0] / values[back]);
    return `s${Math.min(9, Math.max(0, Math.round(9 * (1 - decades / TINTED_DECADES))))}`;
  }

  const nameOf = (place) => visible(reading.characters[place]);

  setText(find(".reach-gradient h2"), words["reach-gradient"]);
  setTextWithTerms(find(".reach-what"), words["reach-what"]);
  setText(find(".reach-steps span"), words["reach-steps"]);
  setText(find(".reach summary"), words["reach-as-table"]);
  find(".reach-scroll").setAttribute("aria-label", words["reach-as-table"]);
  setText(find(".reach-context h2"), words["reach-context"]);
  setText(find(".reach-context .explain"), words["reach-context-what"]);
  const heads = ["reach-last", "", "reach-bits", "reach-changed"].map((key) => words[key] ?? "");
  find(".reach-context thead").replaceChildren(rowOf(heads, "col"));
  const choices = props.steps_back.map((n) => new Option(n, n, false, n === FIRST_STEPS));
  stepsField.replaceChildren(...choices);
  stepsField.onchange = () => {
    last = Number(stepsField.value);
    measure();
  };

  return {
    title: words["mode-reach"],
    scale: [words["reach-scale-least"], words["reach-scale-most"]],
    show,
    hide,
    showAgain: measure,
    showPlace,
    classOf,
    nameOf,
  };
}
