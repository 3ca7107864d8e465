import sys
from pathlib import Path

import mlflow
from case import publish
from mlflow.models import infer_signature
from mlflow.models.utils import convert_input_example_to_serving_input
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_wine(return_X_y=True, as_frame=True)
model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(X, y)
folder = Path(sys.argv[2])
mlflow.sklearn.save_model(
    model,
    folder / "mlflow_model",
    signature=infer_signature(X, model.predict(X)),
    input_example=X[:5],
    serialization_format="cloudpickle",
)
(folder / "payload.json").write_text(convert_input_example_to_serving_input(X))
tensors = {name: X[name].to_numpy() for name in X}
publish(folder / "mlflow_model", X, model.predict, tensors=tensors, rows=X.to_dict("records"))
