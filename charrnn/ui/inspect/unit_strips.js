// All units of a layer as strips: one row for each unit, with its values around the selected
// character. Only the rows in view are drawn.

import { latestOnly } from "./latest_only.js";
import { decodeLevel } from "./numbers.js";
import { drawStrip } from "./strip.js";

const ROW_PX = 20; // as hidden_units.css has it
const MARGIN_ROWS = 4; // drawn beyond what is in view
const WINDOWS_PER_STRIP = 3; // the selected character is in the middle one, if there is one before

// `choose(unit)` tints the text by a unit.
export function unitStrips(tab, { choose }) {
  const { find, setText, t, words, props } = tab;
  const list = find(".unit-strips-list");
  const inner = list.firstElementChild;
  const orderField = find(".unit-strips select");

  let chosen = null; // `layer`, `quantity` and `unit`, and the `reading`
  let drawn = null; // what the rows are of: `key`, `start`, `rows`
  let wanted = null; // the key of the rows that are asked for, or drawn
  let hasFailed = false; // the rows that were asked for last did not come
  let order = []; // the units in the order in which they are drawn
  let rows = new Map(); // the nodes that are drawn, by unit

  const read = latestOnly(({ layer, quantity, start }) =>
    tab.ask("unit_strips", { layer, quantity, start }),
  );

  // Returns where the strips begin: they stay while the selected character moves a little.
  function startAt(place) {
    const width = props.strip_characters / WINDOWS_PER_STRIP;
    const last = chosen.reading.characters.length - props.strip_characters;
    return Math.max(0, Math.min(Math.floor(place / width - 1) * width, last));
  }

  // Shows the layer of a unit, and the unit in it.
  function show(choice) {
    chosen = choice;
    showPlace(tab.selected(), { scroll: true });
  }

  async function showPlace(place, { scroll = false } = {}) {
    if (!chosen || place < 0) return;
    const { reading, layer, quantity } = chosen;
    const start = startAt(place);
    const key = `${reading.reading} ${layer} ${quantity} ${start}`;
    wanted = key;
    if (drawn?.key !== key) {
      const answer = await read({ layer, quantity, start });
      if (!answer || wanted !== key || reading !== tab.reading()) return;
      const problem = answer.rows ? null : (answer.problem ?? tab.noAnswer());
      if (hasFailed || problem) tab.drawProblem(problem, showAgain);
      hasFailed = Boolean(problem);
      if (problem) return;
      drawn = { key, start, rows: answer.rows };
      rows = new Map();
      inner.replaceChildren();
    }
    draw(tab.selected(), scroll);
  }

  const showAgain = () => showPlace(tab.selected(), { scroll: true });

  const levelOf = (unit, place) => decodeLevel(drawn.rows[unit][place - drawn.start] ?? "9");

  function draw(place, scroll) {
    const length = drawn.rows[0].length;
    const at = (place - drawn.start + 0.5) / length;
    list.style.setProperty("--at", at >= 0 && at <= 1 ? at : -1);
    list.classList.toggle("without-mark", at < 0 || at > 1);
    order = drawn.rows.map((_, unit) => unit);
    if (orderField.value === "strength") {
      const strengths = order.map((unit) => Math.abs(levelOf(unit, place)));
      order.sort((a, b) => strengths[b] - strengths[a]);
    }
    inner.style.height = `${order.length * ROW_PX}px`;
    if (scroll) scrollToChosen();
    drawRows();
  }

  function drawRows() {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - MARGIN_ROWS);
    const last = Math.ceil((list.scrollTop + list.clientHeight) / ROW_PX) + MARGIN_ROWS;
    const inView = new Map(order.slice(first, last).map((unit, i) => [unit, first + i]));
    for (const [unit, node] of rows) {
      if (inView.has(unit)) continue;
      node.remove();
      rows.delete(unit);
    }
    for (const [unit, position] of inView) {
      if (!rows.has(unit)) rows.set(unit, makeRow(unit));
      placeRow(rows.get(unit), unit, position);
    }
    list.setAttribute("aria-activedescendant", `unit-strip-${chosen.unit}`);
  }

  function makeRow(unit) {
    const node = document.createElement("div");
    const [name, canvas] = [document.createElement("span"), document.createElement("canvas")];
    node.className = "unit-strip";
    node.id = `unit-strip-${unit}`;
    node.setAttribute("role", "option");
    node.setAttribute("aria-setsize", drawn.rows.length);
    name.textContent = unit;
    node.append(name, canvas);
    inner.append(node);
    drawStrip(canvas, drawn.rows[unit]);
    node.onclick = () => choose({ unit });
    return node;
  }

  function placeRow(node, unit, position) {
    node.style.top = `${position * ROW_PX}px`;
    node.setAttribute("aria-posinset", position + 1);
    node.setAttribute("aria-label", t("find-unit", { unit }));
    node.setAttribute("aria-selected", String(unit === chosen.unit));
  }

  function scrollToChosen() {
    const top = order.indexOf(chosen.unit) * ROW_PX;
    const { scrollTop, clientHeight } = list;
    if (top < scrollTop || top + ROW_PX > scrollTop + clientHeight)
      list.scrollTop = Math.max(0, top - (clientHeight - ROW_PX) / 2);
  }

  // ---- setup -----------------------------------------------------------------------------------

  const perPage = () => Math.max(1, Math.floor(list.clientHeight / ROW_PX) - 1);
  const KEYS = {
    ArrowUp: (at) => at - 1,
    ArrowDown: (at) => at + 1,
    PageUp: (at) => at - perPage(),
    PageDown: (at) => at + perPage(),
    Home: () => 0,
    End: () => order.length - 1,
  };
  list.onkeydown = (event) => {
    const move = KEYS[event.key];
    if (!move || !drawn || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const position = move(order.indexOf(chosen.unit));
    const unit = order[Math.max(0, Math.min(position, order.length - 1))];
    if (unit !== chosen.unit) choose({ unit });
  };
  list.onscroll = () => drawn && drawRows();
  new ResizeObserver(() => drawn && drawRows()).observe(list);
  setText(find(".unit-strips h2"), words["strips-title"]);
  orderField.setAttribute("aria-label", words["strips-order"]);
  orderField.append(
    new Option(words["strips-by-number"], "number"),
    new Option(words["strips-by-strength"], "strength"),
  );
  orderField.onchange = () => {
    list.scrollTop = 0;
    if (drawn) draw(tab.selected(), false);
  };

  return { show, showPlace };
}
