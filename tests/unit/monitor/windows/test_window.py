"""Facts of windows, and how columns are named."""

from unshelf.monitor.windows.window import WindowFacts, input_column, is_refusal, output_column


def test_what_was_not_answered_is_the_sum_of_errors() -> None:
    facts = WindowFacts(requests=10, rows=20, errors={"overloaded": 2, "invalid_input": 1})
    assert (facts.failed, facts.answered, facts.refused) == (3, 7, 1)


def test_a_fault_of_the_caller_s_is_told_by_the_code() -> None:
    assert [is_refusal(code) for code in ("invalid_input", "client_gone", "404", "overloaded", "500", "never_heard_of")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_inputs_and_outputs_of_one_name_are_two_columns() -> None:
    assert (input_column("x"), output_column("x")) == ("in:x", "out:x")
