"""The steps that are jobs: read the measurements, split them, fit a model. Changing another file leaves their cached values as they are."""

import json
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import unshelf

LABEL = "malignant"


@unshelf.step(inputs={"measurements": "data://tumours"})
def split(measurements: Path, held_out: float) -> dict[str, pd.DataFrame]:
    """Hold rows out, the same ones for the same data, as many of each diagnosis as there are in all."""
    rows = pd.read_csv(measurements)
    train, test = train_test_split(rows, test_size=held_out, random_state=0, stratify=rows[LABEL])
    return {"train": train.reset_index(drop=True), "test": test.reset_index(drop=True)}


@unshelf.step(inputs={"predictions": "data://tumours-seen"})
def split_seen(predictions: Path, held_out: float) -> dict[str, pd.DataFrame]:
    """Hold rows out of what the live version was asked, with the truth that came later in place of its answers."""
    seen = pd.read_parquet(predictions)
    notes = [name for name in seen if name == "output" or name.startswith(("prediction_", "predicted_"))]
    rows = seen.drop(columns=notes).rename(columns={"label": LABEL})
    train, test = train_test_split(rows, test_size=held_out, random_state=0, stratify=rows[LABEL])
    return {"train": train.reset_index(drop=True), "test": test.reset_index(drop=True)}


@unshelf.step(retries=1, time_limit=600)
def fit(rows: pd.DataFrame, strength: float) -> Path:
    """Fit a classifier, and return a folder with the model, its packages and an example."""
    features = rows.drop(columns=LABEL)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000)).fit(features, rows[LABEL])
    folder = Path("/tmp/model")
    folder.mkdir()
    joblib.dump(model, folder / "model.joblib")
    (folder / "example.json").write_text(json.dumps({"inputs": features.head(3).to_dict("records")}))
    return folder
