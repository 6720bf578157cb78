// How much of a long text has been read, in percent, while the page waits for it.

import { sleep } from "../page/runtime.js";

const DELAY_MS = 400; // before the first question: most texts are read by then
const INTERVAL_MS = 400;

// `ask()` returns a promise of the share that has been read.
export function readingProgress({ find, setText }, label, ask) {
  const bar = find(".inspect-progress");
  bar.setAttribute("aria-label", label);
  let followed = null; // what `follow` was called with last; null once it ended

  function draw(share) {
    bar.hidden = share === null;
    if (share !== null) bar.value = share;
    setText(find(".inspect-percent"), share === null ? "" : `${Math.floor(100 * share)} %`);
  }

  // Shows the progress of a reading until `end` is called, or another one is followed.
  async function follow() {
    const mine = {};
    followed = mine;
    draw(null);
    await sleep(DELAY_MS);
    while (followed === mine) {
      const share = await ask();
      if (followed !== mine) return;
      if (typeof share === "number") draw(share);
      await sleep(INTERVAL_MS);
    }
  }

  function end() {
    followed = null;
    draw(null);
  }

  return { follow, end };
}
