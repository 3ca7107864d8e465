"""A prediction has one outcome, tells of it once, and holds nothing afterwards."""

import asyncio

import pytest

from unshelf.contracts.routing import RequestLimits
from unshelf.gateway.access.rate_limit import Limiter
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import REFERENCE_CHARACTERS, Prediction, Trace, new_prediction_id


def a_prediction(**fields: object) -> Prediction:
    return Prediction("k", "iris", "native", **fields)  # type: ignore[arg-type]


def test_ids_are_28_hex_digits_that_sort_by_time_and_never_repeat() -> None:
    ids = [new_prediction_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(len(id) == 28 and int(id, 16) for id in ids)
    moments = [id[:12] for id in ids]
    assert moments == sorted(moments)


def test_whoever_waits_hears_of_the_outcome_before_and_after_it_came() -> None:
    async def story() -> None:
        early, late = a_prediction(), a_prediction()
        heard: list[Prediction] = []
        early.on_settled = heard.append
        waiting = early.outcome
        early.settle()
        early.settle()
        late.settle()
        assert waiting.done()
        assert late.outcome.done()
        assert heard == [early], "it is told once"

    asyncio.run(story())


def test_a_waiter_that_gave_up_does_not_hold_up_the_others() -> None:
    async def story() -> None:
        prediction = a_prediction()
        heard: list[Prediction] = []
        prediction.on_settled = heard.append
        prediction.outcome.cancel()
        prediction.settle()
        assert heard == [prediction]

    asyncio.run(story())


def test_a_success_holds_the_answer() -> None:
    prediction = a_prediction()
    prediction.succeed(b"[1]", 3)
    assert (prediction.status, prediction.code, prediction.output, prediction.output_header) == (200, "", b"[1]", 3)
    assert prediction.ended_ns >= prediction.started_ns


def test_a_refusal_replaces_an_answer_and_keeps_the_traceback_for_its_owner_alone() -> None:
    prediction = a_prediction()
    prediction.succeed(b"[1]", 3)
    try:
        raise ProblemError("model_error", "It raised.")
    except ProblemError as error:
        prediction.refuse(error, "Traceback: x")
    assert (prediction.status, prediction.code, prediction.output_header) == (500, "model_error", 0)
    assert b"Traceback: x" in prediction.output
    assert prediction.problem is not None
    assert prediction.problem.id == prediction.id
    assert prediction.refused is not None
    assert prediction.refused.__traceback__ is None, "or it would hold the body in a cycle"


def test_it_leaves_its_deadline_whichever_kind_it_has() -> None:
    async def story() -> None:
        shared, own = a_prediction(), a_prediction()
        group = {shared}
        shared.deadline_group = group
        own.timer = asyncio.get_running_loop().call_later(60, own.settle)
        for each in (shared, own, a_prediction()):
            each.unwatch()
        assert group == set()
        assert own.timer.cancelled()

    asyncio.run(story())


def test_places_at_limiters_are_given_back_once() -> None:
    limiter = Limiter(RequestLimits(concurrency=1), 0, 1)
    limiter.enter("The key")
    prediction = a_prediction(limiters=(limiter,))
    prediction.leave_limiters()
    prediction.leave_limiters()
    limiter.enter("The key")
    with pytest.raises(ProblemError):
        limiter.enter("The key")


def test_a_record_has_a_short_reference_the_trace_and_the_purpose_of_what_is_not_live() -> None:
    trace = Trace(trace_id="t" * 32, parent_id="", span_id="s", sampled=True)
    live, checked = a_prediction(trace=trace), a_prediction(purpose="check")
    live.reference = "x" * 999
    assert len(live.common()[2]) == REFERENCE_CHARACTERS
    assert trace.trace_id in live.own()
    assert checked.common()[len(live.common()) :] == ("check",)
