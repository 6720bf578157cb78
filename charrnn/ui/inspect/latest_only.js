// Returns a function that asks one question at a time: while it waits for an answer, only the last
// of further questions is kept. It resolves to the answer, or to null for a question that is older.
export function latestOnly(ask) {
  let running = Promise.resolve();
  let last = 0;
  return (question) => {
    const mine = ++last;
    const answer = running.then(() => (mine === last ? ask(question) : null));
    running = answer.catch(() => null);
    return answer.then((found) => (mine === last ? found : null));
  };
}
