import sys
from pathlib import Path

import joblib
from case import publish
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier

X, y = load_breast_cancer(return_X_y=True)
model = HistGradientBoostingClassifier(random_state=0).fit(X[:400], y[:400])
path = Path(sys.argv[2]) / "model.joblib"
joblib.dump(model, path)
publish(path, X[400:], model.predict, tensors={"input": X[400:]}, example=X[:5])
