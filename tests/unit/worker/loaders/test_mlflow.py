"""MLflow model folders answer in a worker what `mlflow.pyfunc` answers in process."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression

from unshelf.client import frameworks
from unshelf.worker.errors import CannotLoad
from unshelf.worker.loaders import load_model

mlflow = pytest.importorskip(
    "mlflow", reason="mlflow is not installed; tests/integration runs it in its own environment"
)

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow and what it imports warn of themselves


def test_a_table(tmp_path, same_bits):
    X, y = load_wine(return_X_y=True, as_frame=True)
    model = LogisticRegression(solver="liblinear").fit(X, y == 1)
    signature = mlflow.models.infer_signature(X, model.predict(X))
    mlflow.sklearn.save_model(
        model, tmp_path / "wine", signature=signature, input_example=X[:5], serialization_format="cloudpickle"
    )
    found = frameworks.from_folder(tmp_path / "wine")
    assert [column.name for column in found.signature.inputs.columns] == X.columns.tolist()
    assert found.example == X[:5].to_numpy().tolist()
    assert found.requirements_file is not None and "scikit-learn==" in found.requirements_file.read_text()
    loaded = load_model(tmp_path / "wine", {"kind": "mlflow", "format": found.loader.format}, None)
    same_bits(loaded.predict(X), model.predict(X))
    with pytest.raises(CannotLoad, match="no method 'predict_proba'"):
        load_model(tmp_path / "wine", {"kind": "mlflow", "method": "predict_proba"}, None)


def test_a_tensor(tmp_path, same_bits):
    images = load_digits().images.astype(np.float32)

    class Ink(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input.sum(axis=(1, 2))

    mlflow.pyfunc.save_model(
        tmp_path / "ink", python_model=Ink(), signature=mlflow.models.infer_signature(images, images.sum(axis=(1, 2)))
    )
    found = frameworks.from_folder(tmp_path / "ink")
    assert found.signature.inputs.tensors[0].shape == [-1, 8, 8]
    loaded = load_model(tmp_path / "ink", {"kind": "mlflow"}, None)
    same_bits(loaded.predict(images), images.sum(axis=(1, 2)))
