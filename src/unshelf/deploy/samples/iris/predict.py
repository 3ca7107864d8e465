"""Which iris a flower is: logistic regression, fitted to Fisher's 150 flowers (1936), in plain Python."""

import json
import math
from pathlib import Path
from typing import Any

MODEL = json.loads(Path(__file__).with_name("model.json").read_text())


def predict(rows: list[dict[str, float]]) -> list[dict[str, Any]]:
    """Return the likeliest species of each flower, measured in centimetres, and how likely it is."""
    return [_likeliest([float(row[name]) for name in MODEL["inputs"]]) for row in rows]


def _likeliest(sizes: list[float]) -> dict[str, Any]:
    scores = [
        intercept + sum(weight * size for weight, size in zip(weights, sizes, strict=True))
        for weights, intercept in zip(MODEL["weights"], MODEL["intercepts"], strict=True)
    ]
    powers = [math.exp(score - max(scores)) for score in scores]
    best = max(range(len(powers)), key=powers.__getitem__)
    return {"species": MODEL["species"][best], "probability": round(powers[best] / sum(powers), 4)}
