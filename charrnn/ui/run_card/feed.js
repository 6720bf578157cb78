// Following the run on the card. It asks the
// server what is new (feed.py) and goes on asking while the run does. An answer waits for
// news, so that a quiet run costs a question every few seconds; a hidden page asks nothing. When
// no answer comes, the card says so, tries again, and is told all that it missed.

import { untilConnected } from "../page/fetch_retry.js";
import { listen, LIVE_STATES, sleep, STORAGE, zh } from "../page/runtime.js";

const PAUSE_MS = 120; // milliseconds between an answer and the next question
const TIMEOUT_MS = { waiting: 8000, now: 2000 }; // an answer takes 5 s at most
const SLEPT_MS = 4000; // a second that took longer: the machine slept, or the page was frozen

// `card` is what the card shows: a run as `shown`, `away` while no answer comes, and `draw()`.
export function followRun({ props, server, watch }, card) {
  let runId = card.shown.run ?? null;
  let cursor = {}; // what came with the last answer, for the next question
  let question = 0; // only the answer to the latest counts
  let refused = 0; // times that the server was there, and yet did not answer
  let timer = null;

  const isLive = () => Boolean(runId) && LIVE_STATES.includes(card.shown.state);
  const later = (act, milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };

  async function askForNews(wait) {
    clearTimeout(timer);
    const mine = ++question;
    if (document.hidden) return; // `refresh` goes on as soon as somebody looks
    const patience = wait ? TIMEOUT_MS.waiting : TIMEOUT_MS.now;
    const answer = await Promise.race([
      server.follow({ ...cursor, run: runId, wait }),
      sleep(patience),
    ]);
    if (mine !== question) return;
    if (!answer) return connectionLost();
    card.away = false;
    refused = 0;
    if (answer.missing) {
      runId = null;
      card.shown = { ...card.shown, run: null, state: "idle", missing: true };
    } else if (answer.token) applyChanges(answer);
    card.draw();
    if (isLive()) later(() => askForNews(true), answer.token ? PAUSE_MS : 0);
  }

  // The parts that changed take the place of what they were; the curves go on where they were.
  function applyChanges({ token, version, base, first, ...parts }) {
    const grown = (name, end) => [
      ...(first ? card.shown.columns[name] : []).slice(0, first),
      ...end,
    ];
    const columns = Object.entries(parts.columns).map(([name, end]) => [name, grown(name, end)]);
    const steps = [...(first ? card.shown.steps : []).slice(0, first), ...parts.steps];
    card.shown = { ...card.shown, ...parts, columns: Object.fromEntries(columns), steps };
    cursor = { token, version, base, points: steps.length };
  }

  async function connectionLost() {
    card.away = isLive(); // of a run that has ended nothing is missed
    card.draw();
    if (!card.away) return;
    const mine = ++question;
    const app = await untilConnected();
    if (mine !== question) return;
    // A new server that cannot be asked as the old one was is another version of the app.
    if (refused > 2 && app !== window.gradio_config.app_id) return location.reload();
    later(() => askForNews(false), Math.min(2000, 500 * refused++));
  }

  // Somebody looks again, or the line may be back.
  function refresh() {
    if (runId && !card.away && !document.hidden) askForNews(false);
  }

  // Looks at this run from now on; an address that names another is true no longer. `link` is the
  // view id of the run, by which an address names it.
  function follow(run, link = run === card.shown.run ? card.shown.link : null) {
    runId = run;
    question++;
    clearTimeout(timer);
    const named = new URLSearchParams(location.search).get("run");
    if (run && named && ![run, link].includes(named))
      history.replaceState(null, "", location.pathname);
  }

  // A run from the list of one's own (recent_runs.js).
  function showRun(run) {
    follow(run);
    cursor = {};
    askForNews(false);
  }

  // What Gradio's events bring: a run that begins, one that was found again, or none.
  function receive(value) {
    if (!value?.columns || (!value.run && value.state !== "downloading" && isLive())) return;
    follow(value.run, value.link);
    card.shown = value;
    cursor = value.cursor ?? {};
    card.away = false;
    card.draw();
    if (isLive()) askForNews(true);
  }

  listen("charrnn-show-run", (detail) => showRun(detail));
  for (const back of ["online", "focus"]) window.addEventListener(back, refresh);
  window.addEventListener("offline", () => isLive() && connectionLost());
  document.addEventListener("visibilitychange", refresh);
  let lastTick = Date.now();
  setInterval(() => {
    if (Date.now() - lastTick > SLEPT_MS) refresh();
    lastTick = Date.now();
  }, 1000);
  watch("value", () => receive(props.value));

  // The page is built with an earlier run's story. Where this browser is to see another one, which
  // the server is being asked for (`find_again` in train.py), nothing of that shows meanwhile.
  function showsAnotherRun() {
    if (zh || new URLSearchParams(location.search).get("run")) return true;
    try {
      return [STORAGE.runs, STORAGE.pendingRun].some(
        (key) => !["[]", "", null].includes(localStorage.getItem(key)),
      );
    } catch (denied) {
      console.info("nothing is remembered:", denied.name);
      return false;
    }
  }

  function showPlaceholder() {
    const rows = Array.from({ length: 5 }, () => ({ share: null, sample: null, now: false }));
    const columns = Object.fromEntries(Object.keys(card.shown.columns).map((name) => [name, []]));
    const nothing = {
      title: {},
      facts: {},
      last: {},
      kept: null,
      end: null,
      diagnosis: null,
      model: null,
    };
    card.shown = {
      ...card.shown,
      ...nothing,
      state: "finding",
      is_example: false,
      steps: [],
      rows,
      columns,
    };
    card.draw();
  }

  listen("charrnn-run-not-restored", () => {
    if (card.shown.state !== "finding") return;
    card.shown = { ...card.shown, state: "idle", unfound: true };
    card.draw();
  });
  if (props.value.built && showsAnotherRun()) showPlaceholder();
  else receive(props.value);
}
