// A computation on the server that the page waits for, and may stop (services/page_jobs.py).

const page = crypto.randomUUID?.() ?? String(Math.random());
let jobs = 0; // that the page has begun

// Runs one computation at a time: a new one stops the one before. Each has a name of its own, since
// a request to stop one may reach the server after the next one has begun. `stop(name)` sends it.
export function pageJob(stop) {
  let running = null; // the name of the computation; null if there is none

  function end() {
    if (running !== null) stop(running);
    running = null;
  }

  return {
    // Returns what `compute(name)` resolves to.
    async run(compute) {
      end();
      jobs += 1;
      const name = `${page}-${jobs}`;
      running = name;
      try {
        return await compute(name);
      } finally {
        if (running === name) running = null;
      }
    },
    stop: end,
    name: () => running,
  };
}
