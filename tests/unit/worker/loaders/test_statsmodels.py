"""Results of statsmodels: regressions answer rows, time series a number of steps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("statsmodels", reason="statsmodels is not installed; `make test-long` runs this")

import statsmodels.api as sm

from unshelf.worker.errors import RequestRefused

SERIES = np.cumsum(np.random.default_rng(0).normal(size=40))


def test_a_regression_answers_a_row_each(serve: Callable[..., Any]) -> None:
    inputs = pd.DataFrame({"const": 1.0, "x": np.arange(40.0)})
    fitted = sm.OLS(SERIES, inputs).fit()
    assert serve(fitted).predict(inputs[:3]).tolist() == fitted.predict(inputs[:3]).tolist()


@pytest.mark.parametrize(
    "rows", [[3], [[3]], [{"steps": 3}], {"steps": [3]}, np.array([[3]]), pd.DataFrame({"steps": [3]}), pd.Series([3])]
)
def test_a_forecast_is_asked_by_its_steps_in_every_container(serve: Callable[..., Any], rows: Any) -> None:
    fitted = sm.tsa.SARIMAX(SERIES, order=(1, 0, 0)).fit(disp=0)
    assert serve(fitted, method="forecast").predict(rows).tolist() == fitted.forecast(3).tolist()


@pytest.mark.parametrize("rows", [[], [1, 2], [0], [1.5], [True], ["4"], [None], [10**9], {"steps": [-3]}])
def test_anything_else_is_a_422_that_names_the_steps(serve: Callable[..., Any], rows: Any) -> None:
    fitted = sm.tsa.SARIMAX(SERIES, order=(1, 0, 0)).fit(disp=0)
    with pytest.raises(RequestRefused, match="`steps` must be one integer") as caught:
        serve(fitted, method="forecast").predict(rows)
    assert (caught.value.status, caught.value.code) == (422, "invalid_input")
    assert "Ask for a forecast with one row" in caught.value.hint
