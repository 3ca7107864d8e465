"""Train a model in a notebook, publish it, publish a better one, and release that."""

# %% Train on a table
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import unshelf

NAME = "breast-cancer"
table, diagnosis = load_breast_cancer(return_X_y=True, as_frame=True)
labels = diagnosis.map({0: "malignant", 1: "benign"})
X_train, X_test, y_train, y_test = train_test_split(table, labels, random_state=0)
first = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(X_train, y_train)
print(f"logistic regression: {first.score(X_test, y_test):.1%} right")

# %% Deploy it: the example says what it takes, the baseline which columns may have gaps
deployed = unshelf.deploy(first, name=NAME, example=X_train[:5], baseline=X_train)
print(deployed)

# %% Ask it, by name and by version
answers = unshelf.predict(deployed.reference, X_test)
assert answers == first.predict(X_test).tolist()
print(f"{len(answers)} answers, all as in this process; the first three: {answers[:3]}")

# %% A better one becomes the next version; the live one is not touched
second = HistGradientBoostingClassifier(random_state=0).fit(X_train, y_train)
print(f"gradient boosting: {second.score(X_test, y_test):.1%} right")
candidate = unshelf.deploy(second, name=NAME, example=X_train[:5], baseline=X_train, alias="candidate")
assert unshelf.predict(f"{NAME}@candidate", X_test) == second.predict(X_test).tolist()

# %% Release it: from now on the name means this version
with unshelf.Client() as client:
    client.release(NAME, candidate.version)
print(f"{NAME} is now version {candidate.version}; take it back with: unshelf rollback {NAME}")
