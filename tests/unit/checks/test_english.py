"""Docstrings that start with a pronoun and texts with a stumbling phrase are found wherever they stand; code is not text."""

import pytest

from checks.english import check_english
from checks.source import Module


def found(text: str) -> list[str]:
    return [f"{finding.rule} {finding.subject}" for finding in check_english([Module("a.py", text)])]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('"""They all."""\n', "a.py::"),
        ('def f():\n    """Of a body."""\n', "a.py::f"),
        ('class A:\n    """What is there."""\n', "a.py::A"),
        ('class A:\n    size: int = 0\n    """Its size."""\n', "a.py::A.size"),
        ('LIMIT = 3\n"""Those that fit."""\n', "a.py::LIMIT"),
    ],
)
def test_a_docstring_that_starts_with_a_pronoun_is_found(text: str, place: str) -> None:
    assert found(text) == [f"first-word {place}"]


def test_a_docstring_that_starts_with_a_verb_or_a_noun_is_fine() -> None:
    assert found('"""Requests and their bodies."""\n\ndef f():\n    """Italic text is read."""\n') == []


def test_a_phrase_is_found_in_a_comment_a_message_and_a_docstring() -> None:
    text = (
        'def f():\n    """Count so many bytes."""\n    # nobody is told\n'
        '    raise ValueError(f"ask whoever started it {1}")\n'
    )
    assert sorted(found(text)) == ["phrase a.py::f so many", "phrase a.py::f told", "phrase a.py::f whoever"]


def test_names_of_the_code_are_no_text() -> None:
    assert found('def f(told):\n    return told["told"]\n') == []
