import numpy as np
from case import publish
from sklearn.datasets import load_iris


class Nearest:
    """A model of one's own: the nearest class mean."""

    def __init__(self, X, y):
        self.means = np.stack([X[y == label].mean(axis=0) for label in np.unique(y)])

    def predict(self, X):
        return ((X[:, None, :] - self.means[None]) ** 2).sum(axis=2).argmin(axis=1)


X, y = load_iris(return_X_y=True)
model = Nearest(X, y)
publish(model, X, model.predict, tensors={"input": X}, example=X[:5])
