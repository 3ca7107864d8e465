"""What runs a notebook is among a job's packages."""

import pytest

from unshelf.develop.jobs.sources.notebooks import with_notebook


@pytest.mark.parametrize(
    ("program", "asked", "found"),
    [
        ("train.py", ["numpy"], ["numpy"]),
        ("explore.ipynb", ["numpy>=2"], ["numpy>=2", "nbclient", "ipykernel"]),
        ("a/explore.ipynb", ["IPyKernel==6.0", "nbclient ; python_version > '3'"], ["IPyKernel==6.0", "nbclient ; python_version > '3'"]),
        ("explore.ipynb", ["not a requirement!"], ["not a requirement!", "nbclient", "ipykernel"]),
    ],
)  # fmt: skip
def test_they_are_added_once_and_for_notebooks_alone(program: str, asked: list[str], found: list[str]) -> None:
    assert with_notebook(program, asked) == found
