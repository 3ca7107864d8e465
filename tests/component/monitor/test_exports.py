"""Exports of a running control, which Prometheus's own tool checks."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.in_process import in_process_control

PROMTOOL = shutil.which("promtool")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, object]]:
    """Rules and dashboard of a control with one model."""
    with in_process_control(tmp_path_factory.mktemp("exports") / "home") as control:
        control.deploy("credit")
        rules = control.http.get("/api/v1/monitors/export/prometheus")
        dashboard = control.http.get("/api/v1/monitors/export/grafana", params={"model": "credit"})
        assert control.http.get("/api/v1/monitors/export/grafana", params={"model": "nothing"}).status_code == 404
    assert rules.headers["content-type"].startswith("application/yaml")
    return rules.text, dashboard.json()


def test_rules_and_dashboard_have_the_monitors_of_the_models(exports: tuple[str, dict[str, object]]) -> None:
    rules, dashboard = exports
    assert len(re.findall(r'^ +model: "credit"$', rules, re.MULTILINE)) == 6
    assert json.dumps(dashboard).count('model=\\"credit\\"') >= 6


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: apt-get install prometheus")
def test_promtool_takes_the_rules_and_each_query(exports: tuple[str, dict[str, object]], tmp_path: Path) -> None:
    rules, dashboard = exports
    panels: list[dict[str, object]] = dashboard["panels"]  # type: ignore[assignment]
    queries = [panel["targets"][0]["expr"] for panel in panels if "targets" in panel]  # type: ignore[index]
    drawn = [
        f"      - record: panel:{number}\n        expr: {json.dumps(query)}" for number, query in enumerate(queries)
    ]
    (tmp_path / "rules.yml").write_text(rules)
    (tmp_path / "panels.yml").write_text("groups:\n  - name: panels\n    rules:\n" + "\n".join(drawn) + "\n")
    assert PROMTOOL is not None
    for name, count in (("rules.yml", 11), ("panels.yml", len(queries))):
        done = subprocess.run(
            [PROMTOOL, "check", "rules", str(tmp_path / name)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{count} rules found" in done.stdout
