"""Training of the demo, as plain values: tables, and models of scikit-learn."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class DemoTable:
    """Rows, and the truth about each."""

    frame: Any
    """A DataFrame of pandas."""
    label: str
    truth: list[float]


@dataclass(frozen=True, kw_only=True)
class Training:
    """The tables, and the models that were trained with them."""

    loans: DemoTable
    customers: DemoTable
    default_simple: Any
    """Logistic regression on the loans."""
    default_forest: Any
    churn: Any
    offer: Any
    """One of three offers for a customer."""
    patients: DemoTable
    """Real: the diabetes patients of Efron, Hastie, Johnstone and Tibshirani (2004), as scikit-learn ships them."""
    parcels: DemoTable
    delivery: Any
    """The hours that a parcel is on its way, from all columns but the region."""
    progress_linear: Any
    progress_forest: Any
