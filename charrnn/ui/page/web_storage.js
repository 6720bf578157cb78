// JSON in the browser's storage, which may be full, switched off, or changed by the user.
// `storage` is "localStorage" or "sessionStorage".

// Returns the value of a key; null if there is none, or if it cannot be read.
export function readStored(storage, key) {
  try {
    return JSON.parse(window[storage].getItem(key));
  } catch (error) {
    console.info("nothing is remembered:", error.name);
    return null;
  }
}

// Stores a value if the browser lets it.
export function writeStored(storage, key, value) {
  try {
    window[storage].setItem(key, JSON.stringify(value));
  } catch (error) {
    console.info("this is not remembered:", error.name);
  }
}
