"""How much is predicted together, as a manifest says it."""

import msgspec
import pytest

from unshelf.contracts.bundle import Batching, Loader, Manifest


def manifest(**fields: object) -> Manifest:
    return Manifest(loader=Loader(kind="python"), files=[], python="3.11", **fields)  # type: ignore[arg-type]


def test_a_manifest_that_says_nothing_of_batching_is_written_as_before_there_was_any() -> None:
    silent = manifest()
    assert b"batching" not in silent.encode()
    assert msgspec.json.decode(silent.encode(), type=Manifest).digest == silent.digest
    assert manifest(batching=Batching(max_rows=8)).digest != silent.digest


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"max_rows": 0}, "max_rows is 1 to 1024, got 0"),
        ({"max_rows": 1025}, "max_rows is 1 to 1024, got 1025"),
        ({"max_bytes": 0}, "max_bytes is 1 to"),
        ({"wait": -0.1}, "wait is 0 to 10 seconds"),
        ({"wait": float("nan")}, "wait is 0 to 10 seconds"),
    ],
)
def test_what_cant_be_is_refused(fields: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Batching(**fields)  # type: ignore[arg-type]


def test_a_batch_waits_less_than_a_prediction_may_take() -> None:
    with pytest.raises(ValueError, match="wait is below the timeout of 2 seconds, got 3"):
        manifest(timeout=2.0, batching=Batching(wait=3.0))
