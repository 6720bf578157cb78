// A unit is switched off: the perplexity of the text with and without it, where its surprisal
// changes, and two texts that the model writes from the same seed.

import { setTextWithTerms } from "../page/terms.js";
import { number, signedTint } from "../page/tinted_text.js";
import { formatFigure } from "./numbers.js";

// `unit()` is what tints the text now.
export function unitAblation(tab, { unit }) {
  const { find, setText, t, words, props } = tab;
  const button = find(".unit-off-head button");
  const tinted = find(".unit-off-tint input");

  let result = null; // the answer that is drawn, its `unit` and `layer`, and the `reading`
  let requests = 0;
  let seed = 0;

  // Shows which unit the button switches off, and forgets what was compared for another one.
  function show() {
    const { unit: number_, layer } = unit();
    setText(button, t(result ? "off-again" : "off-button", { unit: number_ }));
    const reading = tab.reading();
    if (
      !result ||
      (result.unit === number_ && result.layer === layer && result.reading === reading)
    )
      return;
    result = null;
    requests++;
    seed = 0;
    draw();
    show();
  }

  async function compare() {
    const request = ++requests;
    const { unit: number_, layer } = unit();
    const reading = tab.reading();
    const place = tab.selected();
    button.disabled = true;
    setText(find(".unit-off-head p"), words["off-comparing"]);
    setText(find(".unit-off .inspect-problem"), "");
    const answer = await tab.ask("switch_off_unit", { unit: number_, layer, place, seed });
    button.disabled = false;
    setText(find(".unit-off-head p"), "");
    if (request !== requests) return;
    if (answer.problem) return setText(find(".unit-off .inspect-problem"), answer.problem.message);
    seed += 1;
    result = { ...answer, unit: number_, layer, reading };
    draw();
    show();
  }

  // ---- drawing ---------------------------------------------------------------------------------

  function signedPercent(share) {
    const percent = (100 * share).toFixed(1);
    return /[1-9]/.test(percent)
      ? `${share > 0 ? "+" : ""}${percent}\u00a0%`.replace("-", "−")
      : "0\u00a0%";
  }

  function draw() {
    find(".unit-off-result").hidden = !result;
    if (result) {
      drawVerdict();
      drawTexts();
      const about = t("off-tint-about", { bits: props.strongest_change_bits });
      const notes = [result.written ? about : words["off-bidirectional"]];
      if (result.compared < result.reading.characters.length)
        notes.push(t("off-compared", { n: number.format(result.compared) }));
      setText(find(".unit-off-result .explain"), notes.join(" "));
    }
    tab.repaint();
  }

  function drawVerdict() {
    const [before, after] = result.perplexity;
    const node = find(".unit-off-verdict");
    if (before === null) return setText(node, "");
    const percent = Math.abs(100 * (after / before - 1));
    const key = percent < 0.1 ? "off-same" : after > before ? "off-worse" : "off-better";
    const values = {
      before: formatFigure(before),
      after: formatFigure(after),
      percent: percent.toFixed(1),
    };
    const sentences = [t(key, values)];
    if (result.others.length) {
      const changes = result.others.map((value) => signedPercent(value / before - 1));
      sentences.push(t("off-others", { changes: changes.join(words["off-and"]) }));
    }
    setTextWithTerms(node, sentences.join(words["off-space"]), { perplexity: after });
  }

  function drawTexts() {
    find(".unit-off-texts").hidden = !result.written;
    result.written?.forEach((text, i) => {
      setText(find(`.unit-off-texts > div:nth-child(${i + 1}) p`), text);
    });
  }

  // Returns the class of a character, if the text is tinted by what switching the unit off changes.
  function classOf(place) {
    if (!result || !tinted.checked || result.reading !== tab.reading()) return null;
    return place < result.levels.length ? signedTint(result.levels[place]) : "";
  }

  // ---- setup -----------------------------------------------------------------------------------

  const bits = (sign) => t("off-bits", { bits: `${sign}${props.strongest_change_bits}` });
  setText(find(".unit-off-tint span"), words["off-tint"]);
  setText(find(".unit-off-texts > div:first-child h3"), words["off-with"]);
  setText(find(".unit-off-texts > div:last-child h3"), words["off-without"]);
  button.onclick = compare;
  tinted.onchange = () => tab.repaint();

  return {
    show,
    classOf,
    scale: () => (classOf(0) === null ? null : [bits("−"), bits("+")]),
  };
}
