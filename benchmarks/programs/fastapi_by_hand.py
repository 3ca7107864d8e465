"""What people write by hand: a route in the thread pool, and one in the event loop, which is faster for so small a model."""

import joblib
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

model = joblib.load("iris.joblib")
app = FastAPI()


class Request(BaseModel):
    instances: list[list[float]]


@app.post("/predict")
def predict(request: Request):
    return {"predictions": model.predict(np.asarray(request.instances)).tolist()}


@app.post("/predict-in-loop")
async def predict_in_loop(request: Request):
    return {"predictions": model.predict(np.asarray(request.instances)).tolist()}
