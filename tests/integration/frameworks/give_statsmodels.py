import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from given import give

random = np.random.default_rng(0)
data = pd.DataFrame({"x": random.normal(size=60), "group": random.choice(list("ab"), 60)})
data["y"] = 2 * data["x"] + (data["group"] == "b") + random.normal(size=60) / 10
inputs = data[["x", "group"]]
fitted = smf.ols("y ~ x + C(group)", data).fit()
give(fitted, "sm-formula", example=inputs[:4], rows=inputs[:8], answer=fitted.predict(inputs[:8]).tolist())

months = pd.period_range("2020-01", periods=80, freq="M")
series = pd.Series(np.cumsum(random.normal(size=80)), index=months)


def listed(forecast: pd.Series) -> list[dict[str, object]]:
    return [{"index": str(month), "predicted_mean": value} for month, value in forecast.items()]


model = sm.tsa.SARIMAX(series, order=(1, 1, 0)).fit(disp=0)
give(
    model, "sm-sarimax", example=[{"steps": 2}], rows=[{"steps": 4}], answer=listed(model.forecast(4)),
    method="forecast", output="table",
)  # fmt: skip

regressor = pd.DataFrame({"price": random.normal(size=80)}, index=months)
model = sm.tsa.SARIMAX(series, exog=regressor, order=(1, 0, 0)).fit(disp=0)
future = pd.DataFrame({"price": [0.5, -1.0, 0.25]})
give(
    model, "sm-regressors", example=future[:2], rows=future, answer=listed(model.forecast(3, exog=future)),
    method="forecast", output="table",
)  # fmt: skip
