// The buttons of the Generate tab: which of them can be pressed, and where the focus goes when the
// focused one cannot any more.

import { copyText } from "../page/runtime.js";

const COPIED_MS = 1500; // for which the Copy button says that it has copied

// `ui` is what `component` returns. `actions` are functions by the name of the button; Copy copies
// `passage()`.
export function generateButtons({ element, props, find, setText, t, words }, passage, actions) {
  const button = (name) => find(`[data-do="${name}"]`);

  // `isBusy` while a text is requested or written, `isStopping` once Stop was pressed,
  // `hasModel` if one is chosen, `isReplayed` if the text is shown slowly, `isStepped` if at each
  // press of a button. `requestedBy` is the button that was pressed last.
  function draw(state) {
    const focused = document.activeElement;
    const { id, text, columns } = passage();
    const { isBusy, hasModel } = state;
    button("generate").hidden = isBusy;
    button("stop").hidden = !isBusy;
    button("stop").setAttribute("aria-disabled", String(state.isStopping)); // disabled would lose the focus
    button("generate").disabled = !hasModel;
    button("three-alphas").disabled = isBusy || !hasModel;
    button("continue").disabled = isBusy || !text || Boolean(columns) || !hasModel;
    button("undo").disabled = isBusy || !state.canUndo;
    button("redo").disabled = isBusy || !state.canRedo;
    button("copy").disabled = !id;
    button("all").hidden = !state.isReplayed;
    button("next-step").hidden = !state.isReplayed || !state.isStepped;
    keepFocus(focused, state);
  }

  // If the focused button was hidden or disabled, moves the focus to another one: to Stop, or back.
  function keepFocus(focused, { isBusy, requestedBy }) {
    const name = focused?.dataset?.do;
    if (!name || !element.contains(focused) || !(focused.hidden || focused.disabled)) return;
    const beside = { undo: "redo", redo: "undo" }[name];
    const next = isBusy
      ? ["stop"]
      : name === "next-step"
        ? ["continue", "generate"]
        : [requestedBy, beside, "generate"];
    next
      .map((action) => action && button(action))
      .find((candidate) => candidate && !candidate.hidden && !candidate.disabled)
      ?.focus({ preventScroll: true });
  }

  async function copy() {
    const { prefix, text, columns } = passage();
    const whole = prefix + text;
    const copied = columns
      ? columns.map((c) => `α = ${c.alpha}\n${whole}${c.text}`).join("\n\n")
      : whole;
    await copyText(copied);
    setText(button("copy"), words.copied);
    setTimeout(() => setText(button("copy"), words.copy), COPIED_MS);
  }

  for (const [name, action] of Object.entries({ ...actions, copy })) {
    button(name).onclick = action;
    setText(button(name), words[name]);
  }
  button("three-alphas").title = t("three-alphas-hint", { alphas: props.three_alphas.join(", ") });

  return { draw, focus: (name) => button(name).focus({ preventScroll: true }) };
}
