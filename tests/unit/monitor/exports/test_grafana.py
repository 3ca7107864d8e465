"""Monitors as a Grafana dashboard: panels that do not overlap, with thresholds."""

from unshelf.monitor.exports.grafana import dashboard_of
from unshelf.monitor.monitors.defaults import default_monitors


def test_models_are_rows_of_panels_with_their_thresholds() -> None:
    found = dashboard_of([*default_monitors("credit", "standard"), *default_monitors("iris", "critical")])
    panels = found["panels"]
    assert [each["title"] for each in panels if each["type"] == "row"] == ["Unshelf", "credit", "iris"]
    assert len({each["id"] for each in panels}) == len(panels)
    places = [each["gridPos"] for each in panels]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells)), "panels overlap"
    assert max(at["x"] + at["w"] for at in places) <= 24
    latency = [each for each in panels if each["title"].startswith("Time that 95 %")]
    assert [each["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"] for each in latency] == [2000.0, 500.0]
    volume = next(each for each in panels if each["title"] == "Requests")
    assert volume["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] == "off"
    assert found["templating"]["list"][0]["name"] == "source"
