// The mode Step by step: what a model computes when it reads the selected character, as the
// equations of its cell with the numbers in them. One can step, play, and go back.

import { setTextWithTerms } from "../page/terms.js";
import { number, visible } from "../page/tinted_text.js";
import { stepCell } from "./step_cell.js";
import { stepPrediction } from "./step_prediction.js";

const PLAY_MS = 700; // between two steps,
const CALM_PLAY_MS = 1600; // if the user wants little motion
const WAITING_MS = 150; // after which the panel shows that it waits
const MAX_BLOCKS = 64; // of steps that are kept

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

// `tab` is what `inspect.js` gives each mode.
export function stepMode(tab) {
  const { find, setText, t, words, props } = tab;

  const panel = find(".step");
  const playButton = find(".step-play");
  const layerField = find(".step-layer select");
  const unitField = find(".step-unit input");

  let reading = null; // whose steps are shown
  let checkpoint = null; // the key of its model
  let selected = -1; // the place of the step
  let model = null; // what the server says of the model
  let options = { layer: 0, unit: 0, alpha: 1, seed: 0 };
  let blocks = new Map(); // promises of steps, by options and place of the first one
  let timer = null; // of the next step while it plays
  let advancing = false; // true while that step is taken
  let loading = null; // a promise that the selected step is drawn

  const cell = stepCell({ ...tab, onUnit: (unit) => choose({ unit }) });
  const prediction = stepPrediction({ ...tab, onChange: choose });

  // ---- steps -----------------------------------------------------------------------------------

  function show() {
    pause();
    reading = tab.reading();
    blocks = new Map();
    if (checkpoint !== reading.checkpoint) {
      checkpoint = reading.checkpoint;
      model = null;
      options = { ...options, layer: 0, unit: 0 };
      unitField.value = "0";
    }
  }

  // Returns the answer with the step at a place, with the present options. Steps that lie together
  // come together.
  function stepsAt(place) {
    const start = place - (place % props.steps_at_once);
    const key = JSON.stringify([options, start]);
    if (!blocks.has(key)) {
      if (blocks.size >= MAX_BLOCKS) blocks.delete(blocks.keys().next().value);
      blocks.set(key, tab.ask("trace_steps", { start, ...options }));
    }
    return blocks.get(key);
  }

  async function showPlace(place) {
    if (!advancing) pause();
    selected = place;
    tab.repaint();
    drawControls();
    loading = load();
    await loading;
  }

  // Shows the step at the selected place, once it is there.
  async function load() {
    const [asked, wanted, place] = [reading, options, selected];
    const isOld = () => asked !== tab.reading() || wanted !== options || place !== selected;
    const waiting = setTimeout(() => isOld() || panel.classList.add("waiting"), WAITING_MS);
    const answer = await stepsAt(place);
    clearTimeout(waiting);
    if (isOld()) return;
    panel.classList.remove("waiting");
    const problem = answer.problem ?? (answer.steps ? null : tab.noAnswer());
    drawProblem(problem);
    if (problem) return fail();
    if (!model) receiveModel(answer.model);
    draw(answer.steps[place % props.steps_at_once]);
    if (isPlaying()) stepsAt(Math.min(place + props.steps_at_once, lastPlace())); // fetches ahead
  }

  function fail() {
    blocks.clear();
    pause();
  }

  // An error of the unit stands beside its field; another one takes the place of the step.
  function drawProblem(problem) {
    const ofUnit = problem?.field === "unit";
    setText(find(".step-choices .inspect-problem"), ofUnit ? problem.message : "");
    tab.showProblem(find(".step-top .inspect-problem"), ofUnit ? null : problem, load);
    unitField.setAttribute("aria-invalid", String(ofUnit));
    const without = [".step-body", ".step-controls", ".step-top h2", ".step-status"];
    for (const part of without) find(part).hidden = Boolean(problem && !ofUnit);
  }

  function receiveModel(received) {
    model = received;
    const layers = Array.from({ length: model.layers }, (_, i) => new Option(String(i + 1), i));
    layerField.replaceChildren(...layers);
    layerField.value = String(options.layer);
    find(".step-layer").hidden = model.layers < 2;
    unitField.max = String(model.units - 1);
    setTextWithTerms(find(".step-unit span"), t("step-unit", { last: model.units - 1 }));
  }

  function draw(step) {
    cell.draw(model, step, options, readable(selected));
    prediction.draw(model, step, options, nextCharacter());
    const [likeliest] = step.candidates;
    const status = likeliest
      ? t("step-status", {
          character: readable(selected),
          next: visible(likeliest[0]),
          percent: prediction.percent(likeliest[2]),
        })
      : "";
    // Playing would be read aloud without end.
    find(".step-status").setAttribute("aria-live", isPlaying() ? "off" : "polite");
    setText(find(".step-status"), status);
  }

  const readable = (place) => visible(reading.characters[place]);
  const lastPlace = () => reading.characters.length - 1;
  const nextCharacter = () => reading.characters[selected + 1] ?? null;

  // ---- controls --------------------------------------------------------------------------------

  function drawControls() {
    const [n, total] = [selected + 1, reading.characters.length].map((k) => number.format(k));
    setText(find(".step-top h2"), t("step-place", { n, total }));
    find(".step-back").disabled = selected <= 0;
    find(".step-next").disabled = playButton.disabled = selected >= lastPlace();
  }

  const isPlaying = () => playButton.getAttribute("aria-pressed") === "true";

  function setPlaying(playing) {
    clearTimeout(timer);
    timer = null;
    playButton.setAttribute("aria-pressed", String(playing));
    setText(playButton, words[playing ? "step-pause" : "step-play"]);
  }

  const pause = () => setPlaying(false);

  function move(difference) {
    tab.move(selected + difference);
  }

  function play() {
    setPlaying(true);
    playOn();
  }

  // Takes a step, and waits for the next one. The mode may have been left meanwhile.
  async function playOn() {
    if (!isPlaying() || !panel.offsetParent || selected >= lastPlace()) return pause();
    timer = setTimeout(
      async () => {
        advancing = true;
        tab.move(selected + 1);
        advancing = false;
        await loading;
        if (isPlaying()) playOn();
      },
      reducedMotion.matches ? CALM_PLAY_MS : PLAY_MS,
    );
  }

  // Shows the same step with other options.
  function choose(changed) {
    options = { ...options, ...changed };
    unitField.value = String(options.unit);
    load();
  }

  // ---- setup -----------------------------------------------------------------------------------

  const classOf = (place) => (place > selected ? "unread" : "");
  const nameOf = (place) => visible(reading.characters[place]);

  setText(find(".step-back"), words["step-back"]);
  setText(find(".step-next"), words["step-next"]);
  find(".step-controls").setAttribute("aria-label", words["step-controls"]);
  setTextWithTerms(find(".step-layer span"), words["step-layer"]);
  pause();

  find(".step-back").onclick = () => move(-1);
  find(".step-next").onclick = () => move(1);
  playButton.onclick = () => (isPlaying() ? pause() : play());
  find(".step-controls").onkeydown = (event) => {
    const difference = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!difference || selected + difference < 0 || selected + difference > lastPlace()) return;
    event.preventDefault();
    move(difference);
  };
  layerField.onchange = () => choose({ layer: Number(layerField.value) });
  unitField.onchange = () => choose({ unit: Number(unitField.value) });
  // The strips have the colors of the theme.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (panel.offsetParent) requestAnimationFrame(load);
  });

  return { title: words["mode-step"], scale: null, show, showPlace, classOf, nameOf };
}
