"""The models of the demo are the same each time, and worth showing."""

from unshelf.cli.demo.full.sklearn_models import train


def test_the_models_know_something_about_their_tables() -> None:
    training = train()
    assert train() is training
    assert list(training.loans.frame)[:2] == ["income", "age"]
    assert sum(training.loans.truth) == len(training.loans.truth) // 5
    for model, table in ((training.default_simple, training.loans), (training.churn, training.customers)):
        assert model.score(table.frame, table.truth) > 0.85
    assert set(training.offer.predict(training.customers.frame)) == {0, 1, 2}
