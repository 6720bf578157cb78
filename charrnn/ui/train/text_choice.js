// The text that goes with a choice of recipe: an experiment of the textbook brings the text that it
// was published with, and the one chosen before comes back with another recipe. A text of one's own
// stays. `before` holds the last recipe that is not Custom, and the text that was set aside.
export function chooseText(published, text, recipe, experiment, before) {
  if (recipe === "custom") return [text, before]; // it begins where the last recipe was
  const last = { recipe: recipe === "textbook" ? experiment : recipe, text: null };
  if (text === "own") return [text, last];
  const chosen = before?.text ?? text;
  if (recipe !== "textbook") return [chosen, last];
  return [published[experiment], { ...last, text: chosen }];
}

// The text was chosen by hand: none is set aside.
export const keepText = (before) => ({ ...before, text: null });

// What was given last, a pasted text or files.
export const sourceIs = (source) => source;
