// What of the generated text stands in the training text of its model: compared as soon as the text
// is complete. What was copied is underlined in the text.

import { component, emit, listen } from "../page/runtime.js";
import { covered } from "../novelty/copies.js";
import { noveltyReport } from "../novelty/report.js";
import { underline } from "../novelty/underline.js";

const PHONE = "(max-width: 720px)";

export function mount(host) {
  const ui = component(host);
  const { element, server, find } = ui;

  const column = element.closest(".generate-main");
  let shown = null; // what generate.js shows: {passage, checkpoint, complete}

  const report = noveltyReport(ui, {
    ask(name, fields) {
      const request = server[name];
      return request({ checkpoint: shown.checkpoint, ...fields });
    },
    choose([start], text) {
      // On a phone, what was expected there would cover this report.
      if (matchMedia(PHONE).matches) report.showPlace(text, start);
      else {
        const box = boxOf(text);
        emit("charrnn-select-character", { box, at: prefixLength(box) + start });
      }
    },
    changed: drawUnderlines,
  });

  // The first box has the text, the others have three continuations of it.
  const hasColumns = () => Boolean(shown?.passage.columns);
  const boxOf = (text) => (hasColumns() ? text + 1 : text);
  const textOf = (box) => (hasColumns() ? box - 1 : box);
  // The characters of the prefix can be selected too, and are not compared.
  const prefixLength = (box) => (box ? 0 : Array.from(shown.passage.prefix).length);

  function showPlace(selection) {
    const at = selection ? selection.at - prefixLength(selection.box) : -1;
    report.showPlace(selection ? textOf(selection.box) : 0, at < 0 ? null : at);
  }

  function draw() {
    if (!shown || !column.offsetParent) return; // another tab is open
    const { passage, checkpoint, complete } = shown;
    const texts = hasColumns() ? passage.columns.map(({ text }) => text) : [passage.text];
    const isComplete = Boolean(complete && passage.id && checkpoint && texts.some(Boolean));
    find(".novelty").hidden = !isComplete;
    if (!isComplete) return report.clear();
    const labels = hasColumns() ? passage.columns.map(({ alpha }) => alpha) : null;
    report.show({
      key: `${passage.id} ${texts.map(({ length }) => length)}`,
      checkpoint,
      texts,
      labels,
    });
    drawUnderlines();
  }

  function drawUnderlines() {
    const boxes = document.querySelectorAll(".generate-text, .generate-three-alphas article > div");
    for (const [i, box] of boxes.entries()) underline(box, covered(report.copies(textOf(i))));
  }

  listen("charrnn-passage-shown", (detail) => {
    shown = detail;
    draw();
  });
  listen("charrnn-character-selected", showPlace);
  new ResizeObserver(draw).observe(column);
}
