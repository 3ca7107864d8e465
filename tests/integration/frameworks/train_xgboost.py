from case import publish
from sklearn.datasets import load_breast_cancer
from xgboost import XGBClassifier

X, y = load_breast_cancer(return_X_y=True)
model = XGBClassifier(n_estimators=30).fit(X[:400], y[:400])
publish(model, X[400:], model.predict_proba, tensors={"input": X[400:]}, example=X[:5], method="predict_proba")
