// Lines, parts or files: a model is said to write what it was trained on.

// Returns the key of a word for models of this kind, "blank-lines" for example.
export function wordKey(words, key, kind) {
  const own = `${key}-${kind}`;
  return own in words ? own : key;
}
