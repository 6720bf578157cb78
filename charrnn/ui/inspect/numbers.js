// Numbers on the Inspect tab: as the server sends them, and as the page writes them.

import { number, UNSCORED } from "../page/tinted_text.js";

export const QUANTIZED_LARGEST = 127; // the integer that stands for the largest |value| of a unit

// Returns the integers of 8 bits in a base64 text: the activations of a unit.
export const decodeLevels = (text) => Int8Array.from(atob(text), (byte) => byte.charCodeAt(0));

export const STRONGEST_LEVEL = 9; // of signed levels, on both sides

// Returns a signed level from -9 to 9, which tinted_text.py writes as a digit; 0 for none.
export const decodeLevel = (digit) =>
  digit === UNSCORED ? 0 : parseInt(digit, 36) - STRONGEST_LEVEL;

// Returns a number of bits with two decimals.
export const formatBits = (bits) => bits.toFixed(2);

// Returns a perplexity or bits per character as text; null stands for infinity.
export const formatFigure = (value) =>
  value === null ? "∞" : value < 100 ? value.toFixed(2) : number.format(value);

// Returns an activation with two decimals and a minus sign.
export function formatValue(value) {
  const digits = Math.abs(value) < 99.995 ? value.toFixed(2) : value.toPrecision(3);
  return /[1-9]/.test(digits) ? digits.replace("-", "−") : digits.replace("-", "");
}
