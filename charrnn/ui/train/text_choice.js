// Chooses the text for a recipe: an experiment of the textbook uses the text it was published with,
// and another recipe the one chosen before. The user's own text stays. `previous` has the last recipe
// except Custom, and the text that was set aside.
export function chooseText(published, text, recipe, experiment, previous) {
  if (recipe === "custom") return [text, previous]; // it begins with the last recipe's settings
  const last = { recipe: recipe === "textbook" ? experiment : recipe, text: null };
  if (text === "own") return [text, last];
  const chosen = previous?.text ?? text;
  if (recipe !== "textbook") return [chosen, last];
  return [published[experiment], { ...last, text: chosen }];
}

// The text was chosen by hand: none is set aside.
export const keepText = (previous) => ({ ...previous, text: null });

// Returns the source of the text that was given last: a paste or files.
export const sourceIs = (source) => source;

// Clears the problem beside the text when the user's own text is emptied. The server leaves it alone
// as long as there is no text: its answer to an earlier change may come after the user has pressed
// "Train", and would remove the error that there is none.
export function problemOfText(text, paste, files) {
  const isMissing = text === "own" && !paste?.trim() && !files?.length;
  return isMissing ? "" : { __type__: "update" };
}
