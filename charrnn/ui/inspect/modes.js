// The modes of the Inspect tab: which one is chosen, its panels, and the scale of its tint.

import { copiedMode } from "./copied.js";
import { hiddenUnitsMode } from "./hidden_units.js";
import { reachMode } from "./reach.js";
import { surpriseOrComparisonMode } from "./second_model.js";
import { stepMode } from "./step.js";

// The modes by their names in `data-mode`, in the order in which they are offered.
const MODES = {
  surprise: surpriseOrComparisonMode,
  hidden_units: hiddenUnitsMode,
  step: stepMode,
  reach: reachMode,
  copied: copiedMode,
};

// `tab` is what `inspect.js` gives each mode, `name` the mode to begin with if there is one of that
// name. `onChoice()` is called when the user chooses another one.
//
// A mode has a `title`, `classOf(place)` and `nameOf(place)` for the characters, and the texts
// beside the `scale` of its tint, or null; they stand at both ends of a scale that is `signed`,
// with 0 in the middle. `show()` is called once for each reading, when the mode is chosen;
// `showPlace(place)` then, and when the user selects another place. Where a mode has them,
// `showRange(range)` is called when a stretch of the text is selected, or none; `hide()` when the
// mode or the text is left; and `showAgain()` when the user is back in the mode.
export function modeSwitch(element, tab, name, onChoice) {
  const { find, setText } = tab;
  const modes = Object.fromEntries(Object.entries(MODES).map(([key, make]) => [key, make(tab)]));
  const shown = new Set(); // the names of the modes that have shown what is drawn
  let chosen = Object.hasOwn(MODES, name) ? name : "surprise";

  const mode = () => modes[chosen];

  // Draws the panels and the mode's part of them, if a text has been read.
  function prepare() {
    drawPanels();
    if (tab.reading() && !shown.has(chosen)) mode().show();
    shown.add(chosen);
  }

  // Draws the mode for another text, or for none.
  function restart() {
    mode().hide?.();
    shown.clear();
    if (tab.reading()) prepare();
    else drawPanels();
  }

  // Shows what belongs to the mode, if a text has been read.
  function drawPanels() {
    for (const panel of element.querySelectorAll("[data-mode]"))
      panel.hidden = !tab.reading() || panel.dataset.mode !== chosen;
    drawScale();
  }

  function drawScale() {
    const { scale, signed = false } = mode();
    find(".inspect-scale").classList.toggle("signed", signed);
    find(".inspect-scale").classList.toggle("without-tint", !scale);
    setText(find(".inspect-scale span:first-child"), scale?.[0] ?? "");
    setText(find(".inspect-scale i + span"), scale?.[1] ?? "");
  }

  function choose(newName) {
    mode().hide?.();
    chosen = newName;
    const isBack = shown.has(chosen);
    prepare();
    if (isBack && tab.reading()) mode().showAgain?.();
    onChoice();
  }

  function drawChoices() {
    const field = find(".inspect-modes");
    field.hidden = Object.keys(modes).length < 2;
    for (const [key, { title }] of Object.entries(modes)) {
      const label = document.createElement("label");
      const choice = document.createElement("input");
      Object.assign(choice, { type: "radio", name: "inspect-mode", value: key });
      choice.checked = key === chosen;
      choice.onchange = () => choose(key);
      label.append(choice, title);
      field.append(label);
    }
  }

  drawChoices();
  drawPanels();

  return { mode, name: () => chosen, restart, drawScale };
}
