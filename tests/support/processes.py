"""Processes looked at while they come and go."""

from collections.abc import Callable, Iterable

import psutil


def matching(processes: Iterable[psutil.Process], condition: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """Return the processes for which the condition holds; one that ends while it is looked at is left out."""
    found = []
    for process in processes:
        try:
            if condition(process):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess, FileNotFoundError, ProcessLookupError):
            continue
    return found
