// Helpers of the push dialog: sizes as text, suggested names, and the drafts of each model's form,
// which the browser stores.

import { languageTag, STORAGE } from "../page/runtime.js";
import { readStored, writeStored } from "../page/web_storage.js";

const number = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 1 });
export const formatProgress = (sent, total) => {
  const [unit, divisor, digits] = total >= 1e6 ? ["MB", 1e6, 1] : ["kB", 1e3, 0];
  return { done: (sent / divisor).toFixed(digits), total: (total / divisor).toFixed(digits), unit };
};
export const formatSize = (bytes) =>
  bytes >= 1e6
    ? `${number.format(bytes / 1e6)}\u00a0MB`
    : bytes >= 1e3
      ? `${number.format(Math.round(bytes / 1e3))}\u00a0kB`
      : `${bytes}\u00a0B`;

const MAX_DRAFTS = 12; // each by the key of a model: repo, licence, private

export const drafts = new Map(Object.entries(readStored("localStorage", STORAGE.pushDrafts) ?? {}));

export function keepDraft(key, draft) {
  drafts.delete(key); // so that it becomes the newest
  drafts.set(key, draft);
  while (drafts.size > MAX_DRAFTS) drafts.delete(drafts.keys().next().value);
  writeStored("localStorage", STORAGE.pushDrafts, Object.fromEntries(drafts));
}

// Makes a repository name of a title: "The Time Machine" → "the-time-machine".
const slug = (title) =>
  title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\.(txt|zip)$/, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "");
export const suggestion = ({ key, title, slug: preferred }) =>
  slug(preferred ?? title) || slug(key.split("@")[0].split("/")[1] ?? "") || "char-rnn";
export const isComplete = (repo) => /^[^/\s]+\/[^/\s]+$/.test(repo); // whether the server can be asked for the files
