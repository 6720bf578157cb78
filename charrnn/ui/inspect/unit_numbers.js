// Activations of hidden units as the server sends them, and as the page writes them.

export const QUANTIZED_LARGEST = 127; // the integer that stands for the largest |value| of a unit

// Returns the integers of 8 bits in a base64 text.
export const decodeLevels = (text) => Int8Array.from(atob(text), (byte) => byte.charCodeAt(0));

// Returns a signed level from -9 to 9, as tinted_text.py writes it.
export const decodeLevel = (digit) => (digit === "-" ? 0 : parseInt(digit, 36) - 9);

// Returns an activation with two decimals and a minus sign.
export function formatValue(value) {
  const digits = Math.abs(value) < 99.995 ? value.toFixed(2) : value.toPrecision(3);
  return /[1-9]/.test(digits) ? digits.replace("-", "−") : digits.replace("-", "");
}

// Returns a function that asks one question at a time: while it waits for an answer, only the last
// of further questions is kept. It resolves to the answer, or to null for a question that is older.
export function latestOnly(ask) {
  let running = Promise.resolve();
  let last = 0;
  return (question) => {
    const mine = ++last;
    const answer = running.then(() => (mine === last ? ask(question) : null));
    running = answer.catch(() => null);
    return answer.then((found) => (mine === last ? found : null));
  };
}
