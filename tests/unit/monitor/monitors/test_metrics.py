"""What monitors found is published as they judge, and forgotten with the monitor."""

from pathlib import Path

from tests.support.actors import actor
from tests.support.monitored import asked
from tests.unit.monitor.monitors.conftest import BEGIN, HOUR, MODEL, Stage
from unshelf.contracts import counter_ids as c
from unshelf.gateway.telemetry.monitors import monitors
from unshelf.monitor.monitors.metrics import MonitorMetrics
from unshelf.monitor.monitors.service import MonitorChange
from unshelf.monitor.monitors.watching import MonitorWatch
from unshelf.runtime.mapped_counters import read_cells

ADMIN = actor("admin", id="admin", name="admin")


def published(folder: Path) -> dict[tuple[str, str], float]:
    total = dict(read_cells(folder / f"{c.MONITORS_CELLS}0.cells"))
    return {
        (sample.name.removeprefix("unshelf_monitor_"), sample.labels["monitor"]): sample.value
        for metric in monitors(total, lambda _: True)
        for sample in metric.samples
    }


def test_each_look_publishes_values_thresholds_and_alarms(stage: Stage, tmp_path: Path) -> None:
    metrics = MonitorMetrics(stage.database, stage.monitors, stage.results, tmp_path / "metrics", 0)
    watch: MonitorWatch = stage.watch
    watch._publish = metrics.publish
    stage.count(BEGIN, asked(400, 1, shift=15))
    stage.clock.moment = BEGIN + HOUR
    watch.look()
    found = published(tmp_path / "metrics")
    assert found["alarm", "inputs"] == 1
    assert found["value", "inputs"] > found["threshold", "inputs"] == 0.1
    assert (found["alarm", "errors"], found["value", "errors"], found["threshold", "errors"]) == (0, 0, 0.02)
    assert ("value", "volume") not in found, "it was not judged"

    stage.monitors.change(ADMIN, MODEL, "errors", MonitorChange(paused=True))
    metrics.publish([MODEL])
    assert ("alarm", "errors") not in published(tmp_path / "metrics")
    stage.live[MODEL] = []
    metrics.publish([MODEL])
    assert published(tmp_path / "metrics") == {}
