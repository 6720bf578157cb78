// What a comparison with the training text found (server_functions.py), as the page needs it: the
// stretches to underline, the longest of them, and a sentence. A span is [start, end, place in the
// training text], in characters.

const MAX_LISTED = 5; // copies in the list
const RECITED = 0.5; // share of a text, or of its lines, from which on it counts as recited
const MIN_LINES = 4; // to judge by lines
const COPIED_IN_PART = 0.1; // share from which on a text counts as copied in part
const NORMAL = 1.5; // times the share of the held-out text that is still normal

const length = ([start, end]) => end - start;
const overlap = (a, b) => a[3] === b[3] && a[0] < b[1] && b[0] < a[1];

// Returns all copied stretches and lines of a comparison, in order.
export const copiesOf = (found) =>
  [...found.copied_spans, ...found.line_spans].sort((a, b) => a[0] - b[0] || b[1] - a[1]);

// Returns the intervals that copies cover, in order, without overlaps.
export function covered(copies) {
  const intervals = [];
  for (const [start, end] of copies) {
    const last = intervals.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else intervals.push([start, end]);
  }
  return intervals;
}

// Returns the longest copy that has the character `at` in it.
export const copyAt = (copies, at) =>
  copies
    .filter(([start, end]) => start <= at && at < end)
    .reduce((best, one) => (best && length(best) >= length(one) ? best : one), null);

// Returns the longest copies, no two of which overlap, and how many others there are. A copy may have
// the number of its text as a fourth entry: those of different texts do not overlap.
export function longestCopies(copies) {
  const apart = [];
  for (const copy of [...copies].sort((a, b) => length(b) - length(a)))
    if (apart.every((other) => !overlap(copy, other))) apart.push(copy);
  return { listed: apart.slice(0, MAX_LISTED), others: Math.max(0, apart.length - MAX_LISTED) };
}

// Returns the name and the values of the sentence that says how new a text is.
export function verdictOf(found, heldOut) {
  const { lines, copied_lines: copiedLines, copied, longest, min_characters: min } = found;
  const values = { k: copiedLines, n: lines, min, longest, copied, held: heldOut?.copied };
  const byLines = lines >= MIN_LINES;
  if (!copied && !copiedLines) return ["verdict-nothing", values];
  if (byLines && copiedLines >= RECITED * lines) return ["verdict-lines", values];
  if (copied >= RECITED) return ["verdict-recited", values];
  if (byLines && copiedLines >= COPIED_IN_PART * lines) return ["verdict-part-lines", values];
  if (!copied) return ["verdict-few-lines", values];
  if (heldOut && copied <= NORMAL * heldOut.copied) return ["verdict-normal", values];
  return [copied >= COPIED_IN_PART ? "verdict-part" : "verdict-new", values];
}
