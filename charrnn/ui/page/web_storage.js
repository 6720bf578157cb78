// The browser's localStorage and sessionStorage, which may be full, switched off, or changed by the
// user. `storage` is "localStorage" or "sessionStorage".

// Returns the text of a key; null if there is none, or if the browser denies storage.
export function readText(storage, key) {
  try {
    return window[storage].getItem(key);
  } catch (error) {
    console.info("nothing is remembered:", error.name);
    return null;
  }
}

// Stores a text if the browser lets it; an empty one is removed.
export function writeText(storage, key, text) {
  try {
    if (text) window[storage].setItem(key, text);
    else window[storage].removeItem(key);
  } catch (error) {
    console.info("this is not remembered:", error.name);
  }
}

// Returns the JSON value of a key; null if there is none, or if it cannot be read.
export function readStored(storage, key) {
  try {
    return JSON.parse(readText(storage, key));
  } catch (error) {
    console.info("nothing is remembered:", error.name);
    return null;
  }
}

export const writeStored = (storage, key, value) => writeText(storage, key, JSON.stringify(value));
