// The line to the server. Gradio takes the first request that fails for the end of the page: it
// drops all events and loads the page anew, and what was typed is lost. So what it sends while the
// line is down waits here until it is up again, and a stream that breaks ends in words. A request
// whose answer was lost is sent again under the same key, and the server does it once (idempotency.py).

import { sleep } from "./runtime.js";

const POLL_PAUSES_MS = [100, 250, 500]; // milliseconds between two looks whether the server is there
const POLL_TIMEOUT_MS = 1500; // a look that takes longer is called off: on a dead line all others would wait
const RETRIED = /\/(run\/|queue\/join|upload)/;
const STREAMED = /\/queue\/data/;

const originalFetch = window.fetch.bind(window);
let reconnecting = null; // while the line is down, the promise that it is up again

// Once the server answers: the name that it has given itself, another one after each start.
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
    window.addEventListener("online", abort); // what was sent before may hang
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

// What the Train form has to say about requests (own_text.js): a call's body as it is to be sent, and the
// answer to an upload as Gradio is to see it.
export const hooks = { body: (body) => body, uploaded: (answer) => answer };

// From now on Gradio's requests wait for the line. `lost` says so of a stream that broke.
export function retryRequests(lost) {
  window.fetch = async (resource, options) => {
    const address = String(resource?.url ?? resource);
    if (STREAMED.test(address))
      return withClosingError(await originalFetch(resource, options), lost);
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
        if (error.name === "AbortError" || failures > 4) throw error; // it is not the line
        await untilConnected();
        await sleep(250 * failures);
      }
    }
  };
}

// The stream of Gradio's answers, event by event. Where it ends without having been called off,
// what is still asked through it has failed, and the next question opens another one.
function withClosingError(response, lost) {
  if (!response.ok || !response.body) return response;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const failed = JSON.stringify({ msg: "unexpected_error", message: lost });
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
        controller.enqueue(`data: ${failed}\n\ndata: {"msg":"close_stream"}\n\n`);
        controller.close();
      }
      pending = pending.slice(end > 1 ? end : 0);
    },
    cancel: (why) => reader.cancel(why),
  });
  const { status, statusText, headers } = response;
  return new Response(body.pipeThrough(new TextEncoderStream()), { status, statusText, headers });
}
