"""What a check found is told to the person who deploys."""

from typing import Any

from unshelf.contracts.bundle import Batching, Checks, Loader, Manifest
from unshelf.contracts.signature import Column, Columns, Parameter, Signature
from unshelf.host.prepare.findings import notes_of, summary_of


def checks(**found: Any) -> Checks:
    return Checks(python="3.11.7", load_seconds=0.5, memory_bytes=1, **found)


def manifest(batching: Batching) -> Manifest:
    return Manifest(loader=Loader(kind="python"), files=[], python="3.11", batching=batching)


def test_the_summary_tells_calls_and_batches() -> None:
    shared = checks(batchable=True, batch_rows=257, calls=60)
    assert summary_of(shared) == (
        "loads in 0.50 s; the model was called 60 times; requests share batches of up to 257 rows"
    )
    assert (
        summary_of(checks(calls=1)) == "loads in 0.50 s; the model was called once; requests are predicted one by one"
    )
    assert summary_of(checks(streams=True)) == "loads in 0.50 s"


def test_the_summary_tells_which_parameters_callers_may_set() -> None:
    inputs = Columns(columns=[Column(name="a", type="float64")])
    parameters = [Parameter(name="top_k", type="integer", default=5), Parameter(name="style", type="string")]
    found = checks(streams=True, signature=Signature(inputs=inputs, parameters=parameters))
    assert summary_of(found) == "loads in 0.50 s; callers may set top_k, style"


def test_what_was_asked_for_and_is_not_so_is_noted() -> None:
    refused = checks(batchable_reason="row 1 of a batch of 2 got 3, alone it gets 2")
    (note,) = notes_of(refused, manifest(Batching(share=True)))
    assert note == "Requests will NOT share batches: row 1 of a batch of 2 got 3, alone it gets 2."
    (note,) = notes_of(refused, manifest(Batching(wait=0.5)))
    assert note.startswith("`[batching] wait` has no effect")
    assert notes_of(refused, manifest(Batching())) == []
    assert notes_of(checks(batchable=True, batch_rows=4), manifest(Batching(share=True, wait=0.5))) == []
