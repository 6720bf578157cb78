"""Computations that the page may stop, by its own JavaScript."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import charrnn.ui

MODULE = Path(charrnn.ui.__file__).parent / "page" / "page_job.js"
pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")


def evaluated(body):
    """What `body` returns, with a `job` and the names that were `stopped`."""
    script = f"""
      const {{ pageJob }} = await import({json.dumps(MODULE.as_uri())});
      const stopped = [];
      const job = pageJob((name) => stopped.push(name));
      const never = new Promise(() => {{}});
      const result = await (async () => {{ {body} }})();
      process.stdout.write(JSON.stringify(result));
    """
    command = ["node", "--input-type=module", "-e", script]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_a_new_job_stops_the_one_before_and_has_another_name():
    names, stopped, running = evaluated("""
      const names = [];
      for (let i = 0; i < 3; i++) job.run((name) => { names.push(name); return never; });
      return [names, stopped, job.name()];
    """)
    assert len(set(names)) == 3
    assert (stopped, running) == (names[:2], names[2])


def test_a_job_that_has_ended_is_not_stopped():
    assert evaluated("""
      const answer = await job.run(async () => 7);
      await job.run(async () => { throw new Error("lost"); }).catch(() => null);
      job.stop();
      return [answer, stopped, job.name()];
    """) == [7, [], None]


def test_an_older_job_that_ends_leaves_the_running_one():
    older, stopped, running = evaluated("""
      let end;
      const older = job.run(() => new Promise((resolve) => { end = resolve; }));
      const first = job.name();
      job.run(() => never);
      end();
      await older;
      return [first, stopped, job.name()];
    """)
    assert stopped == [older]
    assert running not in (older, None)
