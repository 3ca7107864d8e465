"""Methods for all that runs jobs of its own, or starts them again, and for pipelines."""

from unshelf.client.benches.methods import BenchMethods
from unshelf.client.jobs.pipelines_client import PipelinesClient
from unshelf.client.jobs.schedules import ScheduleMethods
from unshelf.client.jobs.scorings import ScoringMethods
from unshelf.client.jobs.sweeps import SweepMethods
from unshelf.client.jobs.triggers import TriggerMethods


class StartingMethods(BenchMethods, ScoringMethods, ScheduleMethods, SweepMethods, TriggerMethods):
    """Benches, scorings, sweeps, schedules, triggers and pipelines."""

    @property
    def pipelines(self) -> PipelinesClient:
        """Steps of jobs with dependencies, kept by name, and their runs."""
        return PipelinesClient(self._http)
