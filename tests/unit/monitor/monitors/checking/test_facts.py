"""Facts of a model that monitors are held against."""

from unshelf.contracts.errors import NotFound
from unshelf.contracts.monitoring.columns import ModelFacts
from unshelf.contracts.signature import Column, Columns, RecordedScores, Signature
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.monitors.checking.facts import ModelFactsReader, facts_found


def columns(*names: str) -> Columns:
    return Columns(columns=[Column(name=name, type="float64") for name in names])


SIGNATURES: dict[int, Signature | None] = {
    1: Signature(inputs=columns("age"), outputs=columns("answer")),
    2: Signature(
        inputs=columns("age", "income"), outputs=columns("answer"),
        scores=RecordedScores(method="predict_proba", classes=["no", "yes"]),
    ),
    3: None,
}  # fmt: skip
RECORDED = {1: ["in:age", "in:region", "out:answer"], 4: []}


def signature_of(_model: str, version: int) -> Signature | None:
    if version not in SIGNATURES:
        raise NotFound("It is gone.")
    return SIGNATURES[version]


def reader() -> ModelFactsReader:
    return ModelFactsReader(
        signature_of=signature_of,
        roles_of=lambda _, version: ColumnRoles(
            task="regression" if version == 3 else "classification", scores="predict_proba" if version == 2 else None
        ),
        recorded=lambda _, version: RECORDED.get(version, []), versions_of=lambda _: [1, 2],
    )  # fmt: skip


def test_signature_and_records_say_what_there_is() -> None:
    found = reader().of("credit", [1])
    assert found == ModelFacts(["age", "region"], ["answer"], task="classification", has_scores=False)
    found = reader().of("credit", [])
    assert found == ModelFacts(["age", "income"], ["answer", "scores[2] yes"], task="classification", has_scores=True)


def test_what_one_version_has_may_be_watched_and_nothing_is_known_of_another() -> None:
    found = reader().of("credit", [1, 2, 9])
    assert found.inputs == ["age", "region", "income"]
    assert (found.task, found.has_scores) == ("classification", True)
    found = reader().of("credit", [1, 3])
    assert (found.inputs, found.outputs, found.task) == (None, None, None)
    assert reader().of("credit", [9]) == ModelFacts()


def test_a_signature_that_the_check_found_has_the_scores() -> None:
    assert SIGNATURES[2] is not None
    assert facts_found(SIGNATURES[2]).outputs == ["answer", "scores[2] yes"]
    assert facts_found(Signature(inputs=columns("age"), outputs=None)).outputs is None
