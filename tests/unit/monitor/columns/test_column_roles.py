"""What is missing, and what that costs."""

from unshelf.monitor.columns.column_roles import ColumnRoles, missing_of


def roles_missing(**roles: object) -> list[str]:
    found = missing_of(ColumnRoles(**roles))  # type: ignore[arg-type]
    assert all(each.cost.endswith(".") and each.how.endswith(".") for each in found)
    return [each.role for each in found]


def test_each_role_that_is_missing_is_named_with_its_price() -> None:
    assert roles_missing() == ["prediction", "task", "label", "key", "slices"]
    assert roles_missing(prediction="y", task="regression", label="y", key="id", slices=("a",)) == []


def test_scores_are_missed_in_classifiers_alone() -> None:
    assert "scores" in roles_missing(task="classification")
    assert "scores" not in roles_missing(task="classification", scores="p")
    assert "scores" not in roles_missing(task="regression")


def test_roles_as_json_values() -> None:
    assert ColumnRoles(prediction="y", classes=("a", "b")).plain() == {
        "prediction": "y", "scores": None, "classes": ["a", "b"], "task": None, "label": None, "key": None, "slices": [],
        "time": None, "query": None,
    }  # fmt: skip
