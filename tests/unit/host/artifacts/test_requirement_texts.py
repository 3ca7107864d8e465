"""What may stand in requirements."""

import contextlib
import time

import pytest

from unshelf.contracts.bundle import MAX_REQUIREMENT_CHARACTERS, MAX_REQUIREMENTS
from unshelf.host.artifacts.requirement_texts import check_requirements
from unshelf.host.errors import HostFailure


@pytest.mark.parametrize(
    "requirement",
    [
        "six", "scikit-learn==1.5.*", "numpy>=1.26,<3", "pandas [performance] >= 2", "torch==2.13.0+cpu", "a~=1.0",
        "typing_extensions>=4; python_version < '3.12' and sys_platform == \"linux\"", "xgboost (>=2)", "a===1.0rc1", "a!=1",
    ],
)  # fmt: skip
def test_plain_requirements_pass(requirement: str) -> None:
    check_requirements([requirement])


@pytest.mark.parametrize(
    "requirement",
    [
        "-r /etc/passwd", "--index-url http://evil", "-e .", "six\n-r /etc/passwd", "six @ file:///etc/passwd", "./six", "/tmp/six",
        "six @ git+https://example.org/six", "https://example.org/six.whl", "six==${HOME}", "six --hash=sha256:abc", "six.whl",
        "six==1 # comment", "six \\", "", "six; python_version > '3' -r x", "~/six", "..", "six==1\r\n--pre",
    ],
)  # fmt: skip
def test_what_would_make_the_server_read_or_call_something_else_is_refused(requirement: str) -> None:
    with pytest.raises(HostFailure) as raised:
        check_requirements([requirement])
    assert raised.value.code == "lock_failed"


@pytest.mark.parametrize(
    ("requirements", "detail"),
    [
        (["a" * (MAX_REQUIREMENT_CHARACTERS + 1)], "characters"),
        (["a " + "\t" * 200_000 + "x"], "characters"),
        (["six"] * (MAX_REQUIREMENTS + 1), f"There are {MAX_REQUIREMENTS + 1} requirements"),
    ],
)
def test_what_is_too_long_is_refused_with_its_length(requirements: list[str], detail: str) -> None:
    with pytest.raises(HostFailure) as raised:
        check_requirements(requirements)
    assert detail in raised.value.detail
    assert len(raised.value.detail) < 200


@pytest.mark.parametrize(
    "text", ["a {}x", "a{}@", "a>{}^", "a[{}^", "a;{}^", "{}^", "a({}^", "a>=1{}(", "a >{},{}x:"], ids=str
)
@pytest.mark.parametrize("filling", [" ", "\t", "a", "-", ".", ",", "<", "a ", "a.", " \t"])
def test_the_longest_requirement_is_read_in_no_time(text: str, filling: str) -> None:
    """Given texts made for patterns that go back and forth, when some are read, then it takes milliseconds each."""
    longest = text.replace("{}", filling * MAX_REQUIREMENT_CHARACTERS)[: MAX_REQUIREMENT_CHARACTERS - 1] + text[-1]
    began = time.process_time()
    for _ in range(20):
        with contextlib.suppress(HostFailure):
            check_requirements([longest])
    assert time.process_time() - began < 0.4
