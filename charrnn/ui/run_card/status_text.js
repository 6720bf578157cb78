// What the run card says in words: its caption, the state of the run, a note, and a summary for a
// screen reader.

import { locale } from "../page/runtime.js";
import {
  formatBits,
  formatClock,
  formatPerplexity,
  formatSeconds,
  integerFormat,
  keptModel,
} from "./figures.js";

// Makes the functions that say it, with a component's words. `card.disconnected` is true while the
// server does not answer.
export function statusTexts({ t, words }, card) {
  function caption(v) {
    const f = v.facts;
    const parts = [v.title[locale], Object.hasOwn(words, f.recipe) ? words[f.recipe] : f.recipe];
    if (f.started_from) parts.push(t("started-from", { model: f.started_from.title[locale] }));
    if (f.cell) {
      const layers = f.layers > 1 ? `${f.layers} × ` : "";
      parts.push(
        layers +
          { tanh: "tanh RNN", relu: "ReLU RNN", gru: "GRU", lstm: "LSTM" }[f.cell] +
          ` ${f.hidden}`,
      );
      parts.push(t("parameters", { n: integerFormat.format(f.parameters) }));
    }
    const [title, ...facts] = parts; // a line ends between facts, not in them
    const nonBreaking = facts.map((fact) => fact?.replaceAll(" ", "\u00a0"));
    const text = [title, ...nonBreaking].filter(Boolean).join("\u00a0· ");
    return v.is_example ? t("example", { run: text }) : text;
  }

  function statusText(v) {
    const { last, facts, state } = v;
    const speed = last.speed ? t("speed", { n: integerFormat.format(last.speed) }) : "";
    const join = (...parts) => parts.filter(Boolean).join(" · ");
    const elapsed = last.seconds ?? 0;
    if (card.disconnected) return words.lost;
    switch (state) {
      case "idle":
        return words.ready;
      case "finding":
        return words.finding;
      case "downloading":
        return v.fetched ? t("downloading", { n: v.fetched }) : words.fetching;
      case "queued": {
        if (!v.queue_position) return words.starting;
        return v.wait == null
          ? t("place", { n: v.queue_position })
          : t("place-wait", { n: v.queue_position, time: formatWait(v.wait) });
      }
      case "stopping":
        return words.stopping;
      case "running": {
        if (facts.epochs) {
          const left =
            last.left == null ? "" : t("left", { time: formatSeconds(last.left, words) });
          return join(
            t("epoch-of", { n: Math.floor(last.epoch ?? 0), total: facts.epochs }),
            left,
            speed,
          );
        }
        if (facts.seconds) {
          const [done, total] =
            facts.seconds < 100
              ? [Math.min(elapsed, facts.seconds).toFixed(1), `${facts.seconds} ${words.s}`]
              : [formatClock(Math.min(elapsed, facts.seconds)), formatClock(facts.seconds)];
          return join(t("of", { done, total }), speed);
        }
        return join(formatSeconds(elapsed, words), speed);
      }
      case "stopped":
        return t("stopped-at", { time: formatSeconds(elapsed, words) });
      case "interrupted":
        return v.end.step
          ? t("interrupted-at", { n: integerFormat.format(v.end.step) })
          : words.interrupted;
      case "finished":
        return join(t("finished-in", { time: formatSeconds(elapsed, words) }), speed);
      default:
        return words[state];
    }
  }

  const formatWait = (seconds) =>
    seconds < 100 ? `${Math.ceil(seconds)}\u00a0${words.s}` : formatClock(seconds);

  // Returns a note on the run: a problem, or else what its perplexity means.
  function noteText(v) {
    const { columns: c, facts, state, last } = v;
    if (v.problem) return v.problem[locale];
    if (v.notRestored) return words["not-restored"];
    if (card.disconnected) return words["lost-note"];
    if (state === "idle") return words["how-to-begin"];
    if (state === "cancelled") return words["never-began"];
    if (state === "failed" || state === "interrupted")
      return v.end?.text?.[locale] ?? t("why-failed", { message: v.end?.message ?? "" });
    if (state === "stopped" && v.end?.text) return v.end.text[locale];
    if (Object.hasOwn(words, v.note)) return words[v.note];
    if (facts.bidirectional) return words.bidirectional;
    if (c.train.length && !c.held.some((p) => p != null)) return words["no-held-out"];
    return last.held ? baselineNote(facts.baselines ?? {}, keptModel(v)?.shown ?? last.held) : "";
  }

  // Names the lowest baseline that is still above a held-out perplexity, compared as they are shown.
  function baselineNote(baselines, reached) {
    const below = (p) => p && reached < p && formatPerplexity(reached) !== formatPerplexity(p);
    const beats = ["ngram", "unigram", "uniform"].filter((name) => below(baselines[name]));
    const best = beats.sort((a, b) => baselines[a] - baselines[b])[0];
    if (!best) return "";
    return t(`beats-${best}`, {
      n:
        best === "uniform"
          ? integerFormat.format(baselines.uniform)
          : formatPerplexity(baselines[best]),
    });
  }

  function summary(v) {
    const p = keptModel(v)?.shown ?? v.last.held ?? v.last.train;
    if (v.state === "diverged" && v.diagnosis) return v.diagnosis.what[locale];
    if (p == null) return words["nothing-yet"];
    const start = v.columns.held.find((n) => n != null) ?? v.columns.train.find((n) => n != null);
    return t(v.last.held != null ? "spoken-held" : "spoken-train", {
      went: words[p > start ? "rose" : "fell"],
      state: words[`spoken-${v.state}`] ?? words[v.state],
      first: formatPerplexity(start),
      now: formatPerplexity(p),
      bits: formatBits(p),
    });
  }

  return { caption, noteText, statusText, summary };
}
