// The units that stay on through the selected stretch of the text, and where else they are on, as
// LSTMVis matches selections.

import { number } from "../page/tinted_text.js";
import { latestOnly } from "./latest_only.js";
import { readable } from "./place.js";

const MAX_LISTED = 8; // matches; all of them are marked in the text
const MAX_UNITS = 12; // that are listed
const MAX_SHOWN = 40; // characters of a stretch
const CONTEXT = 12; // characters before and after a match

// `choose(unit)` tints the text by a unit.
export function unitMatches(tab, { choose }) {
  const { find, setText, t, words } = tab;
  const list = find(".unit-matches ol");
  const chips = find(".unit-matches .unit-chips");

  let layer = 0;
  let quantity = "H";
  let range = null; // what is selected
  let matched = null; // 1 for each character of a match

  const compare = latestOnly((query) => tab.ask("match_selection", query));

  function show(choice) {
    ({ layer, quantity } = choice);
    showRange(tab.range());
  }

  async function showRange(newRange) {
    range = newRange;
    const had = matched;
    matched = null;
    clear();
    if (had) tab.repaint();
    if (!range) return;
    const reading = tab.reading();
    const text = cut(reading.characters, range.begin, range.end);
    setText(find(".unit-matches-about"), t("matches-of", { text }));
    setText(find(".unit-matches-found"), words["matches-searching"]);
    const answer = await compare({ layer, quantity, begin: range.begin, end: range.end });
    if (!answer || range !== newRange || reading !== tab.reading()) return;
    setText(find(".unit-matches-found"), "");
    if (answer.problem)
      return tab.showProblem(find(".unit-matches .inspect-problem"), answer.problem, () =>
        showRange(range),
      );
    draw(reading, answer);
    tab.repaint();
  }

  function clear() {
    setText(find(".unit-matches-about"), words["matches-hint"]);
    for (const place of [".inspect-problem", ".unit-matches-found"])
      setText(find(`.unit-matches ${place}`), "");
    chips.replaceChildren();
    list.replaceChildren();
  }

  function cut(characters, begin, end) {
    const shown = characters.slice(begin, Math.min(end, begin + MAX_SHOWN));
    return shown.map(readable).join("") + (end - begin > MAX_SHOWN ? "…" : "");
  }

  function draw({ characters }, { units, matches, threshold }) {
    if (!units.length) return setText(find(".unit-matches-found"), words["matches-none"]);
    const text = cut(characters, range.begin, range.end);
    const percent = Math.round(100 * threshold);
    const about = t("matches-units", { percent, n: number.format(units.length) });
    const selected = t("matches-of", { text });
    setText(find(".unit-matches-about"), [selected, about].join(words["off-space"]));
    chips.replaceChildren(
      ...units.slice(0, MAX_UNITS).map(([unit, sign]) => {
        const chip = document.createElement("button");
        chip.type = "button";
        chip.textContent = `${unit} ${sign > 0 ? "+" : "−"}`;
        const label = t(`matches-${sign > 0 ? "high" : "low"}`, { unit });
        chip.setAttribute("aria-label", label);
        chip.title = label;
        chip.onclick = () => choose({ unit });
        return chip;
      }),
    );
    matched = new Uint8Array(characters.length);
    for (const { begin, end } of matches) matched.fill(1, begin, end);
    const n = number.format(matches.length);
    setText(
      find(".unit-matches-found"),
      matches.length ? t("matches-elsewhere", { n }) : words["matches-nowhere"],
    );
    list.replaceChildren(...matches.slice(0, MAX_LISTED).map((match) => row(characters, match)));
  }

  function row(characters, { begin, end, share }) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const [context, part, percent] = ["bdi", "b", "span"].map((tag) => document.createElement(tag));
    const from = Math.max(0, begin - CONTEXT);
    part.textContent = cut(characters, begin, end);
    context.append(cut(characters, from, begin), part, cut(characters, end, end + CONTEXT));
    percent.textContent = `${Math.round(100 * share)} %`;
    button.type = "button";
    button.append(context, " ", percent);
    button.onclick = () => tab.show(begin);
    item.append(button);
    return item;
  }

  setText(find(".unit-matches h2"), words["matches-title"]);
  chips.setAttribute("aria-label", words["matches-title"]);
  clear();

  return { show, showRange, isMatch: (place) => matched?.[place] === 1 };
}
