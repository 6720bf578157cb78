// Draws text with a tint for each character's surprisal, and makes invisible characters visible.
// Text is set as textContent and text nodes only.

import { languageTag } from "../page/runtime.js";

export const number = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 0 });

// Characters that are invisible, or change the reading direction of others.
const invisible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
// biome-ignore lint/suspicious/noMisleadingCharacterClass: each of these combines by itself
const combining = /^[\p{M}\u200c\u200d\ufe0f]$/u;
const codePointName = (c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
const symbols = { " ": "␣", "\n": "⏎", "\t": "⇥" };
export const visible = (c) => symbols[c] ?? (invisible.test(c) ? codePointName(c) : c);

// One of ten strengths of tint; the strongest is for `maxSurprisal` bits, that of a uniform guess.
const tintLevel = (digit, maxSurprisal) =>
  Math.min(9, Math.round((3 * parseInt(digit, 36)) / maxSurprisal));

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
    this.level = null;
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

  grow(text, tint) {
    let run = "";
    const flush = () => {
      if (run) this.last.append(run);
      run = "";
    };
    for (const c of text.slice(this.codeUnits)) {
      const level = tintLevel(tint[this.codePoints++] ?? "0", this.maxSurprisal);
      if (invisible.test(c) || (level !== this.level && !(combining.test(c) && this.last))) {
        flush();
        this.level = level;
        this.last = document.createElement("span");
        this.last.className = `s${level}`;
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
