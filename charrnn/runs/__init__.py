"""Runs: trainings in processes of their own, each with a directory that outlives them.

A run's directory holds its request (`run.json`), its events (`events.jsonl`), the model kept so
far (`checkpoint/`) and all that is needed to go on (`resume/`). Its state follows from these files:

    queued ──> running ──> finished, diverged or failed
       │          │
       │          ├──> stopping ──> stopped
       │          └──> interrupted (its process, or its app, has died)
       └──> cancelled

A run that was stopped, interrupted or has finished can be resumed; then it is queued again.
"""
