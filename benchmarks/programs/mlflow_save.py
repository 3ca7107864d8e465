"""The model as an MLflow model folder."""

import joblib
import mlflow
import numpy as np

mlflow.sklearn.save_model(
    joblib.load("iris.joblib"),
    "iris_mlflow",
    input_example=np.array([[5.1, 3.5, 1.4, 0.2]]),
    serialization_format="cloudpickle",
)
