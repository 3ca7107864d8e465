"""What is wrong with data is said in words, without a path of the server."""

import duckdb
import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.data import DataLimits, DataProblem
from unshelf.deploy.scorings.rows.problems import answer_or_problem
from unshelf.develop.datasets.tabular import Unreadable

LIMITS = DataLimits(seconds=60, memory_bytes=64 << 20, threads=1, rows=1, output_bytes=1)


def failing(error: Exception) -> DataProblem:
    def act() -> int:
        raise error

    found = answer_or_problem(LIMITS, act)
    assert isinstance(found, DataProblem)
    return found


def test_an_answer_is_passed_on() -> None:
    assert answer_or_problem(LIMITS, lambda: 7) == 7


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unreadable("No table."), "No table."),
        (InvalidInput("No rows."), "No rows."),
        (MemoryError(), "more than 64 MiB"),
        (duckdb.IOException("IO Error: No files found at /home/someone/blobs/ab/abcd"), "No files found at the file"),
    ],
)
def test_faults_of_the_data_are_problems(error: Exception, said: str) -> None:
    problem = failing(error)
    assert problem.code == "invalid_input"
    assert said in problem.detail
    assert "/home" not in problem.detail


def test_a_fault_of_ours_is_none_of_the_data() -> None:
    with pytest.raises(ZeroDivisionError):
        answer_or_problem(LIMITS, lambda: 1 // 0)
