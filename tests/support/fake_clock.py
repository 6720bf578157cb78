"""A clock that tests pass in, so that no test waits and none depends on how fast the machine is."""


class FakeClock:
    """Returns `now` when called, after moving it on by `tick` seconds."""

    def __init__(self, tick=0.0, now=0.0):
        self.tick, self.now = tick, now

    def __call__(self):
        self.now += self.tick
        return self.now
