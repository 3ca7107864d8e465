"""A model's quality, from the first look without labels to a file of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete

from tests.ui.looking import Visit
from tests.ui.test_pages import keep
from tests.unit.monitor.performance.estimates.test_estimate import hour
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.monitor.performance.sums import QualitySums, as_plain
from unshelf.monitor.performance.tables import QualityWindowRow

TAB = "/models/seen?tab=quality"


def test_somebody_learns_how_to_send_labels_and_uploads_a_file(
    visit: Visit, screens: Path | None, tmp_path: Path
) -> None:
    visit.platform.predict("seen", [{"a": 1.0, "b": 2.0}])
    visit.enter()
    visit.open(TAB)
    page = visit.page
    page.get_by_text("No label has arrived yet").wait_for()
    page.get_by_text(f"curl {visit.platform.url}/api/v1/labels").wait_for()
    visit.settle()
    keep(visit, screens, TAB, "story-light")
    assert visit.barriers() == []
    path = tmp_path / "truth.csv"
    path.write_text("prediction_id,label\nnowhere,1.5\n")
    page.get_by_label("File of labels").set_input_files(path)
    page.get_by_text("1 label stored, 0 of them corrections; 0 known already. 1 wait for their prediction").wait_for()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("dialog").wait_for(state="detached")
    path.write_text("a,b\n1,2\n")
    page.get_by_label("File of labels").set_input_files(path)
    page.get_by_text("The first line names no column prediction_id (or key) and label: it has a, b.").wait_for()
    summary = visit.platform.http.get("/api/v1/labels/summary", params={"model": "seen"}).json()
    assert (summary["labels"], summary["waiting"]) == (1, 1)


def test_somebody_adds_a_metric_of_their_own_and_removes_it(visit: Visit) -> None:
    visit.enter()
    visit.open(TAB)
    page = visit.page
    page.get_by_role("button", name="Add a metric").click()
    page.get_by_label("What it says, in a sentence").fill("EUR lost a parcel")
    page.get_by_label("Python").fill("def lost_margin(truth, prediction, rows):\n    return 1\n")
    assert visit.barriers() == []
    page.get_by_role("button", name="Save the metric").click()
    page.get_by_text("Not evaluated yet: it waits for labels.").wait_for()
    (metric,) = visit.platform.http.get("/api/v1/models/seen/quality/metrics").json()["metrics"]
    assert (metric["name"], metric["description"], metric["better"]) == ("lost_margin", "EUR lost a parcel", "neither")
    page.get_by_role("button", name="Remove lost_margin").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove lost_margin").click()
    page.get_by_text("EUR lost a parcel").wait_for(state="detached")
    assert visit.platform.http.get("/api/v1/models/seen/quality/metrics").json() == {"metrics": []}


def test_a_slice_shows_its_estimate_marked_as_one_before_its_labels_come(visit: Visit) -> None:
    database = SqliteDatabase(f"sqlite:///{visit.platform.home}/unshelf.db")
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    try:
        with database.transaction() as session:
            for number in range(-6, 0):
                sums = {}
                for name, right in (("north", 0.9), ("south", 0.3)):
                    each = hour(number, right, labelled=0 if number == -1 else None)
                    sums[f"region={name}"] = QualitySums(rows=100, labelled=each.labelled, confidence=each.confidence)
                start = now + timedelta(days=number)
                session.add(
                    QualityWindowRow(model="seen", version=1, start=start, sums=as_plain(sums), changed_at=start)
                )
        visit.enter()
        visit.open(TAB)
        row = (
            visit.page.get_by_role("table", name="By version and slice")
            .get_by_role("row")
            .filter(has_text="region = south")
        )
        row.wait_for()
        said = row.inner_text().lower()
        assert "estimate" in said and "%" in said
        visit.page.get_by_text("Estimated accuracy, without labels").wait_for()
        assert visit.barriers() == []
    finally:
        with database.transaction() as session:
            session.execute(delete(QualityWindowRow).where(QualityWindowRow.model == "seen"))
        database.dispose()
