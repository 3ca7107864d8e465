import numpy as np
from case import publish
from lightgbm import LGBMClassifier
from sklearn.datasets import load_iris

X, y = load_iris(return_X_y=True)
labels = np.array(["setosa", "versicolor", "virginica"])[y]
model = LGBMClassifier(n_estimators=20, verbose=-1).fit(X, labels)
publish(model, X, lambda rows: model.predict(rows).astype(labels.dtype), tensors={"input": X}, example=X[:5])
