// What stands beside the text of the Generate tab: its length and how it was drawn, the tint and its
// scale, problems, and characters that the model does not know. Text is set as textContent only.

import { STORAGE } from "../page/runtime.js";
import { setTextWithTerms } from "../page/terms.js";
import { number, visible } from "../page/tinted_text.js";
import { readText, writeText } from "../page/web_storage.js";

const MAX_UNKNOWN_SHOWN = 8; // unknown characters that are listed one by one

// The fields beside which a problem stands, by the name that the server gives; others stand by the
// passage.
const PROBLEM_PLACES = {
  checkpoint: "checkpoint",
  length: "settings",
  seed: "settings",
  stop: "settings",
  alpha: "settings",
  mode: "settings",
};

// `ui` is what `component` returns, and `current()` the passage on display.
export function passageNotes({ element, find, setText, t, words }, current) {
  const toggle = find(".generate-surprisal input"); // of the tint

  // Draws the status of a passage, or of none for null.
  function drawStatus(passage) {
    setText(find(".generate-status"), passage?.id ? status(passage) : "");
  }

  function status(passage) {
    const count =
      passage.tint.length + (passage.columns ?? []).reduce((n, c) => n + c.tint.length, 0);
    const parts = [count === 1 ? words.character : t("characters", { n: number.format(count) })];
    if (passage.state === "writing") parts.push(words.writing);
    if (passage.state === "stopped") parts.push(words.stopped);
    if (passage.rate) parts.push(t("rate", { n: number.format(passage.rate) }));
    if (passage.mode === "greedy" || passage.mode === "picked") parts.push(words[passage.mode]);
    else
      parts.push(t("seed", { n: passage.seed }), ...(passage.alpha ? [`α ${passage.alpha}`] : []));
    return parts.join(" · ");
  }

  function drawProblem(problem) {
    const where = problem ? (PROBLEM_PLACES[problem.field] ?? "passage") : null;
    setText(find(".generate-problem"), where === "passage" ? problem.message : "");
    for (const name of ["checkpoint", "settings"]) {
      const node = document.querySelector(`#generate-problem-${name} .problem`);
      if (node) setText(node, where === name ? problem.message : "");
    }
  }

  // On a phone the field with the problem may be far from the button.
  function showProblem() {
    const places = [
      find(".generate-problem"),
      ...document.querySelectorAll('[id^="generate-problem-"] .problem'),
    ];
    places.find((node) => node.textContent)?.scrollIntoView({ block: "nearest" });
  }

  // The tint of a character that the model was sure of, up to that of a uniform guess.
  function drawScale(passage) {
    const scale = find(".generate-scale");
    scale.hidden = !passage.id || !toggle.checked;
    if (scale.hidden) return;
    const bits = passage.max_surprisal.toFixed(1);
    setTextWithTerms(scale.querySelector("span"), t("tint-scale", { n: bits }));
    if (scale.querySelector("b")) return;
    for (let strength = 0; strength <= 9; strength++) {
      const swatch = document.createElement("b");
      swatch.className = `s${strength}`;
      scale.querySelector("i").append(swatch);
    }
  }

  function drawUnknown({ unknown, symbols }) {
    const note = find(".generate-note");
    note.replaceChildren();
    if (!unknown.length) return;
    for (const c of unknown.slice(0, MAX_UNKNOWN_SHOWN)) {
      const mark = document.createElement("bdi");
      mark.className = "unknown";
      mark.textContent = visible(c);
      note.append(mark, " ");
    }
    if (unknown.length > MAX_UNKNOWN_SHOWN)
      note.append(t("more", { n: unknown.length - MAX_UNKNOWN_SHOWN }), " ");
    note.append(
      t(unknown.length === 1 ? "unknown-one" : "unknown-many", { n: number.format(symbols) }),
    );
  }

  function showTint() {
    element.querySelector(".generate").classList.toggle("plain", !toggle.checked);
    drawScale(current());
  }

  setText(find(".generate-surprisal span"), words.surprise);
  toggle.checked = readText("localStorage", STORAGE.surprisal) !== "off";
  toggle.onchange = () => {
    writeText("localStorage", STORAGE.surprisal, toggle.checked ? "on" : "off");
    showTint();
  };
  showTint();

  return { drawStatus, drawProblem, showProblem, drawScale, drawUnknown };
}
