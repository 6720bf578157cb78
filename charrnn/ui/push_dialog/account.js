// Asks the server whose account a push would use.

import { sleep } from "../page/runtime.js";

const MAX_TRIES = 5;
const RETRY_PAUSE_MS = 1500; // after the first try; twice, three times as long after the next ones

// Yields the answers of `account_status` until one is complete. The Hub may be too slow to say whose
// token it is, and a broken connection brings no answer: undefined.
export async function* accountAnswers(server) {
  for (let tries = 1; ; tries++) {
    const answer = await server.account_status(null);
    yield answer;
    const isComplete = answer && (answer.account || !answer.signedIn);
    if (isComplete || tries === MAX_TRIES) return;
    await sleep(RETRY_PAUSE_MS * tries);
  }
}
