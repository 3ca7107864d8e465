"""A public class name that stands for two classes is found, and so is a logger with another name."""

from checks.names import check_class_names, check_loggers
from checks.source import Module


def test_one_name_for_two_classes_is_found() -> None:
    modules = [
        Module("a.py", "class Event: ...\nclass _Own: ...\n"),
        Module("b.py", "class Event: ...\nclass _Own: ...\n"),
    ]
    (finding,) = check_class_names(modules)
    assert (finding.subject, finding.message) == ("Event", "one name for 2 classes: a.py, b.py")


def test_a_class_inside_another_has_the_name_of_its_owner() -> None:
    assert (
        check_class_names([Module("a.py", "class A:\n    class Meta: ...\n"), Module("b.py", "class Meta: ...\n")])
        == []
    )


def test_a_logger_with_another_name_is_found() -> None:
    text = "import logging\nlog = logging.getLogger('a')\nlogger = logging.getLogger('b')\nroot = other('c')\n"
    assert [finding.subject for finding in check_loggers([Module("a.py", text)])] == ["a.py::log"]
