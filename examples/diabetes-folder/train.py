"""Trains the model and writes `model.skops` and `example.json` beside this file."""

import json
from pathlib import Path

import skops.io
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parent

table, progression = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(table, progression, random_state=0)
model = make_pipeline(StandardScaler(), RidgeCV()).fit(X_train, y_train)
print(f"R² on {len(X_test)} patients it has not seen: {model.score(X_test, y_test):.2f}")

skops.io.dump(model, FOLDER / "model.skops")
(FOLDER / "example.json").write_text(json.dumps({"inputs": X_test[:2].to_dict("records")}, indent=1) + "\n")
print("now: unshelf deploy", FOLDER)
