// A vector as a strip: one pixel for each of its numbers, blue below zero and orange above.

import { decodeLevel, STRONGEST_LEVEL } from "./numbers.js";

// Returns the color of signed levels as red, green, blue, by the theme that is on.
function colorsOf(node) {
  const style = getComputedStyle(node);
  return ["--below", "--surprisal"].map((name) =>
    style.getPropertyValue(name).split(",").map(Number),
  );
}

// Draws signed levels, as tinted_text.py writes them, on a canvas as wide as there are levels.
export function drawStrip(canvas, levels) {
  const [below, above] = colorsOf(canvas);
  canvas.width = levels.length;
  canvas.height = 1;
  const image = new ImageData(levels.length, 1);
  Array.from(levels).forEach((digit, i) => {
    const level = decodeLevel(digit);
    const alpha = Math.round((235 * Math.abs(level)) / STRONGEST_LEVEL);
    image.data.set([...(level < 0 ? below : above), alpha], 4 * i);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}
