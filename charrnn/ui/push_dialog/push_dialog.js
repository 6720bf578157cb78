// The dialog that pushes a model (push_dialog/__init__.py). The window event `charrnn-push-model`
// opens it. The browser stores what was typed, for each model. Text is set as textContent only.

import { component, copyText, emit, listen, sleep, STORAGE } from "../page/runtime.js";
import { accountAnswers } from "./account.js";
import {
  isComplete,
  drafts,
  newPushId,
  keepDraft,
  readStored,
  formatProgress,
  formatSize,
  suggestion,
  writeStored,
} from "./draft.js";

const TYPING_PAUSE_MS = 500; // without a key, until the files are listed for what was typed
const SILENCE_MS = 20000; // without a frame, after which the connection counts as lost
const MAX_TRIES = 3; // to list the files
const SLOW_MS = 5000; // without progress, after which the dialog says that the Hub is slow
const LAST_FRAME_MS = 4000; // within which the last frame comes after its event has ended
const RETRY_PAUSE_MS = 1000; // between two tries to list the files
const COPIED_MS = 1500; // for which the Copy button says that it has copied
const LICENSES = [
  "apache-2.0",
  "mit",
  "cc-by-4.0",
  "cc-by-sa-4.0",
  "cc-by-nc-4.0",
  "cc0-1.0",
  "openrail",
];
const COMMANDS = {
  login: "hf auth login",
  none: "python -m charrnn push MODEL owner/name --private",
};

// Gradio's event that pushes a model is over, well or not.
export const notePushSettled = () => emit("charrnn-push-settled");

export function mount(host) {
  const { element, props, trigger, server, watch, find, setText, t, words } = component(host);

  const dialog = find("dialog");
  const [name, isPrivate, license] = ["#push-name", ".push-private input", "#push-license"].map(
    find,
  );
  const withHashes = find(".push-hashes input");
  const [pushButton, cancelButton] = [find(".push-go"), find(".push-cancel")];

  let model = null; // the model to push: key, title
  let user = null; // the answer of account_status, once it is here
  let phase = "form"; // "pushing", "done"
  let files = null; // the files that would be uploaded, for what is typed now
  let preparing = false;
  let isLicenseFilledIn = false; // with one that the model's own start asks for
  let problems = {};
  let pushId = null; // of the push that is under way
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

  // ---- drawing --------------------------------------------------------------------------------

  const show = (selector, on) => {
    find(selector).hidden = !on;
  };

  function draw() {
    const method = user?.signedIn ? "in" : user?.signInMethod;
    const account = user?.account;
    setText(".push-model", model?.title ?? "");
    const stored = user?.signInMethod === "login" ? "stored" : "signed-in";
    setText(
      ".push-account span",
      !user
        ? words["checking-account"]
        : method === "in"
          ? t(account ? stored : `${stored}-unnamed`, { account })
          : "",
    );
    show(".push-account", !user || method === "in");
    show(".push-out", method === "in" && user.signInMethod === "button" && phase !== "pushing");
    setText(
      ".push-sign-in-note",
      { button: words["sign-in-note"], login: words["login-note"], none: words["none-note"] }[
        method
      ] ?? "",
    );
    setText(".push-command", COMMANDS[method] ?? "");
    show(".push-in", method === "button");
    show(".push-again", method === "login");
    show(".push-sign-in", phase !== "done");
    show(".push-fields", phase !== "done" && method !== "none");
    show(".push-done", phase === "done");
    for (const field of [name, isPrivate, license, withHashes])
      field.disabled = phase === "pushing";
    for (const node of element.querySelectorAll(".problem")) {
      const message = problems[node.dataset.place] ?? "";
      if (node.textContent !== message) node.textContent = message;
    }
    name.setAttribute("aria-invalid", String(Boolean(problems.name)));
    license.setAttribute("aria-invalid", String(Boolean(problems.license)));
    show(".push-look", unconfirmedUrl && problems.push);
    if (unconfirmedUrl)
      Object.assign(find(".push-look"), {
        href: unconfirmedUrl,
        textContent: t("look", { repo: name.value.trim() }),
      });
    drawFiles();
    drawProgress();
    pushButton.hidden = phase !== "form" || method === "none";
    pushButton.setAttribute("aria-disabled", String(!user?.signedIn || preparing)); // `disabled` would lose the focus
    cancelButton.setAttribute("aria-disabled", String(phase === "pushing" && stopping));
    cancelButton.textContent =
      words[phase === "pushing" ? "stop" : pushButton.hidden ? "close" : "cancel"];
    dialog.setAttribute("aria-busy", String(phase === "pushing"));
  }

  function drawFiles() {
    const list = find(".push-files ul");
    if (files) {
      list.replaceChildren(
        ...files.map(({ name: file, size: bytes }) => {
          const row = document.createElement("li");
          for (const text of [file, formatSize(bytes)])
            row.appendChild(document.createElement("span")).textContent = text;
          return row;
        }),
      );
    }
    if (!preparing && !files) list.replaceChildren();
    list.classList.toggle("old", !files);
    find(".push-files").classList.toggle("coming", Boolean(files) || preparing);
    const total = files?.reduce((sum, file) => sum + file.size, 0);
    setText(
      ".push-total",
      files
        ? t("total", { n: formatSize(total) })
        : preparing
          ? words.preparing
          : isComplete(name.value.trim())
            ? ""
            : words["files-empty"],
    );
  }

  function drawProgress() {
    show(".push-progress", phase === "pushing");
    if (phase !== "pushing") return;
    const bar = find("progress");
    const { sent, total, place, retry_in: retryIn } = frame ?? {};
    if (total) [bar.max, bar.value] = [total, sent];
    else bar.removeAttribute("value");
    const status =
      frame?.state === "waiting"
        ? t("waiting", { n: place })
        : retryIn != null
          ? t(retryIn ? "rate-limited" : "hub-trouble", { n: retryIn })
          : !total
            ? words.beginning
            : sent < total
              ? t("sent", formatProgress(sent, total))
              : words.committing;
    const slow = total && sent < total && retryIn == null && Date.now() - progressAt > SLOW_MS;
    setText(
      ".push-progress span",
      stopping ? words.stopping : slow ? t("slow", { status }) : status,
    );
  }

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
    [phase, frame, stopping, pushId] = ["pushing", null, false, newPushId()];
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

  for (const [selector, key] of Object.entries({
    h2: "title",
    ".push-out": "sign-out",
    ".push-in": "sign-in",
    ".push-again": "check-again",
    '[for="push-name"]': "name",
    "#push-name-hint": "name-hint",
    ".push-private b": "private",
    ".push-private span": "private-hint",
    ".push-hashes b": "hashes",
    ".push-hashes span": "hashes-hint",
    '[for="push-license"]': "license",
    "#push-license-hint": "license-hint",
    h3: "files",
    ".push-recites": "recites",
    '[for="push-share"]': "share",
    ".push-copy": "copy",
    ".push-go": "push",
  }))
    setText(selector, words[key]);
  for (const known of LICENSES)
    find("datalist").appendChild(document.createElement("option")).value = known;

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
