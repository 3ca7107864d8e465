from case import publish
from catboost import CatBoostRegressor
from sklearn.datasets import load_diabetes

X, y = load_diabetes(return_X_y=True)
model = CatBoostRegressor(iterations=50, verbose=False, allow_writing_files=False).fit(X[:300], y[:300])
publish(model, X[300:], model.predict, tensors={"input": X[300:]}, example=X[:5])
