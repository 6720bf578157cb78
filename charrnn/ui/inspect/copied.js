// The mode New or copied: what of the text stands in the training text of the model is underlined,
// and shown there. The tint is that of the mode Surprise.

import { number, tintStrength, UNSCORED, visible } from "../page/tinted_text.js";
import { copyAt } from "../novelty/copies.js";
import { noveltyReport } from "../novelty/report.js";

const MAX_BITS = 8; // that get the strongest tint

// `tab` is what `inspect.js` gives each mode.
export function copiedMode(tab) {
  const { t, words } = tab;
  let isCopied = new Uint8Array(); // by place

  const report = noveltyReport(tab, {
    ask: tab.ask,
    choose: ([start]) => tab.choose(start),
    changed: mark,
  });

  function show() {
    const { reading, text, checkpoint, source } = tab.reading();
    isCopied = new Uint8Array();
    report.show({ key: reading, checkpoint, texts: [text], labels: null, source });
  }

  function mark() {
    if (!tab.reading()) return;
    isCopied = new Uint8Array(tab.reading().characters.length);
    for (const [start, end] of report.copies()) isCopied.fill(1, start, end);
    tab.repaint();
    report.showPlace(0, tab.selected());
  }

  function classOf(place) {
    const level = tab.reading().levels[place];
    const tint = level === UNSCORED ? "s0" : `s${tintStrength(level, MAX_BITS)}`;
    return isCopied[place] ? `${tint} copied` : tint;
  }

  function nameOf(place) {
    const character = visible(tab.reading().characters[place]);
    const copy = copyAt(report.copies(), place);
    if (!copy) return t("spoken-new", { character });
    return t("spoken-copied", { character, n: number.format(copy[1] - copy[0]) });
  }

  return {
    title: words["mode-copied"],
    scale: [words["scale-least"], words["scale-most"]],
    show,
    showAgain: report.retry,
    showPlace: (place) => report.showPlace(0, place),
    classOf,
    nameOf,
  };
}
