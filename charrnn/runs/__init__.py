"""Runs: trainings in processes of their own, each with a directory that outlives them.

A run's directory holds its request (`run.json`), its events (`events.jsonl`), the model kept so
far (`checkpoint/`) and all that is needed to go on (`resume/`). Its state follows from these files:

    queued ──> running ──> finished, diverged or failed
       │          │
       └──────────┴──> stopping ──> stopped

A run whose process dies has failed, unless its app has died, too: then it can be resumed as one
that was stopped or has finished can. A resumed run is queued again.
"""
