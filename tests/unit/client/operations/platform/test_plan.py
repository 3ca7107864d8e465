"""Kinds of a platform file; tests/component/control/test_platform_files.py and tests/acceptance have plans on the real API."""

from unshelf.client.operations.platform.plan import KINDS, PlannedStep


def test_each_kind_has_its_own_name_and_says_what_to_do_where_a_file_can_not_make_it() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.remedy for kind in KINDS if kind.create is None)
    for kind in KINDS:
        thing = {name: "project:x" if name == "on" else "x" for name in kind.key}
        step = PlannedStep(kind=kind, act="missing", wanted=thing)
        assert "{" not in step.remedy
