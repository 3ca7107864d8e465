"""A function of a training script travels by value: saved by one process, loaded by another."""

import json
import subprocess
import sys

from sklearn.datasets import load_iris

from unshelf.worker.loaders import load_model


def test_a_function_of_a_script_goes_by_value_as_code(tmp_path):
    """Given a pipeline with a function defined in a script, when it is saved, then a fresh process can load it."""
    script = tmp_path / "train.py"
    script.write_text(
        "import sys, json, pathlib, msgspec\n"
        "from sklearn.datasets import load_iris\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import FunctionTransformer\n"
        "from sklearn.linear_model import LinearRegression\n"
        "from unshelf.client import frameworks\n"
        "def ratio(X):\n"
        "    return X[:, :2] / X[:, 2:]\n"
        "X, y = load_iris(return_X_y=True)\n"
        "model = make_pipeline(FunctionTransformer(ratio), LinearRegression()).fit(X, y)\n"
        "saved = frameworks.save(model, pathlib.Path(sys.argv[1]))\n"
        "print(json.dumps([msgspec.to_builtins(saved), model.predict(X).tolist()]))\n"
    )
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    done = subprocess.run([sys.executable, str(script), str(bundle)], capture_output=True, text=True, check=True)
    saved, expected = json.loads(done.stdout)
    assert saved["contains_code"]
    assert saved["loader"]["format"] == "cloudpickle"
    assert "cloudpickle" in saved["requirements"]
    assert "notebook or script" in saved["notes"][0]
    X, _ = load_iris(return_X_y=True)
    assert load_model(bundle, saved["loader"], None).predict(X).tolist() == expected
