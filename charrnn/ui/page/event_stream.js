// The stream by which the server sends the results of Gradio's events.
//
// The server ends it when no event is pending. Gradio's client then opens another stream with its
// next event. But a page that is busy may have sent that event before it reads of the end, and would
// wait for its result forever: then the stream goes on here, by another request. And a stream that
// breaks ends with an error message for the events that wait.

const pending = new Set(); // ids of events that the server has accepted and not completed
const completed = new Set(); // ids of events that were completed before their answer was read
const joining = new Set(); // answers that are still to come, with the id of an event

const MESSAGE = /^data: \{"msg":"(\w+)"(?:,"event_id":"(\w+)")?/gm;
const CLOSE = 'data: {"msg":"close_stream","event_id":null}\n\n';

// Notes the answer to a request that begins an event.
export async function noteJoin(answer) {
  const noted = answer.then(async (response) => {
    if (!response.ok) return;
    const { event_id: id } = await response.clone().json();
    if (!completed.delete(id)) pending.add(id);
  });
  const settled = noted.catch((error) => console.info("an event was not begun:", error.name));
  joining.add(settled);
  await settled;
  joining.delete(settled);
}

// Notes a request that cancels an event: it may never be completed.
export function noteCancel(body) {
  if (typeof body === "string") pending.delete(JSON.parse(body).event_id);
}

// Returns the response to `open`, the request of a stream, whose body goes on as long as events are
// pending. `lostMessage` is the error message where the stream breaks; `onBreak` is called then.
export async function passStream(open, lostMessage, onBreak) {
  const response = await open();
  if (!response.ok || !response.body) return response;
  let reader = textReader(response);
  let unread = ""; // the beginning of a message
  let closed = false; // whether the server has said that the stream ends

  // Returns the next whole messages, or "" at the end of the stream.
  async function nextMessages() {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "";
      unread += value;
      const end = unread.lastIndexOf("\n\n") + 2;
      if (end > 1) {
        const messages = unread.slice(0, end);
        unread = unread.slice(end);
        return messages;
      }
    }
  }

  // Keeps account of the events, and leaves out that the stream ends.
  function noteMessages(messages) {
    for (const [, kind, id] of messages.matchAll(MESSAGE)) {
      if (kind === "process_completed" && !pending.delete(id)) completed.add(id);
      closed ||= kind === "close_stream";
    }
    return closed ? messages.replace(/^data: \{"msg":"close_stream".*\n\n/m, "") : messages;
  }

  // Opens another stream if events are pending. Returns whether there is one.
  async function reopen() {
    await Promise.all(joining);
    if (!pending.size) return false;
    const next = await open();
    pending.clear(); // if this stream ends too, nothing more will come for them
    if (!next.ok || !next.body) return false;
    reader = textReader(next);
    unread = "";
    closed = false;
    return true;
  }

  const body = new ReadableStream({
    async pull(controller) {
      try {
        for (;;) {
          const messages = noteMessages(await nextMessages());
          if (messages) return controller.enqueue(messages);
          if (!closed) break;
          if (await reopen()) continue;
          controller.enqueue(CLOSE);
          return controller.close();
        }
      } catch (error) {
        if (error.name === "AbortError") return controller.error(error);
        onBreak();
      }
      const lost = JSON.stringify({ msg: "unexpected_error", message: lostMessage });
      controller.enqueue(`data: ${lost}\n\n${CLOSE}`);
      controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const { status, statusText, headers } = response;
  return new Response(body.pipeThrough(new TextEncoderStream()), { status, statusText, headers });
}

const textReader = (response) => response.body.pipeThrough(new TextDecoderStream()).getReader();
