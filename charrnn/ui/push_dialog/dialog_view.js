// Draws the push dialog. push_dialog.js keeps its state. Text is set as textContent only.

import { formatProgress, formatSize, isComplete } from "./draft.js";

const SLOW_MS = 5000; // without progress, after which the dialog says that the Hub is slow
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

// Makes the function that draws, with a component's elements and words.
export function dialogView({ element, find, setText, t, words }) {
  const dialog = find("dialog");
  const [name, isPrivate, license] = ["#push-name", ".push-private input", "#push-license"].map(
    find,
  );
  const withHashes = find(".push-hashes input");
  const [pushButton, cancelButton] = [find(".push-go"), find(".push-cancel")];

  const show = (selector, on) => {
    find(selector).hidden = !on;
  };

  // Draws the dialog: `model` is what is pushed, `user` the account, `phase` "form", "pushing" or
  // "done"; `files` are those that would be uploaded, null while they are not known.
  function draw({
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
  }) {
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
    drawFiles(files, preparing);
    show(".push-progress", phase === "pushing");
    if (phase === "pushing") drawProgress(frame, progressAt, stopping);
    pushButton.hidden = phase !== "form" || method === "none";
    pushButton.setAttribute("aria-disabled", String(!user?.signedIn || preparing)); // `disabled` would lose the focus
    cancelButton.setAttribute("aria-disabled", String(phase === "pushing" && stopping));
    cancelButton.textContent =
      words[phase === "pushing" ? "stop" : pushButton.hidden ? "close" : "cancel"];
    dialog.setAttribute("aria-busy", String(phase === "pushing"));
  }

  function drawFiles(files, preparing) {
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

  function drawProgress(frame, progressAt, stopping) {
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

  return draw;
}
