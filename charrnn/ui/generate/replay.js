// The speed at which a generated text is shown. At any but the fastest it is shown again, one
// character at a time: the likely characters, then the one that was drawn from them.

const LOOK_MS = 800; // to look at the likely characters, and then at the one that was drawn

// `tab` is what generate.js provides: `passage()` is the whole passage, `isLocked()` is true while a
// text is requested or written, `draw()` draws what `shown` returns of the passage, and `select(at)`
// selects the character `at`, or none for null.
export function replay({ find, setText, words }, tab) {
  const speed = find(".generate-speed select"); // "fast", "slow" or "step"
  let count = null; // how many characters are shown; null for all of them
  let timer = null;

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
    if (speed.value === "slow" && count !== null) timer = setTimeout(play, LOOK_MS);
  }

  // Shows what is likely, and then the next character.
  function play() {
    tab.select(null);
    timer = setTimeout(next, LOOK_MS);
  }

  const isWanted = () => speed.value !== "fast";

  // Begins before the characters that were written last, if these are to be shown again; three
  // columns are shown at once.
  function begin() {
    const { columns, written } = tab.passage();
    if (!isWanted() || tab.isLocked() || columns || !written) return;
    clearTimeout(timer);
    count = total() - written;
    tab.draw();
    if (speed.value === "slow") play();
    else tab.select(null);
  }

  const endIfOn = () => count !== null && end();

  setText(find(".generate-speed label span"), words.speed);
  for (const name of ["fast", "slow", "step"]) speed.add(new Option(words[`speed-${name}`], name));
  speed.onchange = () => {
    endIfOn();
    begin();
  };

  return {
    isWanted,
    isStepped: () => speed.value === "step",
    lockSpeed(isLocked) {
      speed.disabled = isLocked;
    },
    isOn: () => count !== null,
    end: endIfOn,
    next,
    begin,
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
