"""polars without NumPy, pandas and pyarrow: deployed from such an environment, answered in one, through every protocol."""

from pathlib import Path

import pytest

from tests.support.platform import Platform
from tests.support.training import run_training, training_python

SCRIPT = Path(__file__).parent / "frameworks" / "train_polars.py"
ROW = {
    "whole": 7,
    "small": 255,
    "real": 0.5,
    "text": "ß",
    "yes": False,
    "day": "2023-02-28",
    "moment": "2024-07-01T00:00:00+02:00",
    "span": 2.5,
    "kind": "v",
    "list": [],
    "pair": [0.5, 0.25],
    "both": {"p": None, "q": "z"},
}
GAPS = {**ROW, "yes": None, "day": None, "moment": None, "span": None}

pytestmark = pytest.mark.long  # the kinds of frames are proved without a server in tests/unit


@pytest.fixture(scope="module")
def deployed(platform: Platform) -> Platform:
    run_training(training_python("polars==2.1.0"), SCRIPT, environment=platform.environment())
    return platform


def test_a_frame_of_every_type_comes_back_as_it_went(deployed: Platform) -> None:
    assert deployed.predict("polars-echo", [ROW, GAPS]) == [ROW, GAPS]


def test_series_lazy_frames_and_lists_are_read(deployed: Platform) -> None:
    assert deployed.predict("polars-summed", [ROW]) == [7.5]
    assert deployed.predict("polars-lazy", [ROW]) == [{"text": "SS", "whole": 14}]
    assert deployed.predict("polars-shifted", [1, 2]) == [2, 3]


def test_the_other_protocols_lead_to_the_same_frame(deployed: Platform) -> None:
    split = {"columns": list(ROW), "data": [list(ROW.values())]}
    answer = deployed.http.post("/models/polars-summed/invocations", json={"dataframe_split": split})
    assert answer.json() == {"predictions": [7.5]}, answer.text
    tensors = [{"name": "whole", "datatype": "INT64", "shape": [2], "data": [1, 2]}]
    answer = deployed.http.post("/v2/models/polars-shifted/infer", json={"inputs": tensors})
    assert answer.json()["outputs"][0]["data"] == [2, 3], answer.text
    answer = deployed.http.post(
        "/models/polars-shifted/invocations", content="whole\n41\n", headers={"Content-Type": "text/csv"}
    )
    assert answer.json() == {"predictions": [42]}, answer.text


def test_arrow_is_refused_with_the_package_to_add(deployed: Platform) -> None:
    answer = deployed.http.post(
        "/models/polars-shifted/predict", content=b"x", headers={"Content-Type": "application/vnd.apache.arrow.stream"}
    )
    assert answer.status_code == 415
    assert "pyarrow" in answer.json()["hint"]
