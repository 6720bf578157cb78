// The mode Surprise with a second model beside: while one is chosen, `comparison.js` shows both.

import { readingProgress } from "./progress.js";
import { comparisonView } from "./comparison.js";
import { surpriseMode } from "./surprise.js";

// `tab` is what `inspect.js` gives each mode.
export function surpriseOrComparisonMode(tab) {
  const { find, setText, words } = tab;
  const [alone, both] = [surpriseMode(tab), comparisonView(tab)];

  const row = find(".inspect-second");
  const [addButton, removeButton] = row.querySelectorAll("button");
  const label = row.querySelector("label");
  const field = row.querySelector("select");

  const job = tab.newJob();
  let isOpen = Boolean(tab.kept.second);
  let chosen = tab.kept.second ?? null; // the key of the second model
  let compared = false; // both models' readings are shown
  let requests = 0; // of `read_second`; older answers are ignored

  const progress = readingProgress(
    tab,
    words.progress,
    async () => (await tab.ask("reading_progress", { job: job.name() })).share,
  );

  // ---- the choice ------------------------------------------------------------------------------

  function draw() {
    addButton.hidden = isOpen;
    removeButton.hidden = label.hidden = !isOpen;
    const others = tab.models().filter(([, key]) => key !== tab.reading()?.checkpoint);
    if (!others.some(([, key]) => key === chosen)) chosen = null;
    const none = new Option(words[others.length ? "second-choose" : "second-none"], "");
    none.disabled = true;
    field.replaceChildren(none, ...others.map(([name, key]) => new Option(name, key)));
    field.value = chosen ?? "";
    tab.keep({ second: chosen });
  }

  // The beginnings of the models' labels that tell them apart: the title, the architecture, or all.
  function shortNames() {
    const labels = [tab.reading().checkpoint, chosen].map(
      (key) => tab.models().find((one) => one[1] === key)?.[0] ?? key,
    );
    for (const parts of [1, 2]) {
      const short = labels.map((text) => text.split(" · ").slice(0, parts).join(" · "));
      if (short[0] !== short[1]) return short;
    }
    return labels;
  }

  function add() {
    isOpen = true;
    draw();
    const others = [...field.options].slice(1);
    if (others.length === 1) choose(others[0].value);
    field.focus();
  }

  function remove() {
    [isOpen, chosen] = [false, null];
    draw();
    showAlone();
    addButton.focus();
  }

  function choose(key) {
    chosen = key;
    draw();
    read();
  }

  // ---- reading ---------------------------------------------------------------------------------

  const problem = (one) => tab.showProblem(row.querySelector("[role=alert]"), one, read);

  function setBusy(busy) {
    if (busy) progress.follow();
    else progress.end();
    row.setAttribute("aria-busy", String(busy));
    setText(row.querySelector("[role=status]"), busy ? words["second-reading"] : "");
  }

  const askSecond = (name) => tab.ask("read_second", { second: chosen, job: name });

  async function read() {
    const request = ++requests;
    const reading = tab.reading();
    problem(null);
    setBusy(true);
    const answer = await job.run(askSecond);
    if (request !== requests) return;
    setBusy(false);
    if (reading !== tab.reading()) return; // `show` reads the new text
    if (answer.levels === undefined) {
      showAlone();
      return problem(answer.problem ?? tab.noAnswer());
    }
    both.show(reading, answer, shortNames(), askPlaces(answer.second));
    setCompared(true);
  }

  // Returns a function that asks what the first (0) or the second model (1) expected.
  const askPlaces = (second) => async (which, start) => {
    const query = which ? { start, reading: second } : { start };
    const answer = await tab.ask("inspect_places", query);
    if (answer.places || !which) return answer;
    await askSecond(); // the server has dropped the reading
    return tab.ask("inspect_places", query);
  };

  function setCompared(value) {
    compared = value;
    find(".inspect").classList.toggle("compared", value);
    if (!tab.isShown(mode)) return;
    tab.repaint();
    if (tab.selected() >= 0) mode.showPlace(tab.selected());
  }

  function forgetRequest() {
    requests += 1;
    job.stop();
  }

  function showAlone() {
    forgetRequest();
    setBusy(false);
    problem(null);
    setCompared(false);
  }

  // ---- setup -----------------------------------------------------------------------------------

  addButton.onclick = add;
  removeButton.onclick = remove;
  field.onchange = () => choose(field.value);
  setText(addButton, words["second-add"]);
  addButton.setAttribute("aria-label", words["second-add-name"]);
  setText(removeButton, words["second-remove"]);
  setText(label.querySelector("span"), words["second-model"]);

  const now = () => (compared ? both : alone);

  const mode = {
    title: alone.title,
    get scale() {
      return now().scale;
    },
    get signed() {
      return now().signed;
    },
    show() {
      forgetRequest(); // the text is another one
      compared = false;
      find(".inspect").classList.remove("compared");
      setBusy(false);
      problem(null);
      alone.show();
      draw();
      if (chosen) read();
    },
    showPlace: (place) => now().showPlace(place),
    classOf: (place) => now().classOf(place),
    nameOf: (place) => now().nameOf(place),
  };
  return mode;
}
