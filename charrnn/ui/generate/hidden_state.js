// The hidden state that the network carries from one character to the next: a cell for each unit,
// and the units that changed most (hidden_states.py). Text is set as textContent only.

import { setTextWithTerms } from "../page/terms.js";

const STEPS = 256; // characters whose states the server sends together
const MAX_BLOCKS = 4; // of so many characters that are kept
const MAX_CHANGED = 5; // units that are marked
const MIN_CHANGE = 0.1; // of a unit that is marked, where 1 is the strongest color

const decode = (text) => Int8Array.from(atob(text), (c) => c.charCodeAt(0));
const signed = (value) => (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);

// `request(query)` asks the server. `show(context)` of what this returns shows the state after a
// character of a text, or nothing for null. `context` has the `checkpoint`, the `whole` text,
// `begins_line`, how many characters of it are `read`, and whether the last of them was just
// `written`.
export function hiddenState({ find, t, words }, request) {
  const box = find(".next-char-state");
  const [caption, legend] = box.querySelectorAll("p");
  const grid = box.querySelector("div");
  let blocks = []; // {key, shown, units, scale, states}, the latest first; `bidirectional` without any
  let wanted = null;
  let isAsking = false;

  function blockOf({ checkpoint, whole, begins_line, read }) {
    const start = Math.max(0, Math.ceil(read / STEPS) - 1) * STEPS;
    const text = Array.from(whole)
      .slice(0, start + STEPS)
      .join("");
    return { checkpoint, text, begins_line, start };
  }

  // Asks for the block of the latest context, one at a time.
  async function ask() {
    if (isAsking) return;
    isAsking = true;
    const query = blockOf(wanted);
    const key = JSON.stringify(query);
    const answer = await request(query);
    isAsking = false;
    const states = answer?.states && decode(answer.states);
    const isKnown = Boolean(states || answer?.bidirectional);
    if (isKnown) blocks = [{ ...answer, key, states }, ...blocks].slice(0, MAX_BLOCKS);
    const isLatest = wanted && JSON.stringify(blockOf(wanted)) === key;
    if (isLatest && !isKnown) box.hidden = true;
    else show(wanted);
  }

  function show(context) {
    wanted = context?.checkpoint ? context : null;
    if (!wanted) {
      box.hidden = true;
      return;
    }
    const query = blockOf(wanted);
    const key = JSON.stringify(query);
    const block = blocks.find((one) => one.key === key);
    if (!block) return ask(); // what is shown stays meanwhile
    box.hidden = false;
    grid.hidden = legend.hidden = Boolean(block.bidirectional);
    if (block.bidirectional) setTextWithTerms(caption, words["state-bidirectional"]);
    else draw(block, wanted.read - query.start, wanted.written);
  }

  function draw(block, at, isWritten) {
    const { shown, units, scale } = block;
    const state = (k) => block.states.subarray(k * shown, (k + 1) * shown);
    const now = state(at);
    const before = isWritten && at > 0 ? state(at - 1) : now;
    const changed = [...now.keys()]
      .filter((unit) => Math.abs(now[unit] - before[unit]) >= 100 * MIN_CHANGE)
      .sort((a, b) => Math.abs(now[b] - before[b]) - Math.abs(now[a] - before[a]))
      .slice(0, MAX_CHANGED);
    while (grid.children.length > shown) grid.lastChild.remove();
    while (grid.children.length < shown) grid.append(document.createElement("i"));
    [...grid.children].forEach((cell, unit) => {
      const color = now[unit] < 0 ? "--below" : "--surprisal";
      cell.style.background = `rgba(var(${color}), ${Math.abs(now[unit]) / 100})`;
      cell.classList.toggle("changed", changed.includes(unit));
      cell.title = t(isWritten ? "unit-change" : "unit-value", values(unit));
    });
    function values(unit) {
      const [from, to] = [before, now].map((one) => signed((one[unit] * scale) / 100));
      return { unit, from, to };
    }
    const sentence = changed.map((unit) => t("unit-change", values(unit))).join("; ");
    const name = t(shown < units ? "state-first" : "state", { n: shown, m: units });
    setTextWithTerms(caption, name);
    legend.textContent = changed.length ? words["state-changed"] : words["state-colors"];
    grid.setAttribute("aria-label", [caption.textContent, sentence].filter(Boolean).join(". "));
  }

  return { show };
}
