"""BentoML: one request at a time, in one process or two, and with its batching."""

import bentoml
import joblib
import numpy as np


@bentoml.service(workers=1)
class Iris:
    def __init__(self):
        self.model = joblib.load("iris.joblib")

    @bentoml.api
    def predict(self, instances: list[list[float]]) -> dict:
        return {"predictions": self.model.predict(np.asarray(instances)).tolist()}


@bentoml.service(workers=2)
class IrisTwice:
    def __init__(self):
        self.model = joblib.load("iris.joblib")

    @bentoml.api
    def predict(self, instances: list[list[float]]) -> dict:
        return {"predictions": self.model.predict(np.asarray(instances)).tolist()}


@bentoml.service(workers=1)
class IrisBatched:
    def __init__(self):
        self.model = joblib.load("iris.joblib")

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=1000)
    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x)
