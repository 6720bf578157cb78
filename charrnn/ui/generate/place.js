// Where a character stands in a passage: what was before it, and how it was written.

// Returns how the character `index` of the passage's text, or of a column of it, was drawn:
// {seed, alpha, index}. Returns null for one that was not drawn when the passage was last continued.
function drawOf(passage, column, index) {
  if (passage.mode !== "sample" || !Number.isInteger(passage.seed)) return null;
  const old = passage.tint.length - (passage.columns ? 0 : (passage.written ?? 0));
  const drawn = column ? index : index - old;
  return drawn >= 0 && (column || !passage.columns)
    ? { seed: passage.seed, alpha: column?.alpha ?? passage.alpha, index: drawn }
    : null;
}

// Describes the place that `selection` names: {box, at} as character_cursor.js counts, where the
// characters of the prefix count too.
// - before: the passage up to there
// - character: what stands there
// - whole: prefix and text, with what follows
// - expected: false for the first character of a prefix, which nothing was before
// - draw: see `drawOf`
export function placeIn(passage, { box, at }) {
  const prefix = Array.from(passage.prefix);
  const column = box ? passage.columns[box - 1] : null;
  const whole = passage.prefix + passage.text + (column?.text ?? "");
  const tint = passage.tint + (column?.tint ?? "");
  const characters = Array.from(whole);
  const first = column ? prefix.length + passage.tint.length : 0; // of the box
  const place = first + at;
  const inText = Math.max(0, place - prefix.length);
  return {
    before: {
      ...passage,
      prefix: prefix.slice(0, place).join(""),
      text: characters.slice(prefix.length, prefix.length + inText).join(""),
      tint: tint.slice(0, inText),
    },
    character: characters[place],
    whole,
    expected: place > 0 || !prefix.length,
    draw: place < prefix.length ? null : drawOf(passage, column, column ? at : inText),
  };
}

// Whether all of a passage was generated at once from an empty prefix: then the model has read the
// beginning of a line before it.
export const beginsLine = (passage) =>
  !passage.prefix &&
  passage.mode !== "picked" &&
  (passage.columns ? !passage.text : (passage.written ?? 0) === passage.tint.length);
