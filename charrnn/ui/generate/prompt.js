// The checkpoint and the prefix as they stand in Gradio's own fields, and the prefix that suits a model.
// Gradio's events call these functions (generate/__init__.py).

import { emit } from "../page/runtime.js";

export const prompt = {
  fields: null, // {checkpoint, prefix}, once one of them has changed
  choosing: false, // whether the prefix of a model just chosen is on its way
};
let suggestion = null; // the prefix that was suggested last

// A model has been chosen, which is told at once, also to drawings that are not there yet.
export function noteModelChosen(checkpoint, prefix) {
  prompt.choosing = true;
  prompt.fields = { checkpoint, prefix };
  emit("charrnn-model-chosen", checkpoint);
}

// An event's values with the key of the chosen model as the first of them.
export const withCheckpoint = (_, ...values) => [prompt.fields.checkpoint, ...values];

// Tells the drawings what stands in Gradio's own fields; needs no answer from the server.
export function notePrompt(checkpoint, prefix) {
  prompt.fields = { checkpoint, prefix };
  emit("charrnn-prompt-fields", prompt.fields);
}

// The prefix that suits the chosen model has come, `first` was the first model's. What someone has typed
// meanwhile stays, and so does all if another model has been chosen since, whose answer will come, too.
export function takeSuggestion(first, prefix, answer) {
  if (answer?.key !== prompt.fields.checkpoint) return prefix;
  prompt.choosing = false;
  if (answer.prefix === null) return prefix;
  const before = suggestion ?? first;
  suggestion = answer.prefix;
  return ["", before].includes(prefix) ? answer.prefix : prefix;
}

export function noteNoSuggestion(checkpoint, prefix) {
  prompt.choosing = false;
  notePrompt(checkpoint, prefix);
}

// The server is done with an event that generates, whatever came of it.
export const noteGenerateSettled = () => emit("charrnn-generate-settled");
