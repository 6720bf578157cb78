// What the drawings of the Generate tab share: characters made visible.
// Text goes in through textContent and text nodes only.

import { languageTag } from "../page/runtime.js";

export const number = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 0 });

// Characters that cannot be seen, or that turn the reading direction of others.
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
// biome-ignore lint/suspicious/noMisleadingCharacterClass: each of these joins by itself
const joins = /^[\p{M}\u200c\u200d\ufe0f]$/u;
const codePointName = (c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
const marks = { " ": "␣", "\n": "⏎", "\t": "⇥" };
export const visible = (c) => marks[c] ?? (hidden.test(c) ? codePointName(c) : c);

// Ten strengths of tint; the last is for what a blind guess would be surprised by, `full` bits.
const tintLevel = (digit, full) => Math.min(9, Math.round((3 * parseInt(digit, 36)) / full));

// Draws a text that only grows: what stands there already is left alone.
export class Growing {
  constructor(box) {
    this.box = box;
    this.reset();
  }

  reset(prefix = "", full = 8) {
    this.box.replaceChildren();
    this.full = full;
    this.units = 0; // UTF-16 code units drawn
    this.points = 0; // characters drawn
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
    for (const c of text.slice(this.units)) {
      const level = tintLevel(tint[this.points++] ?? "0", this.full);
      if (hidden.test(c) || (level !== this.level && !(joins.test(c) && this.last))) {
        flush();
        this.level = level;
        this.last = document.createElement("span");
        this.last.className = `s${level}`;
        this.box.insertBefore(this.last, this.caret);
      }
      if (hidden.test(c)) this.write(c, this.last);
      else run += c;
    }
    flush();
    this.units = text.length;
  }

  // A character that could not be seen, or could turn others round, is shown as its code.
  write(c, parent) {
    if (!hidden.test(c)) return parent.append(c);
    const mark = document.createElement("bdi");
    mark.className = "code";
    mark.textContent = codePointName(c);
    parent.append(mark);
  }
}
