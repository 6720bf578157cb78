// The values of Gradio's checkpoint and prefix fields, and the suggested prefix of a model.
// Gradio's events call these functions (generate/events.py).

import { emit } from "../page/runtime.js";

export const prompt = {
  fields: null, // {checkpoint, prefix}; null until one of them has changed
  choosing: false, // the suggested prefix of a model just chosen is on its way
};
let suggestion = null; // the prefix that was suggested last

// A model was chosen: notes it for components that are drawn later, and tells the others.
export function noteModelChosen(checkpoint, prefix) {
  prompt.choosing = true;
  prompt.fields = { checkpoint, prefix };
  emit("charrnn-model-chosen", checkpoint);
}

// Returns an event's values with the key of the chosen model as the first of them.
export const withCheckpoint = (_, ...values) => [prompt.fields.checkpoint, ...values];

// Tells the other components the values of the fields.
export function notePrompt(checkpoint, prefix) {
  prompt.fields = { checkpoint, prefix };
  emit("charrnn-prompt-fields", prompt.fields);
}

// Returns the new value of the prefix field, given the suggestion for a chosen model; `first` is
// what the field began with. A prefix that the user typed stays. An answer for a model that is no
// longer chosen is ignored: the chosen one's will come.
export function takeSuggestion(first, prefix, answer) {
  if (answer?.key !== prompt.fields.checkpoint) return prefix;
  prompt.choosing = false;
  if (answer.prefix === null) return prefix;
  const previous = suggestion ?? first;
  suggestion = answer.prefix;
  return ["", previous].includes(prefix) ? answer.prefix : prefix;
}

export function noteNoSuggestion(checkpoint, prefix) {
  prompt.choosing = false;
  notePrompt(checkpoint, prefix);
}

// Gradio's event that generates text is over, well or not.
export const noteGenerateSettled = () => emit("charrnn-generate-settled");
