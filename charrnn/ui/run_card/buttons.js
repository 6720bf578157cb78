// The buttons below the run card, which are Gradio's: which can be used, and what each would do.

import { LIVE_STATES } from "../page/runtime.js";

// Returns the updates of the buttons by name: each is on only if it can be used, with a label for what
// it would do. None is on while the server does not answer.
export function buttonsOf(v, words, disconnected) {
  const { state } = v;
  const unfinished = state === "interrupted" || (state === "failed" && v.end?.crashed);
  const resumable =
    Boolean(v.run) &&
    (unfinished || (v.model && ["finished", "stopped", "failed"].includes(state)));
  const label = !["interrupted", "failed"].includes(state)
    ? "keep"
    : v.saved || !unfinished
      ? "resume"
      : "again";
  const button = (on, name) => ({
    __type__: "update",
    interactive: on && !disconnected,
    ...(name && { value: words[`button-${name}`] }),
  });
  const control = (on, name) => ({ ...button(on, name), visible: v.controls }); // not of a run that is only watched
  return {
    stop: control(["queued", "running"].includes(state), state === "queued" ? "cancel" : "stop"),
    sample: control(state === "running"),
    resume: control(Boolean(resumable), label),
    push: control(Boolean(v.model)),
    generate: button(Boolean(v.model)),
    go: button(![...LIVE_STATES, "downloading"].includes(state)),
  };
}
