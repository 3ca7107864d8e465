"""Problems of the processes of scorings: what is wrong with the data is said in words, without paths of the server."""

import re
from collections.abc import Callable
from typing import TypeVar

import duckdb
import pyarrow as pa

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.protocols.data import DataLimits, DataProblem
from unshelf.develop.datasets.tabular import Unreadable

Answer = TypeVar("Answer")
_PATH = re.compile(r"/[^\s\"']*")
_HINT = "Parquet, and CSV as UTF-8 with a header line, are read."


def answer_or_problem(limits: DataLimits, act: Callable[[], Answer]) -> Answer | DataProblem:
    """Return what comes of an act, or what was wrong with its data."""
    try:
        return act()
    except Unreadable as error:
        return DataProblem(code="invalid_input", detail=str(error), hint=_HINT)
    except (duckdb.OutOfMemoryException, MemoryError):
        size = limits.memory_bytes >> 20
        return DataProblem(code="invalid_input", detail=f"The data needs more than {size} MiB of memory.")
    except duckdb.Error as error:
        return DataProblem(code="invalid_input", detail=_without_paths(error))
    except pa.ArrowException as error:
        return DataProblem(code="invalid_input", detail=f"The data can't be read: {str(error)[:300]}.", hint=_HINT)
    except UnshelfError as error:
        return DataProblem(code=error.code, detail=error.detail, hint=error.hint)


def _without_paths(error: duckdb.Error) -> str:
    line = str(error).partition("\n")[0][:300]
    return f"The data can't be read: {_PATH.sub('the file', line)}."
