"""Train a forest on the wine data of scikit-learn, as a job: parameters in, results and the model out."""

import json
import os
from pathlib import Path

import joblib
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

# At a desk there is no platform: then the defaults, and a folder beside this file.
given = os.environ.get("UNSHELF_PARAMETERS")
parameters = json.loads(Path(given).read_text()) if given else {}
outputs = Path(os.environ.get("UNSHELF_OUTPUTS", "out"))
outputs.mkdir(exist_ok=True)

trees, depth = int(parameters.get("trees", 50)), parameters.get("depth")
table, kind = load_wine(return_X_y=True)
forest = RandomForestClassifier(trees, max_depth=depth, random_state=0)
scores = cross_val_score(forest, table, kind, cv=3)
for fold, score in enumerate(scores, start=1):
    print(f"fold {fold}: {score:.1%} right")

joblib.dump(forest.fit(table, kind), outputs / "model.joblib")
results = Path(os.environ.get("UNSHELF_RESULTS", outputs / "results.json"))
results.write_text(json.dumps({"accuracy": float(scores.mean()), "trees": trees}))
print(f"{trees} trees: {scores.mean():.1%} right")
