// Shows a generated text again, one character at a time: the likely characters, then the one that
// was drawn from them.

const LOOK_MS = 800; // to look at the likely characters, and then at the one that was drawn

// `tab` is what generate.js provides: `passage()` is the whole passage, `draw()` draws what `shown`
// returns of it, and `select(at)` selects the character `at`, or none for null.
export function replay(tab) {
  let count = null; // how many characters are shown; null for all of them
  let timer = null;
  let isSlow = false; // it goes on by itself

  const total = () => tab.passage().tint.length;

  function end() {
    clearTimeout(timer);
    count = null;
    tab.draw();
  }

  // Shows and selects the next character; the last one ends the replay.
  function next() {
    clearTimeout(timer);
    count += 1;
    const at = count - 1;
    if (count >= total()) end();
    else tab.draw();
    tab.select(at);
    if (isSlow && count !== null) timer = setTimeout(play, LOOK_MS);
  }

  // Shows what is likely, and then the next character.
  function play() {
    tab.select(null);
    timer = setTimeout(next, LOOK_MS);
  }

  return {
    isOn: () => count !== null,
    end: () => count !== null && end(),
    next,
    // Begins before the characters of the passage that were written last.
    begin(slow) {
      clearTimeout(timer);
      isSlow = slow;
      count = total() - (tab.passage().written ?? 0);
      tab.draw();
      if (slow) play();
      else tab.select(null);
    },
    // Returns the part of a passage that is shown. Of one that is held back, that is what was there
    // before.
    shown(passage, isHeld = false) {
      const before = passage.tint.length - (passage.written ?? 0);
      const most = isHeld ? before : count;
      if (most === null) return passage;
      const text = Array.from(passage.text).slice(0, most).join("");
      return { ...passage, text, tint: passage.tint.slice(0, most), written: most - before };
    },
  };
}
