"""Runs: trainings in worker processes, each with a directory that outlives the process.

A run's directory holds its manifest (`run.json`), its events (`events.jsonl`), the best model so
far (`checkpoint/`) and the state to resume from (`resume/`). The state of a run is not stored: it
follows from these files and from two locks, so a crash at any moment leaves a consistent state.

               enqueue            worker starts               training ends
    (created) ─────────> queued ────────────────> running ────────────────────> finished
                           │                         │  │                       diverged
                           │ stop                    │  │ error, worker dies
                           │                    stop │  └────────────────────> failed
                           v                         v
                        stopped <──────────────  stopping

    queued      an attempt file says that the run waits, and the app that wrote it is alive
    running     a worker holds worker.lock, or an app that is alive has started one
    stopping    as running, and the command to stop has been given
    the others  the `end` event of the latest attempt, whose `reason` is the state

If a worker dies without an `end` event, its app writes one (`failed`). If the app died as well,
the next app, or the next reader that follows the run, writes it and marks it as interrupted. A
run that has ended can be resumed if it has a state to resume from: it is queued again.

`manager` runs the workers of an app, `run` is one directory, `run_directory` reads it, `attempts`
says which app is responsible for it.
"""
