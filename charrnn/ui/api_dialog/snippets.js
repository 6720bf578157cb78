// A call of an endpoint as code in Python, JavaScript and for curl. A call is {endpoint, arguments,
// streams}; an argument that is {file: name} is a file. The code is complete: it runs as it is.

const json = (value) => JSON.stringify(value);

// Returns a JSON value as Python writes it. JSON's strings and numbers are Python's, too.
function python(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return json(value);
  if (value.file) return `handle_file(${json(value.file)})`;
  const items = Object.entries(value).map(([key, one]) => `${json(key)}: ${python(one)}`);
  return `{${items.join(", ")}}`;
}

const javascript = (value) => (value?.file ? `handle_file(${json(value.file)})` : json(value));

const files = (call) => Object.values(call.arguments).some((value) => value?.file);

function pythonCode({ address, call }) {
  const named = Object.entries(call.arguments).map(([name, value]) => `${name}=${python(value)}`);
  const lines = [...named, `api_name=${json(call.endpoint)}`].map((line) => `    ${line},`);
  const head = [
    `from gradio_client import Client${files(call) ? ", handle_file" : ""}`,
    "",
    `client = Client(${json(address)})`,
  ];
  if (!call.streams)
    return [...head, "result = client.predict(", ...lines, ")", "print(result)"].join("\n");
  return [
    ...head,
    "job = client.submit(",
    ...lines,
    ")",
    "for event in job:",
    "    print(event)",
    "job.result()  # raises the error, if there was one",
  ].join("\n");
}

function javascriptCode({ address, call }) {
  const named = Object.entries(call.arguments).map(
    ([name, value]) => `  ${name}: ${javascript(value)},`,
  );
  const head = [
    `import { Client${files(call) ? ", handle_file" : ""} } from "@gradio/client";`,
    "",
    `const client = await Client.connect(${json(address)});`,
  ];
  const given = named.length ? ["{", ...named, "}"] : ["{}"];
  const values = given.join("\n");
  if (!call.streams)
    return [
      ...head,
      `const result = await client.predict(${json(call.endpoint)}, ${values});`,
      "console.log(result.data[0]);",
    ].join("\n");
  return [
    ...head,
    `const job = client.submit(${json(call.endpoint)}, ${values});`,
    "for await (const message of job) {",
    '  if (message.type === "data") console.log(message.data[0]);',
    '  if (message.stage === "error") throw new Error(message.message);',
    "}",
  ].join("\n");
}

// Quotes a text for a shell.
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curlCode({ address, call }) {
  const path = `${address.replace(/\/$/, "")}/gradio_api/call`;
  return [
    `EVENT_ID=$(curl -sS ${quoted(`${path}/v2${call.endpoint}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted(json(call.arguments))} | cut -d'"' -f4)`,
    `curl -sSN ${quoted(`${path}${call.endpoint}/`)}"$EVENT_ID"`,
  ].join("\n");
}

// The entry of an MCP client's settings.
function mcpCode({ address }) {
  const url = `${address.replace(/\/$/, "")}/gradio_api/mcp/`;
  return JSON.stringify({ mcpServers: { charrnn: { url } } }, null, 2);
}

export const LANGUAGES = {
  python: pythonCode,
  javascript: javascriptCode,
  curl: curlCode,
  mcp: mcpCode,
};
