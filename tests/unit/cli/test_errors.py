"""Of a traceback, people see what is about their own files."""

import pytest

from unshelf.cli.errors import own_lines, show_unexpected

LOG = f"""Traceback (most recent call last):
  File "/opt/unshelf/worker/checks/run.py", line 57, in _check
    model = load_model(bundle)
            ^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.11/importlib/__init__.py", line 126, in import_module
    return _bootstrap._gcd_import(name)
  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed
  File "/home/me/.unshelf/bundles/{"0" * 64}/files/lib/predict.py", line 1, in <module>
    import nothere
ModuleNotFoundError: No module named 'nothere'
"""


def test_frames_of_ours_and_of_pythons_are_left_out() -> None:
    assert own_lines(LOG) == [
        '  File "lib/predict.py", line 1, in <module>',
        "    import nothere",
        "ModuleNotFoundError: No module named 'nothere'",
    ]


def test_what_is_said_twice_is_shown_once() -> None:
    assert own_lines(LOG + LOG) == own_lines(LOG)


def test_what_is_no_traceback_stays_as_it_is() -> None:
    assert own_lines("error: no wheel\n  for this machine\n") == ["error: no wheel", "  for this machine"]


def test_files_of_a_bundle_have_their_own_names_with_and_without_a_sandbox() -> None:
    for folder in (f"/home/u/.unshelf/bundles/{'a' * 64}/files", "/run/unshelf/bundle"):
        assert own_lines(f'  File "{folder}/steps/predict.py", line 6, in predict\n') == [
            '  File "steps/predict.py", line 6, in predict'
        ]


def test_a_file_that_can_not_be_used_is_no_fault_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    show_unexpected(FileNotFoundError(2, "No such file or directory", "/nowhere/platform.toml"))
    said = capsys.readouterr().err
    assert "/nowhere/platform.toml can't be used: No such file or directory." in said
    assert "fault of unshelf" not in said
    show_unexpected(KeyError("x"))
    assert "fault of unshelf" in capsys.readouterr().err
