"""Trains the models of the full demo with scikit-learn on tables that are made up; imported when scikit-learn is there."""

from functools import cache

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from unshelf.cli.demo.full.training import DemoTable, Training

_ROWS = 600
_SEED = 7


@cache
def train() -> Training:
    """Make up the tables and train the models: the same each time, well under a second."""
    chance = np.random.default_rng(_SEED)
    income = chance.lognormal(10.4, 0.4, _ROWS).round(0)
    age = chance.integers(19, 80, _ROWS).astype(float)
    amount = chance.lognormal(9.2, 0.6, _ROWS).round(0)
    term = chance.choice([12.0, 24.0, 36.0, 60.0], _ROWS)
    late = chance.poisson(0.7, _ROWS).astype(float)
    risk = 1.6 * late + 2.2 * amount / income - 0.02 * age + chance.normal(0, 0.7, _ROWS)
    loans = _table(
        ["income", "age", "amount", "term_months", "late_payments"], "defaulted", risk, income, age, amount, term, late
    )
    months = chance.integers(1, 120, _ROWS).astype(float)
    calls = chance.poisson(1.5, _ROWS).astype(float)
    spend = chance.gamma(3.0, 20.0, _ROWS).round(2)
    leaving = 0.8 * calls - 0.02 * months - 0.01 * spend + chance.normal(0, 0.6, _ROWS)
    customers = _table(["months", "calls_to_service", "monthly_spend"], "left", leaving, months, calls, spend)
    offers = np.clip((spend // 50).astype(int), 0, 2)
    return Training(
        loans=loans, customers=customers,
        default_simple=make_pipeline(StandardScaler(), LogisticRegression()).fit(loans.frame, loans.truth),
        default_forest=RandomForestClassifier(25, max_depth=5, random_state=_SEED).fit(loans.frame, loans.truth),
        churn=make_pipeline(StandardScaler(), LogisticRegression()).fit(customers.frame, customers.truth),
        offer=RandomForestClassifier(15, max_depth=4, random_state=_SEED).fit(customers.frame, offers),
    )  # fmt: skip


def _table(columns: list[str], label: str, score: "np.ndarray", *values: "np.ndarray") -> DemoTable:
    truth = (score > np.quantile(score, 0.8)).astype(int).tolist()
    return DemoTable(frame=pd.DataFrame(dict(zip(columns, values, strict=True))), label=label, truth=truth)
