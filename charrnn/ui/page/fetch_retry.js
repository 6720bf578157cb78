// Retries Gradio's requests. When a request fails, Gradio drops all events and reloads the page,
// and what was typed is lost. So requests wait here while there is no connection, and a stream that
// breaks ends with an error message. A retry has the same idempotency key, and the server runs it
// only once (server/idempotency.py).

import { sleep } from "./runtime.js";

const POLL_PAUSES_MS = [100, 250, 500]; // between two checks whether the server answers
const POLL_TIMEOUT_MS = 1500; // of one check: without a connection it would hang
const RETRY_PAUSE_MS = 250; // after the first failure; longer after each further one
const MAX_RETRIES = 4;
const RETRIED = /\/(run\/|queue\/join|upload)/;
const STREAMED = /\/queue\/data/;

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
      return withClosingError(await originalFetch(resource, options), lostMessage);
    if (!RETRIED.test(address)) return originalFetch(resource, options);
    const headers = new Headers(options?.headers ?? resource.headers);
    headers.set("Idempotency-Key", crypto.getRandomValues(new BigUint64Array(2)).join(""));
    const body = hooks.body(options?.body);
    for (let failures = 0; ; failures++) {
      if (reconnecting) await reconnecting;
      try {
        const answer = await originalFetch(resource, { ...options, headers, body });
        return /\/upload/.test(address) ? await hooks.uploaded(answer) : answer;
      } catch (error) {
        if (error.name === "AbortError" || failures > MAX_RETRIES) throw error;
        await untilConnected();
        await sleep(RETRY_PAUSE_MS * failures);
      }
    }
  };
}

// Passes on the stream of Gradio's events. If it ends without being aborted, the events that it was
// for have failed: an error is added for them, and Gradio opens another stream for the next one.
function withClosingError(response, lostMessage) {
  if (!response.ok || !response.body) return response;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const errorEvent = JSON.stringify({ msg: "unexpected_error", message: lostMessage });
  let pending = "";
  const body = new ReadableStream({
    async pull(controller) {
      try {
        for (let end = -1; end < 0; end = pending.lastIndexOf("\n\n")) {
          const { done, value } = await reader.read();
          if (done) break;
          pending += value;
        }
      } catch (error) {
        if (error.name === "AbortError") return controller.error(error);
        untilConnected();
        pending = "";
      }
      const end = pending.lastIndexOf("\n\n") + 2;
      if (end > 1) controller.enqueue(pending.slice(0, end));
      else {
        controller.enqueue(`data: ${errorEvent}\n\ndata: {"msg":"close_stream"}\n\n`);
        controller.close();
      }
      pending = pending.slice(end > 1 ? end : 0);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const { status, statusText, headers } = response;
  return new Response(body.pipeThrough(new TextEncoderStream()), { status, statusText, headers });
}
