"""Variables: names and values that a model's programs may have, and a reason for each that they may not."""

from pathlib import Path

import pytest

from unshelf.contracts.variables import MAX_TOTAL_BYTES, MAX_VALUE_BYTES, MAX_VARIABLES, check_variable, check_variables
from unshelf.host.launch.process import worker_environment


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "tz", "_x", "HTTPS_PROXY", "KERAS_BACKEND", "HF_HOME", "LDAP_URL", "TORCH_HOME"]
)
def test_usual_names_are_taken(name: str) -> None:
    check_variable(name, "zürich\nline 2")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("PATH", "programs of the model's environment"),
        ("HOME", "worker's own folder"),
        ("TMPDIR", "worker's own folder"),
        ("LD_PRELOAD", "dynamic linker"),
        ("LD_LIBRARY_PATH", "dynamic linker"),
        ("PYTHONPATH", "interpreter"),
        ("UNSHELF_TOKEN", "belong to the platform"),
        ("OMP_NUM_THREADS", "tier"),
        ("CUDA_VISIBLE_DEVICES", "GPUs"),
        ("", "can't be a variable's name"),
        ("1A", "can't be a variable's name"),
        ("A-B", "can't be a variable's name"),
        ("A=B", "can't be a variable's name"),
        ("Ä", "can't be a variable's name"),
        ("A\n", "can't be a variable's name"),
        ("A" * 129, "can't be a variable's name"),
    ],
)
def test_other_names_are_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_variable(name, "v")


def test_what_the_platform_sets_itself_is_reserved(tmp_path: Path) -> None:
    own = worker_environment({}, python=tmp_path / "bin" / "python", scratch=tmp_path, threads=1)
    for name in own:
        with pytest.raises(ValueError, match=f"{name} can't be set"):
            check_variable(name, "v")


@pytest.mark.parametrize("value", ["hunter2\0", "hunter2" * MAX_VALUE_BYTES, "\udcff" * MAX_VALUE_BYTES])
def test_a_refusal_never_shows_the_value(value: str) -> None:
    with pytest.raises(ValueError, match="the value of KEY") as refused:
        check_variable("KEY", value)
    assert "hunter2" not in str(refused.value)


def test_count_and_size_of_all_are_bounded() -> None:
    check_variables({f"V{number}": "" for number in range(MAX_VARIABLES)})
    with pytest.raises(ValueError, match=f"at most {MAX_VARIABLES} variables, got {MAX_VARIABLES + 1}"):
        check_variables({f"V{number}": "" for number in range(MAX_VARIABLES + 1)})
    with pytest.raises(ValueError, match=f"at most {MAX_TOTAL_BYTES} bytes"):
        check_variables({f"V{number}": "x" * MAX_VALUE_BYTES for number in range(8)})
