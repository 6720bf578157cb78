// Draws text with a tint for each character's surprisal, and makes invisible characters visible.
// Text is set as textContent and text nodes only.

import { languageTag, SURPRISAL_LEVELS_PER_BIT } from "./runtime.js";

export const number = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 0 });

// Returns a probability in percent, without the sign; one above zero is never "0".
export function formatPercent(p) {
  const share = 100 * p;
  if (share < 0.05) return share > 0 ? "<0.1" : "0";
  return share.toFixed(share >= 9.95 ? 0 : 1);
}

// Characters that are invisible, or change the reading direction of others.
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
// biome-ignore lint/suspicious/noMisleadingCharacterClass: each of these combines by itself
const combining = /^[\p{M}\u200c\u200d\ufe0f]$/u;
const codePointName = (c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
const symbols = { " ": "␣", "\n": "⏎", "\t": "⇥" };
export const visible = (c) => symbols[c] ?? (invisible.test(c) ? codePointName(c) : c);

// The level of a character without a value, as tinted_text.py has it.
export const UNSCORED = "-";

// Returns the level of a surprisal in bits as one base-36 digit, as tinted_text.py does.
export const surprisalLevel = (bits) =>
  Math.min(35, Math.round(bits * SURPRISAL_LEVELS_PER_BIT)).toString(36);

// Returns how strongly to tint a character of this level, from 0 to 9: 9 for `maxSurprisal` bits,
// the surprisal of a uniform guess.
export const tintStrength = (level, maxSurprisal) =>
  Math.min(9, Math.round((9 * parseInt(level, 36)) / (SURPRISAL_LEVELS_PER_BIT * maxSurprisal)));

// Returns the class of a level from -9 to 9: blue below zero, orange above.
export const signedClass = (level) => (level < 0 ? `n${-level}` : `s${level}`);

// Returns the class of a signed level, as tinted_text.py writes it.
export const signedTint = (digit) =>
  digit === UNSCORED ? "unscored" : signedClass(parseInt(digit, 36) - 9);

// Draws a text that only grows: nodes that are there already are not changed.
export class GrowingText {
  constructor(box) {
    this.box = box;
    this.reset();
  }

  reset(prefix = "", maxSurprisal = 8) {
    this.box.replaceChildren();
    this.maxSurprisal = maxSurprisal;
    this.codeUnits = 0; // UTF-16 code units drawn so far
    this.codePoints = 0; // characters drawn so far
    this.strength = null;
    this.last = null;
    this.caret = document.createElement("i");
    this.caret.className = "caret";
    this.caret.setAttribute("aria-hidden", "true");
    this.box.append(this.caret);
    if (prefix) {
      const bold = document.createElement("b");
      this.box.insertBefore(bold, this.caret);
      for (const c of prefix) this.write(c, bold);
    }
  }

  grow(text, levels) {
    if (this.last) this.last = this.caret.previousElementSibling; // underlining may have split it
    let run = "";
    const flush = () => {
      if (run) this.last.append(run);
      run = "";
    };
    for (const c of text.slice(this.codeUnits)) {
      const strength = tintStrength(levels[this.codePoints++] ?? "0", this.maxSurprisal);
      if (invisible.test(c) || (strength !== this.strength && !(combining.test(c) && this.last))) {
        flush();
        this.strength = strength;
        this.last = document.createElement("span");
        this.last.className = `s${strength}`;
        this.box.insertBefore(this.last, this.caret);
      }
      if (invisible.test(c)) this.write(c, this.last);
      else run += c;
    }
    flush();
    this.codeUnits = text.length;
  }

  // Appends a character; an invisible one is shown as its code.
  write(c, parent) {
    if (!invisible.test(c)) return parent.append(c);
    const mark = document.createElement("bdi");
    mark.className = "code";
    mark.textContent = codePointName(c);
    parent.append(mark);
  }
}
