// The dialog that pushes a model (push_dialog/__init__.py). The window event `charrnn-push-model`
// opens it. The browser stores what was typed, for each model. Text is set as textContent only.

import { component, copyText, emit, listen, randomId, sleep, STORAGE } from "../page/runtime.js";
import { readStored, writeStored } from "../page/web_storage.js";
import { accountAnswers } from "./account.js";
import { dialogView } from "./dialog_view.js";
import { drafts, isComplete, keepDraft, suggestion } from "./draft.js";

const TYPING_PAUSE_MS = 500; // without a key, until the files are listed for what was typed
const SILENCE_MS = 20000; // without a frame, after which the connection counts as lost
const MAX_TRIES = 3; // to list the files
const LAST_FRAME_MS = 4000; // within which the last frame comes after its event has ended
const RETRY_PAUSE_MS = 1000; // between two tries to list the files
const COPIED_MS = 1500; // for which the Copy button says that it has copied

// Gradio's event that pushes a model is over, well or not.
export const notePushSettled = () => emit("charrnn-push-settled");

export function mount(host) {
  const ui = component(host);
  const { props, trigger, server, watch, find, setText, t, words } = ui;

  const dialog = find("dialog");
  const [name, isPrivate, license] = ["#push-name", ".push-private input", "#push-license"].map(
    find,
  );
  const withHashes = find(".push-hashes input");
  const [pushButton, cancelButton] = [find(".push-go"), find(".push-cancel")];
  const drawDialog = dialogView(ui);

  let model = null; // the model to push: key, title
  let user = null; // the answer of account_status, once it is here
  let phase = "form"; // "pushing", "done"
  let files = null; // the files that would be uploaded, for what is typed now
  let preparing = false;
  let isLicenseFilledIn = false; // with one that the model's own start asks for
  let problems = {};
  let pushId = null; // of the push that is under way; secret, since any client could stop it with it
  let frame = null; // its latest frame
  let progressAt = 0; // when bytes were last sent, in milliseconds
  let unconfirmedUrl = null; // the repository's page, if it is not known whether the model arrived
  let stopping = false;
  let checkSignIn = false; // the user comes back from signing in
  let openedFrom = null; // the element that had the focus before
  let requests = 0; // only the answer to the latest request counts
  let accountRequests = 0; // the same for the account
  let delay = null; // the timer of the next list of files
  let silenceTimer = null;

  // Draws the dialog as it is now.
  const draw = () =>
    drawDialog({
      model,
      user,
      phase,
      files,
      preparing,
      problems,
      frame,
      progressAt,
      stopping,
      unconfirmedUrl,
    });

  // ---- the list of files -----------------------------------------------------------------------

  const formValues = () => ({
    key: model.key,
    repo: name.value.trim(),
    license: license.value.trim(),
    line_hashes: withHashes.checked,
  });

  function prepareSoon() {
    clearTimeout(delay);
    requests++;
    files = null;
    preparing = isComplete(formValues().repo);
    if (preparing) delay = setTimeout(prepare, TYPING_PAUSE_MS);
    draw();
  }

  async function prepare() {
    clearTimeout(delay);
    const current = ++requests;
    preparing = true;
    draw();
    let answer = null; // undefined if the request failed
    for (let tries = 0; !answer && tries < MAX_TRIES; tries++) {
      if (tries) await sleep(RETRY_PAUSE_MS);
      if (current === requests) answer = await server.list_files(formValues());
      if (current !== requests) return;
    }
    preparing = false;
    files = answer?.files ?? null;
    if (files) find(".push-hashes").hidden = !answer.hashed_lines;
    if (answer?.demanded) takeDemandedLicense(answer.demanded);
    const { place, message } =
      answer?.problem ?? (answer ? {} : { place: "push", message: words["no-answer"] });
    problems = { ...problems, name: "", license: "", push: "", ...(place && { [place]: message }) };
    draw();
  }

  // Fills in, once, the license that the model which this one started from asks for.
  function takeDemandedLicense(demanded) {
    setText("#push-license-hint", t("license-demanded", { license: demanded }));
    if (!isLicenseFilledIn && !license.value.trim()) license.value = demanded;
    isLicenseFilledIn = true;
  }

  async function askAccount() {
    const current = ++accountRequests;
    const asked = name.value;
    for await (const answer of accountAnswers(server)) {
      if (current !== accountRequests) return;
      if (answer) receiveAccount(answer, name.value === asked);
    }
    if (!user) receiveAccount({ signInMethod: "none", signedIn: false, account: null }, false);
  }

  async function showAccount() {
    for await (const answer of accountAnswers(server)) if (answer) emit("charrnn-account", answer);
  }

  // What the user has typed since the account was asked for stays as it is.
  function receiveAccount(answer, isNameUnchanged) {
    user = answer;
    if (checkSignIn && user.signInMethod === "button" && !user.signedIn)
      problems = { account: words["not-signed-in"] };
    checkSignIn = false;
    if (user.account && isNameUnchanged && phase === "form" && !name.value.includes("/")) {
      name.value ||= suggestion(model);
      name.setRangeText(`${user.account}/`, 0, 0, "preserve"); // keeps a selection that the user may be about to replace
      prepareSoon();
    } else draw();
  }

  // ---- pushing ---------------------------------------------------------------------------------

  async function submit() {
    if (phase !== "form" || pushButton.getAttribute("aria-disabled") === "true") return;
    problems = {};
    if (!files) {
      // the first press shows what is wrong, or the files
      await prepare();
      return focusProblem();
    }
    saveDraft();
    [phase, frame, stopping, pushId] = ["pushing", null, false, randomId()];
    draw();
    cancelButton.focus();
    trigger("push", { push_id: pushId, ...formValues(), private: isPrivate.checked });
    watchForSilence();
  }

  function stopPush() {
    stopping = true;
    problems = {};
    server.stop_push(pushId);
    draw();
  }

  function receive(update) {
    if (!pushId || update?.push_id !== pushId) return;
    if (update.sent !== frame?.sent || update.retry_in != null) progressAt = Date.now();
    frame = update;
    if (["waiting", "pushing"].includes(update.state)) {
      if (stopping) server.stop_push(pushId); // the first request may have come before the push began
      draw();
      return watchForSilence();
    }
    if (update.state === "done") return done(update);
    if (update.state === "stopped")
      return backToForm({ push: words[update.late ? "stopped-late" : "stopped"] }, update.late);
    const { place, message } = update.problem;
    if (place === "account") askAccount();
    backToForm({ [place]: message }, update.unconfirmed);
  }

  function watchForSilence() {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(() => pushId && backToForm({ push: words.lost }, true), SILENCE_MS);
  }

  function backToForm(newProblems, isUnconfirmed = false) {
    clearTimeout(silenceTimer);
    [phase, pushId, problems, unconfirmedUrl] = [
      "form",
      null,
      newProblems,
      isUnconfirmed ? frame?.url : null,
    ];
    draw();
    focusProblem();
  }

  function focusProblem() {
    const field = { name, license }[["name", "license"].find((place) => problems[place])];
    (field ?? pushButton).focus();
    find(".problem:not(:empty)")?.scrollIntoView({ block: "nearest" });
  }

  function done(update) {
    clearTimeout(silenceTimer);
    [phase, pushId, problems] = ["done", null, {}];
    setText(
      ".push-made",
      words[update.created ? (update.private ? "created-private" : "created") : "updated"],
    );
    setText(".push-link", update.repo);
    find(".push-link").href = update.url;
    setText(".push-kept", update.cardKept ? words["card-kept"] : "");
    find("#push-share").value = `${location.origin}${location.pathname}?model=${update.repo}`;
    setText(".push-private-note", update.private ? words["share-private"] : "");
    draw();
    find(".push-link").focus();
    emit("charrnn-pushed", { key: model.key, repo: update.repo });
  }

  // ---- opening, closing, signing in ------------------------------------------------------------

  const saveDraft = () =>
    // `licence` is the name under which browsers have it already
    keepDraft(model.key, { repo: name.value, licence: license.value, private: isPrivate.checked });

  function open(subject) {
    if (dialog.open) return;
    openedFrom = document.activeElement;
    const draft = drafts.get(subject.key);
    [model, user, phase, files, problems] = [subject, null, "form", null, {}];
    name.value = draft?.repo || suggestion(subject);
    license.value = draft?.licence ?? "";
    isLicenseFilledIn = false;
    setText("#push-license-hint", words["license-hint"]);
    isPrivate.checked = draft?.private ?? true;
    withHashes.checked = false; // a choice to be made anew each time
    find(".push-hashes").hidden = true;
    dialog.showModal();
    name.focus();
    askAccount();
    prepareSoon();
  }

  function close() {
    if (phase === "pushing") {
      problems = { push: words.still };
      draw();
      return cancelButton.focus();
    }
    requests++;
    accountRequests++;
    clearTimeout(delay);
    dialog.close();
    openedFrom?.focus({ preventScroll: true });
  }

  // Leaves for the path, which signs in or out and comes back to this page.
  function goTo(path) {
    window.parent?.postMessage({ type: "SET_SCROLLING", enabled: true }, "*"); // the frame of a Space needs it
    location.assign(
      `${path}?_target_url=${encodeURIComponent(location.pathname + location.search)}`,
    );
  }

  function signIn() {
    if (dialog.open) {
      saveDraft();
      writeStored("sessionStorage", STORAGE.pushAfterSignIn, model);
    }
    goTo("/login/huggingface");
  }

  // ---- setup -----------------------------------------------------------------------------------

  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  for (const field of [name, license]) {
    field.addEventListener("input", () => {
      problems = {};
      saveDraft();
      prepareSoon();
    });
  }
  withHashes.addEventListener("change", () => {
    problems = {};
    prepareSoon();
  });
  isPrivate.addEventListener("change", () => {
    problems = {};
    saveDraft();
    draw();
  });
  cancelButton.addEventListener("click", () =>
    phase !== "pushing" ? close() : stopping || stopPush(),
  );
  find(".push-in").addEventListener("click", signIn);
  find(".push-out").addEventListener("click", () => goTo("/logout"));
  find(".push-again").addEventListener("click", () => {
    user = null;
    draw();
    name.focus();
    askAccount();
  });
  find(".push-copy").addEventListener("click", async () => {
    await copyText(find("#push-share").value);
    setText(".push-copy", words.copied);
    setTimeout(() => setText(".push-copy", words.copy), COPIED_MS);
  });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the tabs have keys of their own
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog.addEventListener("close", () => phase === "pushing" && dialog.showModal()); // some browsers close it anyway
  watch("value", () => receive(props.value));
  listen("charrnn-push-model", (detail) => open(detail));
  listen("charrnn-push-settled", () => {
    const [current, lastFrame] = [pushId, frame];
    setTimeout(
      () =>
        pushId &&
        pushId === current &&
        frame === lastFrame &&
        backToForm({ push: words.lost }, true),
      LAST_FRAME_MS,
    );
  });
  if (props.has_sign_in_button) {
    listen("charrnn-sign-in", (detail) => (detail === "in" ? signIn() : goTo("/logout")));
    showAccount();
    const stored = readStored("sessionStorage", STORAGE.pushAfterSignIn);
    if (stored) {
      sessionStorage.removeItem(STORAGE.pushAfterSignIn);
      open(stored);
      checkSignIn = true;
    }
  }
}
