// Find a unit for…: concepts, a regular expression or the selection; what was found is listed, and
// a click tints the text by the unit.

import { setTextWithTerms } from "../page/terms.js";
import { number } from "../page/tinted_text.js";

const BEST = "best"; // the list of the best unit of each concept
const SELECTION = "selection";

// `choose(unit)` tints the text by a unit. `isChosen(unit)` says whether it does so now.
// `layerName(layer)` is empty if the model has one layer.
export function unitFinder(tab, { choose, isChosen, layerName }) {
  const { find, setText, t, words, props } = tab;
  const box = find(".unit-find");
  const list = find(".unit-findings");
  const patternField = find(".unit-pattern input");
  const namesByPattern = new Map(Object.entries(props.patterns).map(([name, one]) => [one, name]));

  let reading = null; // what is searched; null until the units are known
  let units = 0; // of the model
  let wanted = BEST; // what is looked for: a key of the chips, or a pattern between slashes
  let shown = null; // the answer that is listed
  let first = null; // the answer of the first search
  let requests = 0;

  // Looks for the best units of a text. The first one is chosen unless the user has chosen another.
  async function show(count, mayChoose) {
    [reading, units] = [tab.reading(), count];
    [first, shown] = [null, null];
    if (wanted === SELECTION) wanted = BEST;
    await search(wanted);
    const [best] = shown?.findings ?? [];
    if (best && mayChoose()) choose(best);
  }

  // Forgets what was looked for in another text.
  function clear() {
    requests++;
    reading = null;
    [first, shown] = [null, null];
    list.replaceChildren();
    drawProblem(null);
    setText(find(".unit-found"), "");
    find(".unit-find .explain").hidden = true;
  }

  // Looks for what the user wants now, or later: once it is known which units there are.
  function want(concept) {
    if (reading) return search(concept);
    wanted = concept;
    drawChips();
  }

  async function search(concept) {
    const request = ++requests;
    wanted = concept;
    drawChips();
    drawProblem(null);
    shown = null;
    list.replaceChildren();
    find(".unit-find .explain").hidden = true;
    setText(find(".unit-found"), t("find-searching", { n: number.format(units) }));
    tab.repaint();
    const answer = await ask(concept);
    if (request !== requests) return;
    setText(find(".unit-found"), "");
    if (answer.problem) return drawProblem(answer.problem, () => search(concept));
    if (concept === BEST) first = answer;
    shown = answer;
    draw();
    tab.repaint();
  }

  function ask(concept) {
    if (concept === BEST) return first ?? tab.ask("find_first_units");
    const range = tab.range();
    const spans = concept === SELECTION && range ? [[range.begin, range.end]] : concept;
    return tab.ask("find_concept_units", { concept: props.patterns[concept] ?? spans });
  }

  // ---- drawing ---------------------------------------------------------------------------------

  // Returns the name of a concept: a string, or the regular expression itself.
  function nameOf(concept) {
    const key = `concept-${namesByPattern.get(concept) ?? concept}`;
    return Object.hasOwn(words, key) ? words[key] : concept;
  }

  function draw() {
    const isFirst = wanted === BEST;
    const best = [...shown.findings].sort((a, b) => b.score_held_out - a.score_held_out);
    list.replaceChildren(...best.map((finding) => row(finding, isFirst)));
    const notes = [];
    if (!shown.findings.length) notes.push(words[isFirst ? "find-nothing-first" : "find-nothing"]);
    if (shown.searched < reading.characters.length)
      notes.push(t("find-searched", { n: number.format(shown.searched) }));
    if (shown.marks) notes.push(t("find-marked", { concept: nameOf(wanted) }));
    setText(find(".unit-found"), notes.join(" "));
    find(".unit-find .explain").hidden = !shown.findings.length;
    mark();
  }

  function row(finding, isFirst) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const [unit, what, score] = ["b", "span", "span"].map((tag) => document.createElement(tag));
    button.type = "button";
    unit.textContent = t("find-unit", finding);
    what.textContent = [...(isFirst ? [nameOf(finding.concept)] : []), behavior(finding)].join(
      " · ",
    );
    const numeric = finding.concept === "line-position";
    score.textContent = `${numeric ? "R² " : ""}${finding.score_held_out.toFixed(2)}`;
    button.append(unit, " ", what, " ", score);
    button.onclick = () => choose(finding);
    button.finding = finding;
    item.append(button);
    return item;
  }

  function behavior({ concept, low, quantity, layer }) {
    const numeric = concept === "line-position";
    const way = numeric ? (low ? "falls" : "rises") : low ? "low" : "high";
    const parts = [words[`find-${way}`]];
    const n = layerName(layer);
    if (n) parts.push(t("find-layer", { n }));
    return [...parts, ...(quantity === "C" ? ["C"] : [])].join(" · ");
  }

  // Marks the finding that tints the text.
  function mark() {
    for (const button of list.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(isChosen(button.finding)));
  }

  function drawChips() {
    for (const chip of find(".unit-chips").children) {
      const isOn = chip.dataset.concept === wanted;
      chip.setAttribute("aria-pressed", String(isOn));
    }
  }

  function drawProblem(problem, again) {
    tab.showProblem(find(".unit-find .inspect-problem"), problem, again);
    const ofPattern = problem?.field === "concept" && wanted.startsWith("/");
    patternField.setAttribute("aria-invalid", String(ofPattern));
  }

  // ---- setup -----------------------------------------------------------------------------------

  function chip(concept, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.concept = concept;
    button.textContent = label;
    button.onclick = () => want(concept);
    return button;
  }

  const names = [...props.concepts, ...Object.keys(props.patterns), SELECTION];
  find(".unit-chips").append(
    chip(BEST, words["find-best"]),
    ...names.map((name) => chip(name, words[`concept-${name}`])),
  );
  setText(find(".unit-find h2"), words["find-title"]);
  setText(find(".unit-pattern label > span"), words["find-pattern"]);
  setText(find(".unit-pattern button"), words["find-search"]);
  setTextWithTerms(find(".unit-find .explain"), words["find-scores"]);
  find(".unit-chips").setAttribute("aria-label", words["find-title"]);
  find(".unit-pattern").onsubmit = (event) => {
    event.preventDefault();
    if (patternField.value) want(`/${patternField.value}/`);
  };

  // The selection can be searched if there is one.
  function showRange(range) {
    const [selection] = [...find(".unit-chips").children].slice(-1);
    selection.hidden = !range;
    if (range && reading && wanted === SELECTION) search(SELECTION);
  }
  showRange(null);
  box.hidden = false;

  return { show, clear, mark, showRange, isMarked: (place) => shown?.marks?.[place] === "1" };
}
