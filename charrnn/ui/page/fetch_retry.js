// The line to the server. Gradio takes the first request that fails for the end of the page: it
// drops all events and loads the page anew, and what was typed is lost. So what it sends while the
// line is down waits here until it is up again, and a stream that breaks ends in words. A request
// whose answer was lost is asked again under the same word, and the server does it once (idempotency.py).

import { sleep } from "./runtime.js";

const RETRIES = [100, 250, 500]; // milliseconds between two looks whether the server is there
const HANGS = 1500; // a look that takes longer is called off: on a dead line all others would wait
const HELD = /\/(run\/|queue\/join|upload)/;
const STREAM = /\/queue\/data/;

const plain = window.fetch.bind(window);
let mending = null; // while the line is down, the promise that it is up again

// Once the server answers: the name that it has given itself, another one after each start.
export const up = () =>
  (mending ??= mend().finally(() => {
    mending = null;
  }));

async function mend() {
  for (let i = 0; ; i++) {
    if (document.hidden)
      await new Promise((seen) =>
        document.addEventListener("visibilitychange", seen, { once: true }),
      );
    const { root, api_prefix: prefix } = window.gradio_config;
    const look = new AbortController();
    const off = () => look.abort();
    const late = setTimeout(off, HANGS);
    window.addEventListener("online", off); // what was sent before may hang
    try {
      const answer = await plain(`${root}${prefix}/app_id`, {
        signal: look.signal,
        cache: "no-store",
      });
      if (answer.ok) return (await answer.json()).app_id;
    } catch {
      // not yet
    } finally {
      clearTimeout(late);
      window.removeEventListener("online", off);
    }
    await sleep(RETRIES[Math.min(i, RETRIES.length - 1)]);
  }
}

// What the Train form has to say about requests (own_text.js): a call's body as it is to be sent, and the
// answer to an upload as Gradio is to see it.
export const hooks = { body: (body) => body, uploaded: (answer) => answer };

// From now on Gradio's requests wait for the line. `lost` says so of a stream that broke.
export function retryRequests(lost) {
  window.fetch = async (resource, options) => {
    const address = String(resource?.url ?? resource);
    if (STREAM.test(address)) return unbroken(await plain(resource, options), lost);
    if (!HELD.test(address)) return plain(resource, options);
    const headers = new Headers(options?.headers ?? resource.headers);
    headers.set("x-charrnn-once", crypto.getRandomValues(new BigUint64Array(2)).join(""));
    const body = hooks.body(options?.body);
    for (let failures = 0; ; failures++) {
      if (mending) await mending;
      try {
        const answer = await plain(resource, { ...options, headers, body });
        return /\/upload/.test(address) ? await hooks.uploaded(answer) : answer;
      } catch (error) {
        if (error.name === "AbortError" || failures > 4) throw error; // it is not the line
        await up();
        await sleep(250 * failures);
      }
    }
  };
}

// The stream of Gradio's answers, event by event. Where it ends without having been called off,
// what is still asked through it has failed, and the next question opens another one.
function unbroken(response, lost) {
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
        up();
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
