// Tells the panel of next characters which text they follow, and which one was written there.

import { emit } from "../page/runtime.js";
import { visible } from "../page/tinted_text.js";
import { formatBits } from "./next_char.js";
import { beginsLine, placeIn } from "./place.js";

// `tab` is what generate.js provides: `fields()` are the checkpoint and the prefix, `current()` is
// the passage on display, `isOfPrefix()` whether next characters are those of the prefix, and
// `cursor` and `replaying` what selects a character and shows the passage slowly.
export function nextCharContext({ find, setText, t }, { fields, current, isOfPrefix, ...tab }) {
  const { cursor, replaying } = tab;

  // The passage as it is drawn: a blank one shows the prefix of the field.
  const onDisplay = () => (current().id ? current() : { ...current(), prefix: fields().prefix });

  // Returns the place of the selected character (place.js); null if none is selected.
  const selectedPlace = () => cursor.selected() && placeIn(onDisplay(), cursor.selected());

  const say = (text) => setText(find(".generate-spoken"), text);

  function announce() {
    const place = selectedPlace();
    if (place) announcePlace(place);
    else announceEnd();
  }

  function announcePlace(place) {
    const { checkpoint } = fields();
    const text = place.before.prefix + place.before.text;
    const { whole, expected, draw, character: written } = place;
    const begins_line = beginsLine(onDisplay());
    const read = Array.from(text).length + 1;
    const known = { checkpoint, text, written, whole, begins_line, read, expected, draw };
    emit("charrnn-next-char-context", { ...known, pickable: true, asked: true });
    if (!expected) say(t("spoken-first", { character: visible(written) }));
  }

  function announceEnd() {
    const { checkpoint, prefix } = fields();
    const passage = replaying.shown(current());
    const blank = !replaying.isOn() && (isOfPrefix() || !passage.id);
    const text = blank ? prefix : passage.prefix + passage.text;
    const read = Array.from(text).length;
    const next = { checkpoint, text, written: null, pickable: !passage.columns || isOfPrefix() };
    if (replaying.isOn()) {
      const { whole, draw } = placeIn(current(), { box: 0, at: read });
      const begins_line = beginsLine(current());
      emit("charrnn-next-char-context", { ...next, whole, begins_line, read, draw, asked: true });
    } else emit("charrnn-next-char-context", { ...next, asked: false });
  }

  // Has a screen reader say which character is selected.
  function sayWritten(written) {
    if (!written || !cursor.selected()) return;
    const values = { character: visible(written.character), bits: formatBits(written.p) };
    say(t(written.p ? "spoken-written" : "spoken-unknown", values));
  }

  return {
    announce,
    sayWritten,
    selectedPlace,
    prefixLength: () => Array.from(onDisplay().prefix).length,
  };
}
