// What the dialog that pushes a model has to know of: words, sizes, and what was typed for each
// model, which the browser keeps.

import { languageTag, STORAGE } from "../page/runtime.js";

const number = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 1 });
export const formatProgress = (sent, all) => {
  const [unit, of, places] = all >= 1e6 ? ["MB", 1e6, 1] : ["kB", 1e3, 0];
  return { done: (sent / of).toFixed(places), total: (all / of).toFixed(places), unit };
};
export const formatSize = (bytes) =>
  bytes >= 1e6
    ? `${number.format(bytes / 1e6)}\u00a0MB`
    : bytes >= 1e3
      ? `${number.format(Math.round(bytes / 1e3))}\u00a0kB`
      : `${bytes}\u00a0B`;

const MAX_DRAFTS = 12; // by the key of a model: repo, licence, private

export function readStored(storage, name) {
  try {
    return JSON.parse(window[storage].getItem(name));
  } catch (denied) {
    console.info("nothing is remembered:", denied.name);
    return null;
  }
}

export function writeStored(storage, name, value) {
  try {
    window[storage].setItem(name, JSON.stringify(value));
  } catch (denied) {
    console.info("what was typed is not remembered:", denied.name);
  }
}

export const drafts = new Map(Object.entries(readStored("localStorage", STORAGE.pushDrafts) ?? {}));

export function keepDraft(key, draft) {
  drafts.delete(key); // to be the newest
  drafts.set(key, draft);
  while (drafts.size > MAX_DRAFTS) drafts.delete(drafts.keys().next().value);
  writeStored("localStorage", STORAGE.pushDrafts, Object.fromEntries(drafts));
}

// What a repository may be called, made of a title: "The Time Machine" → "the-time-machine".
const slug = (title) =>
  title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\.(txt|zip)$/, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "");
export const suggestion = ({ key, title, slug: better }) =>
  slug(better ?? title) || slug(key.split("@")[0].split("/")[1] ?? "") || "char-rnn";
export const isComplete = (repo) => /^[^/\s]+\/[^/\s]+$/.test(repo); // worth asking the server about

// A word that nobody guesses: to it a push listens.
export const newPushWord = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
