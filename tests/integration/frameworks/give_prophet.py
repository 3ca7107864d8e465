import numpy as np
import pandas as pd
from given import give
from prophet import Prophet

days = np.arange(120)
model = Prophet(uncertainty_samples=0)
model.fit(pd.DataFrame({"ds": pd.date_range("2023-01-01", periods=120), "y": np.sin(days / 7) * 3 + days / 10}))
future = model.make_future_dataframe(6)[-6:]
answer = [{"ds": row.ds.isoformat(), "yhat": row.yhat} for row in model.predict(future).itertuples()]
give(model, "prophet", example=future[:3], rows=future, answer=answer, output="table")
