from case import publish
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_digits(return_X_y=True)
model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(X[:1200], y[:1200])
test = X[1200:]
publish(
    model,
    test,
    model.predict_proba,
    tensors={"input": test},
    example=X[:5],
    baseline=X[:1200],
    method="predict_proba",
)
