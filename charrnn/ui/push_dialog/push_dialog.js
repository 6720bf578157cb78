// The dialog that pushes a model (see push_dialog/__init__.py): opened by the window's event `charrnn-push-model`. What
// is typed stays for each model; text of others goes in through textContent only.

import { component, copyText, emit, listen, STORAGE } from "../page/runtime.js";
import {
  isComplete,
  drafts,
  newPushWord,
  keepDraft,
  readStored,
  formatProgress,
  formatSize,
  suggestion,
  writeStored,
} from "./draft.js";

const TYPING_PAUSE_MS = 500; // milliseconds without a key until the files are put together for what was typed
const SILENCE_MS = 20000; // a push tells something each second; after this its line is taken for dead
const MAX_TRIES = 3; // to have the files put together
const SLOW_MS = 5000; // without a byte after which it is said that the Hub takes its time
const GRACE_MS = 4000; // the last frame may still be on its way when Gradio says that all is over
const LICENCES = [
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

// Gradio's event that pushes a model is over.
export const notePushSettled = () => emit("charrnn-push-settled");

export function mount(host) {
  const { element, props, trigger, server, watch, find, setText, t, words } = component(host);

  const dialog = find("dialog");
  const [name, own, licence] = ["#push-name", ".push-private input", "#push-licence"].map(find);
  const [go, cancel] = [find(".push-go"), find(".push-cancel")];

  let subject = null; // the model: key, title
  let me = null; // who asks, once that is known
  let phase = "form"; // "pushing", "done"
  let files = null; // exactly what would be uploaded, for what is typed now
  let preparing = false;
  let problems = {};
  let word = null; // the push that is under way
  let frame = null; // what was heard of it last
  let moved = 0; // when a byte was heard of last
  let doubt = null; // the page of a repository that may hold the model, or not
  let stopping = false;
  let unsure = false; // whether somebody comes back from signing in
  let came = null; // where the focus was
  let question = 0; // only the answer to the latest counts
  let soon = null;
  let watching = null;

  // ---- what it looks like ----------------------------------------------------------------------

  const show = (selector, on) => {
    find(selector).hidden = !on;
  };

  function draw() {
    const way = me?.signedIn ? "in" : me?.way;
    const account = me?.account;
    setText(".push-model", subject?.title ?? "");
    const stored = me?.way === "login" ? "stored" : "signed-in";
    setText(
      ".push-account span",
      !me
        ? words.asking
        : way === "in"
          ? t(account ? stored : `${stored}-unnamed`, { account })
          : "",
    );
    show(".push-account", !me || way === "in");
    show(".push-out", way === "in" && me.way === "button" && phase !== "pushing");
    setText(
      ".push-how",
      { button: words["sign-in-note"], login: words["login-note"], none: words["none-note"] }[
        way
      ] ?? "",
    );
    setText(".push-command", COMMANDS[way] ?? "");
    show(".push-in", way === "button");
    show(".push-again", way === "login");
    show(".push-who", phase !== "done");
    show(".push-fields", phase !== "done" && way !== "none");
    show(".push-done", phase === "done");
    for (const field of [name, own, licence]) field.disabled = phase === "pushing";
    for (const node of element.querySelectorAll(".problem")) {
      const said = problems[node.dataset.place] ?? "";
      if (node.textContent !== said) node.textContent = said;
    }
    name.setAttribute("aria-invalid", String(Boolean(problems.name)));
    licence.setAttribute("aria-invalid", String(Boolean(problems.licence)));
    show(".push-look", doubt && problems.push);
    if (doubt)
      Object.assign(find(".push-look"), {
        href: doubt,
        textContent: t("look", { repo: name.value.trim() }),
      });
    drawFiles();
    drawProgress();
    go.hidden = phase !== "form" || way === "none";
    go.setAttribute("aria-disabled", String(!me?.signedIn || preparing)); // disabled would lose the focus
    cancel.setAttribute("aria-disabled", String(phase === "pushing" && stopping));
    cancel.textContent = words[phase === "pushing" ? "stop" : go.hidden ? "close" : "cancel"];
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
    const all = files?.reduce((sum, file) => sum + file.size, 0);
    setText(
      ".push-total",
      files
        ? t("total", { n: formatSize(all) })
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
    const { sent, total, place, rest } = frame ?? {};
    if (total) [bar.max, bar.value] = [total, sent];
    else bar.removeAttribute("value");
    const how =
      frame?.state === "waiting"
        ? t("waiting", { n: place })
        : rest != null
          ? t(rest ? "rest" : "rest-trouble", { n: rest })
          : !total
            ? words.beginning
            : sent < total
              ? t("sent", formatProgress(sent, total))
              : words.committing;
    const slow = total && sent < total && rest == null && Date.now() - moved > SLOW_MS;
    setText(".push-progress span", stopping ? words.stopping : slow ? t("slow", { how }) : how);
  }

  // ---- what would be uploaded ------------------------------------------------------------------

  const asked = () => ({
    key: subject.key,
    repo: name.value.trim(),
    licence: licence.value.trim(),
  });

  function prepareSoon() {
    clearTimeout(soon);
    question++;
    files = null;
    preparing = isComplete(asked().repo);
    if (preparing) soon = setTimeout(prepare, TYPING_PAUSE_MS);
    draw();
  }

  async function prepare() {
    clearTimeout(soon);
    const mine = ++question;
    preparing = true;
    draw();
    let answer = null; // none comes where the line is down for a moment
    for (let tries = 0; !answer && tries < MAX_TRIES; tries++) {
      if (tries) await new Promise((resolve) => setTimeout(resolve, 1000));
      if (mine === question) answer = await server.list_files(asked());
      if (mine !== question) return;
    }
    preparing = false;
    files = answer?.files ?? null;
    const { place, message } =
      answer?.problem ?? (answer ? {} : { place: "push", message: words["no-answer"] });
    problems = { ...problems, name: "", licence: "", push: "", ...(place && { [place]: message }) };
    draw();
  }

  async function askAccount() {
    const { key } = subject;
    const answer = await server.account_status(null);
    if (subject?.key !== key) return;
    me = answer ?? { way: "none", signedIn: false, account: null };
    if (unsure && me.way === "button" && !me.signedIn) problems = { who: words["not-signed-in"] };
    unsure = false;
    if (me.account && !name.value.includes("/")) {
      name.value ||= suggestion(subject);
      name.setRangeText(`${me.account}/`, 0, 0, "preserve"); // somebody may be about to type over it
      prepareSoon();
    } else draw();
  }

  // ---- pushing ---------------------------------------------------------------------------------

  async function submit() {
    if (phase !== "form" || go.getAttribute("aria-disabled") === "true") return;
    problems = {};
    if (!files) {
      // the first press says what is wrong, or shows what would be uploaded
      await prepare();
      return focusProblem();
    }
    keep();
    [phase, frame, stopping, word] = ["pushing", null, false, newPushWord()];
    draw();
    cancel.focus();
    trigger("push", { word, ...asked(), private: own.checked });
    watchForSilence();
  }

  function halt() {
    stopping = true;
    problems = {};
    server.stop_push(word);
    draw();
  }

  function receive(told) {
    if (!word || told?.word !== word) return;
    if (told.sent !== frame?.sent || told.rest != null) moved = Date.now();
    frame = told;
    if (["waiting", "pushing"].includes(told.state)) {
      if (stopping) server.stop_push(word); // it may not have begun when it was asked to stop
      draw();
      return watchForSilence();
    }
    if (told.state === "done") return done(told);
    if (told.state === "stopped")
      return backToForm({ push: words[told.late ? "stopped-late" : "stopped"] }, told.late);
    const { place, message } = told.problem;
    if (place === "who") askAccount();
    backToForm({ [place]: message }, told.unsure);
  }

  function watchForSilence() {
    clearTimeout(watching);
    watching = setTimeout(() => word && backToForm({ push: words.lost }, true), SILENCE_MS);
  }

  function backToForm(said, maybe = false) {
    clearTimeout(watching);
    [phase, word, problems, doubt] = ["form", null, said, maybe ? frame?.url : null];
    draw();
    focusProblem();
  }

  function focusProblem() {
    const field = { name, licence }[["name", "licence"].find((place) => problems[place])];
    (field ?? go).focus();
    find(".problem:not(:empty)")?.scrollIntoView({ block: "nearest" });
  }

  function done(told) {
    clearTimeout(watching);
    [phase, word, problems] = ["done", null, {}];
    setText(
      ".push-made",
      words[told.created ? (told.private ? "created-private" : "created") : "updated"],
    );
    setText(".push-link", told.repo);
    find(".push-link").href = told.url;
    setText(".push-kept", told.cardKept ? words["card-kept"] : "");
    find("#push-share").value = `${location.origin}${location.pathname}?model=${told.repo}`;
    setText(".push-whose", told.private ? words["share-private"] : "");
    draw();
    find(".push-link").focus();
    emit("charrnn-pushed", { key: subject.key, repo: told.repo });
  }

  // ---- opening, closing, and who it is ---------------------------------------------------------

  const keep = () =>
    keepDraft(subject.key, { repo: name.value, licence: licence.value, private: own.checked });

  function open(wanted) {
    if (dialog.open) return;
    came = document.activeElement;
    const draft = drafts.get(wanted.key);
    [subject, me, phase, files, problems] = [wanted, null, "form", null, {}];
    name.value = draft?.repo || suggestion(wanted);
    licence.value = draft?.licence ?? "";
    own.checked = draft?.private ?? true;
    dialog.showModal();
    name.focus();
    askAccount();
    prepareSoon();
  }

  function close() {
    if (phase === "pushing") {
      problems = { push: words.still };
      draw();
      return cancel.focus();
    }
    question++;
    clearTimeout(soon);
    dialog.close();
    came?.focus({ preventScroll: true }); // where there was none, the browser would not know either
  }

  // To the Hub and back, or out of its sight: to this very page in either case.
  function goTo(path) {
    window.parent?.postMessage({ type: "SET_SCROLLING", enabled: true }, "*"); // as a Space's frame wants
    location.assign(
      `${path}?_target_url=${encodeURIComponent(location.pathname + location.search)}`,
    );
  }

  function signIn() {
    if (dialog.open) {
      keep();
      writeStored("sessionStorage", STORAGE.pushAfterSignIn, subject);
    }
    goTo("/login/huggingface");
  }

  // ---- from here on it runs --------------------------------------------------------------------

  for (const [selector, key] of Object.entries({
    h2: "title",
    ".push-out": "sign-out",
    ".push-in": "sign-in",
    ".push-again": "look-again",
    '[for="push-name"]': "name",
    "#push-name-hint": "name-hint",
    ".push-private b": "private",
    ".push-private span": "private-hint",
    '[for="push-licence"]': "licence",
    "#push-licence-hint": "licence-hint",
    h3: "files",
    ".push-recites": "recites",
    '[for="push-share"]': "share",
    ".push-copy": "copy",
    ".push-go": "push",
  }))
    setText(selector, words[key]);
  for (const known of LICENCES)
    find("datalist").appendChild(document.createElement("option")).value = known;

  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  for (const field of [name, licence]) {
    field.addEventListener("input", () => {
      problems = {};
      keep();
      prepareSoon();
    });
  }
  own.addEventListener("change", () => {
    problems = {};
    keep();
    draw();
  });
  cancel.addEventListener("click", () => (phase !== "pushing" ? close() : stopping || halt()));
  find(".push-in").addEventListener("click", signIn);
  find(".push-out").addEventListener("click", () => goTo("/logout"));
  find(".push-again").addEventListener("click", () => {
    me = null;
    draw();
    name.focus();
    askAccount();
  });
  find(".push-copy").addEventListener("click", async () => {
    await copyText(find("#push-share").value);
    setText(".push-copy", words.copied);
    setTimeout(() => setText(".push-copy", words.copy), 1500);
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
  dialog.addEventListener("close", () => phase === "pushing" && dialog.showModal()); // a browser insists at times
  watch("value", () => receive(props.value));
  listen("charrnn-push-model", (detail) => open(detail));
  listen("charrnn-push-settled", () => {
    const [mine, heard] = [word, frame];
    setTimeout(
      () => word && word === mine && frame === heard && backToForm({ push: words.lost }, true),
      GRACE_MS,
    );
  });
  if (props.by_button) {
    listen("charrnn-sign-in", (detail) => (detail === "in" ? signIn() : goTo("/logout")));
    server.account_status(null).then((answer) => answer && emit("charrnn-account", answer));
    const back = readStored("sessionStorage", STORAGE.pushAfterSignIn);
    if (back) {
      sessionStorage.removeItem(STORAGE.pushAfterSignIn);
      open(back);
      unsure = true;
    }
  }
}
