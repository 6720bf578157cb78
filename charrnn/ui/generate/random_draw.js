// The draw of a written character: all symbols on a line from 0 to 1, each as wide as its q, and the
// random number that fell on one of them (random_draw.py). Text is set as textContent only.

import { setTextWithTerms } from "../page/terms.js";
import { visible } from "../page/tinted_text.js";

const MIN_LABELED = 0.06; // the width of a symbol that has its name on it

// `draw(table, alpha, isComing)` of what this returns draws what the server said of a draw, or nothing
// for null. `alpha` is that of the slider, and `isComing` keeps the place of the next draw.
export function randomDraw({ find, t }) {
  const box = find(".next-char-draw");
  const line = box.querySelector("div");
  const caption = box.querySelector("p");
  caption.textContent = " "; // so that it has its height

  function segment([symbol, begin, end], number) {
    const node = document.createElement("i");
    node.style.insetInlineStart = `${100 * begin}%`;
    node.style.width = `${100 * (end - begin)}%`;
    node.classList.toggle("drawn", begin <= number && number < end);
    if (end - begin >= MIN_LABELED) node.textContent = visible(symbol);
    return node;
  }

  return {
    draw(table, alpha, isComing) {
      box.hidden = !table && !isComing;
      box.classList.toggle("coming", !table);
      if (!table) return;
      const { number, symbols } = table;
      const [drawn] = symbols.find(([, begin, end]) => begin <= number && number < end);
      const values = { n: number.toFixed(3), character: visible(drawn), alpha: table.alpha };
      setTextWithTerms(caption, t(table.alpha === alpha ? "draw" : "draw-alpha", values));
      const marker = document.createElement("b");
      marker.style.insetInlineStart = `${100 * number}%`;
      line.replaceChildren(...symbols.map((one) => segment(one, number)), marker);
    },
  };
}
