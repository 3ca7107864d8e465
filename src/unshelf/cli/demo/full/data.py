"""Datasets of the demo: what the models were trained with, as CSV."""

import tempfile
from pathlib import Path

from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.training import Training
from unshelf.cli.lazy import load


def fill(stage: Stage) -> str:
    """Add the datasets that are missing."""
    if {"loan-applications", "customers", "patients"} <= {each["name"] for each in stage.admin.data.names()}:
        return "3 datasets"
    training: Training = load("unshelf.cli.demo.full.sklearn_models:train")()
    adding = {
        "loan-applications": ("ben", "credit", "Applications of the last year, and whether the loan defaulted.", training.loans),
        "customers": ("mia", "customer-care", "Customers at the end of a month, and whether they left.", training.customers),
        "patients": ("mia", "clinic", "Patients with diabetes, and how far it had gone after a year.", training.patients),
    }  # fmt: skip
    for name, (person, project, description, table) in adding.items():
        with tempfile.TemporaryDirectory(prefix="unshelf-demo-") as folder:
            path = Path(folder, f"{name}.csv")
            table.frame.assign(**{table.label: table.truth}).to_csv(path, index=False)
            stage.person(person).data.add(name, path, project=project, description=description)
    return f"{len(adding)} datasets"
