// Which call of an endpoint does what a tab of the page shows. `fields` are the values of the tabs'
// fields by name. Returns {endpoint, arguments, streams, notes}; a note is [key of its string, values].

export const MAX_CHARACTERS = 2000; // of a text in a snippet

// Leaves out what is not given, since the endpoints have the same defaults as the page.
function given(values) {
  const kept = ([, value]) => value !== null && value !== undefined && value !== "";
  return Object.fromEntries(Object.entries(values).filter(kept));
}

// Shortens a text, and notes that.
function shortened(text, notes) {
  const characters = Array.from(text ?? "");
  if (characters.length <= MAX_CHARACTERS) return text ?? "";
  notes.push(["note-cut", { n: MAX_CHARACTERS }]);
  return characters.slice(0, MAX_CHARACTERS).join("");
}

// What one has to know about a model that is named in code.
function notesOfModel(key) {
  if (/^(start-)?[0-9a-f]{32}$/.test(key ?? "")) return [["note-run", {}]];
  if (/^upload-/.test(key ?? "")) return [["note-upload-model", {}]];
  return /\//.test(key ?? "") ? [["note-private", {}]] : [];
}

// Gradio's number fields may hold text while they are typed in.
function numberOf(text) {
  const value = String(text ?? "").trim();
  return /^\d+$/.test(value) ? Number(value) : null;
}

function generateCall(fields) {
  const { checkpoint, prefix, next_char: nextChar, length } = fields;
  const notes = notesOfModel(checkpoint);
  const greedy = nextChar?.mode === "greedy";
  const values = {
    checkpoint: checkpoint ?? "tide-clock",
    prefix: shortened(prefix, notes),
    length: Number(length ?? 200),
    mode: nextChar?.mode ?? "sample",
    alpha: greedy ? null : (nextChar?.alpha ?? 1),
    seed: greedy ? null : numberOf(fields["generate-seed"]),
    stop: fields["generate-stop"]?.replaceAll("\\n", "\n").replaceAll("\\t", "\t"),
    finish_sentence: fields["generate-finish"] || null,
  };
  return { endpoint: "/generate", arguments: given(values), streams: false, notes };
}

const TEXTBOOK = "textbook";
const CUSTOM = "custom";
const OWN = "own";

function trainCall(fields, settingNames) {
  const { corpus, paste, files, source, experiment, start } = fields;
  const notes = notesOfModel(start);
  // Custom has a recipe that it began with, and all settings as they stand in its fields.
  const recipe = {
    [TEXTBOOK]: experiment,
    [CUSTOM]: fields.previous_choice?.recipe ?? CUSTOM,
  };
  const values = { corpus, recipe: recipe[fields.recipe] ?? fields.recipe };
  if (corpus === OWN) {
    const usesFiles = files?.length && (source === "files" || !paste);
    const name = files?.[0]?.orig_name ?? "text.txt";
    values.corpus = usesFiles ? { file: name } : null;
    values.text = usesFiles ? null : shortened(paste, notes);
    if (usesFiles) notes.push(["note-file", { name }]);
  }
  if (fields.recipe === CUSTOM)
    // An empty field is one that stands for none.
    values.settings = Object.fromEntries(
      settingNames.map((name) => [
        name,
        fields[name] || fields[name] === 0 || fields[name] === false ? fields[name] : "none",
      ]),
    );
  values.start = start;
  return { endpoint: "/train", arguments: given(values), streams: true, notes };
}

function inspectCall({ reading }) {
  const notes = notesOfModel(reading?.checkpoint);
  const values = {
    checkpoint: reading?.checkpoint ?? "tide-clock",
    text: shortened(reading?.text ?? "The tide clock ", notes),
  };
  return { endpoint: "/inspect", arguments: values, streams: false, notes };
}

export function callOf(tab, fields, settingNames) {
  if (tab === "generate") return generateCall(fields);
  if (tab === "inspect") return inspectCall(fields);
  if (tab === "models") return { endpoint: "/models", arguments: {}, streams: false, notes: [] };
  return trainCall(fields, settingNames);
}

// A file cannot be sent in the JSON of a call: curl gets a text in its place.
export function withoutFile(call) {
  if (!call.arguments.corpus?.file) return call;
  const { corpus, ...others } = call.arguments;
  const notes = [["note-upload", {}]];
  return { ...call, arguments: { text: "the tide comes in ".repeat(100), ...others }, notes };
}
