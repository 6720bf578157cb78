"""When the machine's speed is measured, and when again."""

from fake_clock import FakeClock

from charrnn.training.machine_speed import MachineSpeed


def test_only_a_refresh_measures_the_speed_again():
    measured, clock = iter([100.0, 900.0, 300.0]), FakeClock()
    speed = MachineSpeed(lambda: next(measured), lambda: False, clock)
    speed.refresh()
    assert speed() == 100.0, "what nobody has asked for is not measured"
    speeds = []
    for clock.now in (1.0, 100.0, 101.0, 200.0):
        before = speed()
        speed.refresh()
        speeds.append((before, speed()))
    assert speeds == [(100.0, 100.0), (100.0, 900.0), (900.0, 900.0), (900.0, 900.0)]


def test_a_busy_machine_is_not_measured_again():
    measured, clock = iter([100.0]), FakeClock()
    speed = MachineSpeed(lambda: next(measured), lambda: True, clock)
    assert speed() == 100.0
    clock.now = 1000.0
    speed.refresh()
    assert speed() == 100.0


def test_an_idle_machine_is_not_measured_for_ever():
    measurements, clock = [], FakeClock()

    def measure():
        measurements.append(clock.now)
        return 100.0

    speed = MachineSpeed(measure, lambda: False, clock)
    speed()
    for hour in range(1, 100):
        clock.now = 3600.0 * hour
        speed.refresh()
    assert len(measurements) == 8
