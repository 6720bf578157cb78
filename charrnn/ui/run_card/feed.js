// Polls the feed of the run on the card (feed.py) while the run goes on. The server answers when
// something has changed, or after a few seconds. A hidden page does not poll. Without an answer, the
// card says so and tries again; the next answer has all that was missed.

import { kept } from "../page/browser_state.js";
import { untilConnected } from "../page/fetch_retry.js";
import { listen, LIVE_STATES, sleep, STORAGE, zh } from "../page/runtime.js";
import { readText } from "../page/web_storage.js";

const PAUSE_MS = 120; // between an answer and the next request
const TIMEOUT_MS = { waiting: 8000, now: 2000 }; // the server answers within 5 s
const WAKE_UP_MS = 4000; // a second that took longer: the machine slept, or the page was frozen

// `card` has the run to draw as `shown`, `disconnected` while the server does not answer, and `draw()`.
export function followRun({ props, server, watch }, card) {
  let runId = card.shown.run ?? null;
  let cursor = {}; // of the last answer, sent with the next request
  let latestRequest = 0; // answers to earlier requests are ignored
  let failedAttempts = 0; // requests without an answer though the server was reachable
  let timer = null;

  const isLive = () => Boolean(runId) && LIVE_STATES.includes(card.shown.state);
  const later = (act, milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };

  async function requestChanges(wait) {
    clearTimeout(timer);
    const thisRequest = ++latestRequest;
    if (document.hidden) return; // `refresh` continues when the page is shown
    const timeout = wait ? TIMEOUT_MS.waiting : TIMEOUT_MS.now;
    const answer = await Promise.race([
      server.poll({ ...cursor, run: runId, wait }),
      sleep(timeout),
    ]);
    if (thisRequest !== latestRequest) return;
    if (!answer) return connectionLost();
    card.disconnected = false;
    failedAttempts = 0;
    if (answer.missing) {
      runId = null;
      card.shown = { ...card.shown, run: null, state: "idle", missing: true };
    } else if (answer.token) applyChanges(answer);
    card.draw();
    if (isLive()) later(() => requestChanges(true), answer.token ? PAUSE_MS : 0);
  }

  // Replaces the fields that changed, and appends to the curves the points from `first` on.
  function applyChanges({ token, version, base, first, ...parts }) {
    const extend = (name, end) => [
      ...(first ? card.shown.columns[name] : []).slice(0, first),
      ...end,
    ];
    const columns = Object.entries(parts.columns).map(([name, end]) => [name, extend(name, end)]);
    const steps = [...(first ? card.shown.steps : []).slice(0, first), ...parts.steps];
    card.shown = { ...card.shown, ...parts, columns: Object.fromEntries(columns), steps };
    cursor = { token, version, base, points: steps.length };
  }

  async function connectionLost() {
    card.disconnected = isLive(); // a run that has ended does not change
    card.draw();
    if (!card.disconnected) return;
    const thisRequest = ++latestRequest;
    const app = await untilConnected();
    if (thisRequest !== latestRequest) return;
    // A restarted server that does not answer these requests runs another version of the app.
    if (failedAttempts > 2 && app !== window.gradio_config.app_id) return location.reload();
    later(() => requestChanges(false), Math.min(2000, 500 * failedAttempts++));
  }

  // The page is visible again, or the connection may be back.
  function refresh() {
    if (runId && !card.disconnected && !document.hidden) requestChanges(false);
  }

  // Polls this run from now on, and removes another run from the page's address. `link` is the view id
  // of the run, which an address may have instead of its id.
  function follow(run, link = run === card.shown.run ? card.shown.link : null) {
    runId = run;
    latestRequest++;
    clearTimeout(timer);
    const named = new URLSearchParams(location.search).get("run");
    if (run && named && ![run, link].includes(named))
      history.replaceState(null, "", location.pathname);
  }

  // Shows a run of the list of recent runs (recent_runs.js).
  function showRun(run) {
    follow(run);
    cursor = {};
    requestChanges(false);
  }

  // Shows the value that a Gradio event has set: a new run, a restored one, or none.
  function receive(value) {
    if (!value?.columns || (!value.run && value.state !== "downloading" && isLive())) return;
    follow(value.run, value.link);
    card.shown = value;
    cursor = value.cursor ?? {};
    card.disconnected = false;
    card.draw();
    if (isLive()) requestChanges(true);
  }

  listen("charrnn-show-run", (detail) => showRun(detail));
  for (const back of ["online", "focus"]) window.addEventListener(back, refresh);
  window.addEventListener("offline", () => isLive() && connectionLost());
  document.addEventListener("visibilitychange", refresh);
  let lastTick = Date.now();
  setInterval(() => {
    if (Date.now() - lastTick > WAKE_UP_MS) refresh();
    lastTick = Date.now();
  }, 1000);
  watch("value", () => receive(props.value));

  // The page is built with an example run. If this browser will show another run, which the server is
  // asked for (`restore` in train/run_events.py), the example is hidden meanwhile.
  function showsAnotherRun() {
    if (zh || new URLSearchParams(location.search).get("run")) return true;
    return kept(STORAGE.runs).length > 0 || Boolean(readText("localStorage", STORAGE.pendingRun));
  }

  function showPlaceholder() {
    const rows = Array.from({ length: 5 }, () => ({ share: null, sample: null, is_extra: false }));
    const columns = Object.fromEntries(Object.keys(card.shown.columns).map((name) => [name, []]));
    const empty = {
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
      ...empty,
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
    card.shown = { ...card.shown, state: "idle", notRestored: true };
    card.draw();
  });
  if (props.value.built && showsAnotherRun()) showPlaceholder();
  else receive(props.value);
}
