"""Trains the models of the full demo with scikit-learn, on made-up tables and on real patients; imported when that is there."""

from functools import cache

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
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
    patients, progress = _patients()
    parcels = _parcels(chance)
    offers = np.clip((spend // 50).astype(int), 0, 2)
    return Training(
        loans=loans, customers=customers,
        default_simple=make_pipeline(StandardScaler(), LogisticRegression()).fit(loans.frame, loans.truth),
        default_forest=RandomForestClassifier(25, max_depth=5, random_state=_SEED).fit(loans.frame, loans.truth),
        churn=make_pipeline(StandardScaler(), LogisticRegression()).fit(customers.frame, customers.truth),
        offer=RandomForestClassifier(15, max_depth=4, random_state=_SEED).fit(customers.frame, offers),
        parcels=parcels,
        delivery=LinearRegression().fit(parcels.frame.drop(columns="region"), parcels.truth),
        patients=DemoTable(frame=patients, label="progression", truth=progress),
        progress_linear=make_pipeline(StandardScaler(), Ridge()).fit(patients, progress),
        progress_forest=RandomForestRegressor(30, max_depth=6, random_state=_SEED).fit(patients, progress),
    )  # fmt: skip


def _patients() -> tuple[pd.DataFrame, list[float]]:
    """The 442 patients in their own units, and how far their disease had gone after a year."""
    found = load_diabetes(as_frame=True, scaled=False)
    names = {
        "s1": "total_cholesterol",
        "s2": "ldl",
        "s3": "hdl",
        "s4": "cholesterol_ratio",
        "s5": "log_triglycerides",
        "s6": "glucose",
    }
    frame = found.data.rename(columns=names | {"bp": "blood_pressure"}).astype(float)
    return frame, found.target.tolist()


def _parcels(chance: np.random.Generator) -> DemoTable:
    """Make up parcels, and the hours that each was on its way: those to the islands wait for a boat."""
    region = chance.choice(["city", "country", "islands"], _ROWS, p=[0.55, 0.38, 0.07])
    far = np.select([region == "city", region == "country"], [20.0, 90.0], 260.0)
    distance = (far * chance.lognormal(0.0, 0.4, _ROWS)).round(1)
    weight = chance.gamma(2.0, 1.8, _ROWS).round(2)
    stops = chance.integers(20, 160, _ROWS).astype(float)
    hours = 6 + 0.11 * distance + 0.4 * weight + 0.05 * stops + chance.normal(0, 2.5, _ROWS) + 9 * (region == "islands")
    frame = pd.DataFrame({"region": region, "distance_km": distance, "weight_kg": weight, "stops": stops})
    return DemoTable(frame=frame, label="hours", truth=np.clip(hours, 2, None).round(1).tolist())


def _table(columns: list[str], label: str, score: "np.ndarray", *values: "np.ndarray") -> DemoTable:
    truth = (score > np.quantile(score, 0.8)).astype(int).tolist()
    return DemoTable(frame=pd.DataFrame(dict(zip(columns, values, strict=True))), label=label, truth=truth)
