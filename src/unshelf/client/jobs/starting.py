"""Methods for all that starts jobs again."""

from unshelf.client.jobs.schedules import ScheduleMethods
from unshelf.client.jobs.sweeps import SweepMethods
from unshelf.client.jobs.triggers import TriggerMethods


class StartingMethods(ScheduleMethods, SweepMethods, TriggerMethods):
    """Sweeps, schedules and triggers."""
