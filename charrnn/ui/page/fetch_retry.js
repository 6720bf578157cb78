// Retries Gradio's requests. When a request fails, Gradio drops all events and reloads the page,
// and what was typed is lost. So requests wait here while there is no connection, and a stream that
// breaks ends with an error message (event_stream.js). A retry has the same idempotency key, and the
// server runs it only once (server/idempotency.py).

import { noteCancel, noteJoin, passStream } from "./event_stream.js";
import { sleep } from "./runtime.js";

const POLL_PAUSES_MS = [100, 250, 500]; // between two checks whether the server answers
const POLL_TIMEOUT_MS = 1500; // of one check: without a connection it would hang
const RETRY_PAUSE_MS = 250; // after the first failure; longer after each further one
const MAX_RETRIES = 4;
const RETRIED = /\/(run\/|queue\/join|upload)/;
const JOINED = /\/queue\/join/;
const STREAMED = /\/queue\/data/;
const CANCELED = /\/cancel/;

const originalFetch = window.fetch.bind(window);
let reconnecting = null; // while there is no connection: a promise that resolves when there is

// Resolves when the server answers, to its app_id: another one after each start of the server.
export const untilConnected = () =>
  (reconnecting ??= pollServer().finally(() => {
    reconnecting = null;
  }));

async function pollServer() {
  for (let i = 0; ; i++) {
    if (document.hidden)
      await new Promise((seen) =>
        document.addEventListener("visibilitychange", seen, { once: true }),
      );
    const { root, api_prefix: prefix } = window.gradio_config;
    const request = new AbortController();
    const abort = () => request.abort();
    const timeout = setTimeout(abort, POLL_TIMEOUT_MS);
    window.addEventListener("online", abort); // the request may hang on the old connection
    try {
      const answer = await originalFetch(`${root}${prefix}/app_id`, {
        signal: request.signal,
        cache: "no-store",
      });
      if (answer.ok) return (await answer.json()).app_id;
    } catch {
      // not yet
    } finally {
      clearTimeout(timeout);
      window.removeEventListener("online", abort);
    }
    await sleep(POLL_PAUSES_MS[Math.min(i, POLL_PAUSES_MS.length - 1)]);
  }
}

// Set by the Train form (own_text.js): `body` changes a call's body before it is sent, and
// `uploaded` the answer to an upload before Gradio gets it.
export const hooks = { body: (body) => body, uploaded: (answer) => answer };

// Replaces `fetch`. `lostMessage` is the error message for a stream that broke.
export function retryRequests(lostMessage) {
  window.fetch = async (resource, options) => {
    const address = String(resource?.url ?? resource);
    if (STREAMED.test(address))
      return passStream(() => originalFetch(resource, options), lostMessage, untilConnected);
    if (CANCELED.test(address)) noteCancel(options?.body);
    if (!RETRIED.test(address)) return originalFetch(resource, options);
    const headers = new Headers(options?.headers ?? resource.headers);
    headers.set("Idempotency-Key", crypto.getRandomValues(new BigUint64Array(2)).join(""));
    const answer = sendUntilAnswered(resource, {
      ...options,
      headers,
      body: hooks.body(options?.body),
    });
    if (JOINED.test(address)) noteJoin(answer);
    return /\/upload/.test(address) ? hooks.uploaded(await answer) : answer;
  };
}

async function sendUntilAnswered(resource, options) {
  for (let failures = 0; ; failures++) {
    if (reconnecting) await reconnecting;
    try {
      return await originalFetch(resource, options);
    } catch (error) {
      if (error.name === "AbortError" || failures > MAX_RETRIES) throw error;
      await untilConnected();
      await sleep(RETRY_PAUSE_MS * failures);
    }
  }
}
