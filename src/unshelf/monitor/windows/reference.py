"""The reference of a version's windows: its baseline's profile for the inputs, that of its first requests for all else."""

from collections.abc import Mapping
from typing import Any

from unshelf.contracts.protocols.profiles import AnyProfile, TableProfile
from unshelf.monitor.windows.counting import ColumnsBuilder
from unshelf.monitor.windows.kinds import kind_of_profile
from unshelf.monitor.windows.window import ReferenceKind, input_column


def composed(
    baseline: TableProfile | None, first: TableProfile | None, kinds: Mapping[str, str]
) -> tuple[TableProfile | None, dict[str, ReferenceKind]]:
    """Return the profile that windows are held against, and whose profile each of its columns has; None: there is none yet.

    `kinds`: those of the recorded columns; empty: nothing was recorded, and the baseline's columns are all taken for inputs. A column
    whose kind is another than that of the records is left out: the two can't be compared."""
    columns: dict[str, AnyProfile] = {}
    sources: dict[str, ReferenceKind] = {}
    for name, profile in ({} if baseline is None else baseline.columns).items():
        own = input_column(name)
        if not kinds or kinds.get(own) == kind_of_profile(profile):
            columns[own], sources[own] = profile, "baseline"
    for name, profile in ({} if first is None else first.columns).items():
        if name not in columns and kinds.get(name, kind_of_profile(profile)) == kind_of_profile(profile):
            columns[name], sources[name] = profile, "first_requests"
    if not columns:
        return None, {}
    is_baseline = "baseline" in sources.values()
    rows = baseline.rows if is_baseline and baseline is not None else first.rows if first is not None else 0
    return TableProfile(rows=rows, columns=columns), sources


def profile_of_first(
    records: Any, kinds: Mapping[str, str], elements: Mapping[str, int], scores: Mapping[str, int] | None = None
) -> TableProfile:
    """Return the profile of a table of answered requests, with its own bins, values and words."""
    plain = ColumnsBuilder(kinds, elements, scores=scores)
    plain.add(records)
    binned = ColumnsBuilder(kinds, elements, plain.profile(), scores)
    binned.add(records)
    return binned.profile()
