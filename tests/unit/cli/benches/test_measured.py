"""Measurements of a bench as people read them."""

from typing import Any

import pytest

from unshelf.cli.benches.measured import best_of, milliseconds, money, rate, show_bench

MEASURE: dict[str, Any] = {
    "callers": 1, "requests": 10, "failed": 0, "problem": "", "seconds": 3.0, "requests_a_second": 500.0, "rows_a_second": 500.0,
    "mean_ms": 2.0, "p50_ms": 1.2345, "p95_ms": 2.5, "p99_ms": 1234.5, "max_ms": 2000.0, "began": 1.7e9, "cpu_seconds": 1.0,
    "callers_cpu_seconds": 0.1, "others_cores": 0.04, "cost": 0.000123,
}  # fmt: skip
RESULT: dict[str, Any] = {
    "load_seconds": 0.5, "limits": [], "memory_bytes": 300 << 20, "rows": 1, "warmup_requests": 9, "source": "example",
    "requests_made": 3, "body_bytes": 20, "machine": {"processor": "Some CPU", "cores": 2, "memory_bytes": 8 << 30, "kernel": "6"},
    "measures": [MEASURE, MEASURE | {"callers": 8, "requests_a_second": 1234.0}],
}  # fmt: skip
BENCH: dict[str, Any] = {
    "id": "b1", "model": "credit", "version": 3, "state": "succeeded", "reason": "", "currency": "EUR", "data": "", "rows": 1,
    "callers": 8, "seconds": 3.0, "warmup": 1.0, "created_at": "2026-11-30T10:00:00Z",
    "tiers": [
        {"tier": "small", "state": "measured", "reason": "", "job": "j1", "price": 0.1, "result": RESULT},
        {"tier": "large", "state": "unfit", "reason": "The machine has 2 cores.", "job": None, "price": None, "result": None},
    ],
}  # fmt: skip


def test_a_bench_is_a_table_with_its_machine(capsys: pytest.CaptureFixture[str]) -> None:
    show_bench(BENCH)
    said = " ".join(capsys.readouterr().out.split())
    assert "Some CPU, 2 cores, 8.0 GiB" in said
    assert "unfit: The machine has 2 cores." in said
    assert "the version's example" in said
    assert "Other work ran" not in said


def test_other_work_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    busy = RESULT | {"measures": [MEASURE | {"others_cores": 0.9}]}
    show_bench(BENCH | {"tiers": [BENCH["tiers"][0] | {"result": busy}]})
    assert "Other work ran on the machine" in capsys.readouterr().out


def test_the_best_measurement_is_the_one_with_most_requests() -> None:
    best = best_of(BENCH)
    assert best is not None and best["requests_a_second"] == 1234.0
    assert best_of(BENCH | {"tiers": []}) is None


def test_numbers_have_the_digits_that_say_something() -> None:
    assert [milliseconds(each) for each in (0.01234, 1.2345, 123.4, 1234.5)] == ["0.0123", "1.23", "123", "1,234"]
    assert [rate(each) for each in (0.123456, 99.5, 12345.6)] == ["0.123", "99.5", "12,346"]
    assert [money(each, "EUR") for each in (None, 0.000123, 2.5)] == ["", "0.00012 EUR", "2.50 EUR"]
