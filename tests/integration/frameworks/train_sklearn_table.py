from case import publish
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X["sex"] = X["sex"].map({1.0: "one", 2.0: "two"}).astype(object)
X["age"] = X["age"].astype("int64")
encode = make_column_transformer((OneHotEncoder(), ["sex"]), remainder="passthrough")
model = make_pipeline(encode, RandomForestRegressor(n_estimators=20, random_state=0)).fit(X[:300], y[:300])
test = X[300:]
tensors = {name: test[name].to_numpy() if name != "sex" else test[name].to_numpy().astype("S") for name in test}
publish(model, test, model.predict, tensors=tensors, rows=test.to_dict("records"), example=X[:5], baseline=X[:300])
