"""Programs that the demo has run, as people of it would have written them: a training script, one that fails, and a pipeline."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TRAIN = '''"""Train a forest that ranks loan applications, and say how well it does on folds that it has not seen."""

import json
import os
from pathlib import Path

import joblib
import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

given = {"trees": 25, "depth": 4, **json.loads(Path(os.environ["UNSHELF_PARAMETERS"]).read_text())}
table = numpy.genfromtxt(os.environ["UNSHELF_DATA_LOANS"], delimiter=",", skip_header=1)
rows, defaulted = table[:, :-1], table[:, -1]
print(f"{len(rows)} applications, {int(defaulted.sum())} of them defaulted")
forest = RandomForestClassifier(int(given["trees"]), max_depth=int(given["depth"]), random_state=1)
scores = cross_val_score(forest, rows, defaulted, cv=3, scoring="roc_auc")
for fold, score in enumerate(scores, start=1):
    print(f"fold {fold}: AUC {score:.3f}")
joblib.dump(forest.fit(rows, defaulted), Path(os.environ["UNSHELF_OUTPUTS"]) / "forest.joblib")
Path(os.environ["UNSHELF_RESULTS"]).write_text(json.dumps({"auc": float(scores.mean()), "spread": float(scores.std())}))
print(f"AUC {scores.mean():.3f}")
'''
FAILING = '''"""Compare the scores of two quarters."""

import csv
import os

with open(os.environ["UNSHELF_DATA_LOANS"], newline="") as file:
    rows = list(csv.DictReader(file))
print(f"{len(rows)} applications")
quarters = {row["quarter"] for row in rows}
'''
PIPELINE = '''"""Which share of applications defaults at each number of late payments, as a rule for people."""

import csv
from pathlib import Path

import unshelf


@unshelf.step(inputs={"loans": "data://loan-applications"}, environment="science")
def count(loans: Path) -> dict[str, list[int]]:
    """Count applications and defaults by the number of late payments."""
    found: dict[str, list[int]] = {}
    with open(loans, newline="") as file:
        for row in csv.DictReader(file):
            counted = found.setdefault(str(int(float(row["late_payments"]))), [0, 0])
            counted[0] += 1
            counted[1] += int(float(row["defaulted"]))
    return found


@unshelf.step(environment="science")
def fit(counts: dict[str, list[int]], prior: float) -> dict[str, float]:
    """Shrink each share towards the whole: few applications say little."""
    applications, defaults = (sum(each[place] for each in counts.values()) for place in (0, 1))
    whole = defaults / applications
    return {late: (bad + prior * whole) / (seen + prior) for late, (seen, bad) in sorted(counts.items())}


@unshelf.step(environment="science")
def write(shares: dict[str, float], limit: float) -> str:
    """Write the rule down."""
    looked_at = [late for late, share in shares.items() if share > limit]
    return f"Look by hand at applications with {looked_at[0] if looked_at else 9} late payments and more."


@unshelf.pipeline
def late_payments(prior: float = 20.0, limit: float = 0.25) -> None:
    """Renew the rule for applications that people look at."""
    write(fit(count(), prior=prior), limit=limit)
'''


@contextmanager
def written(name: str, text: str) -> Iterator[Path]:
    """Yield a file with this text, alone in a folder that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="unshelf-demo-") as folder:
        path = Path(folder, name)
        path.write_text(text)
        yield path
