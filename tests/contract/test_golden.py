"""Every format that was ever released is still read: the golden files are never changed, only added to.

A new release that changes a shape adds its own file; `python -m tests.contract.test_golden` writes those that are missing."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests.support.segments import records_in, write_segment
from unshelf.contracts.bundle import BundleFile, Loader, Manifest, Resources, Scaling, Source
from unshelf.contracts.deferred import DeferredAnswer, DeferredRequest, frame, read_body, read_head
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.contracts.records import PredictionRecord, pack_scores
from unshelf.contracts.routing import KeyRoute, ModelRoute, RoutingIndex, Share, VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors

GOLDEN = Path(__file__).parent / "golden"

TABULAR = Signature(
    inputs=Columns(
        columns=[
            Column(name="age", type="int64"),
            Column(name="income", type="float64", nullable=True),
            Column(name="grade", type="string", categories=["low", "high"]),
        ],
        container="pandas",
    ),
    outputs=Tensors(tensors=[Tensor(name="output", type="float64", shape=[-1, 2])]),
)
MANIFEST = Manifest(
    loader=Loader(kind="sklearn", file="model.skops", format="skops", method="predict_proba", options={"trusted": []}),
    files=[
        BundleFile(path="model.skops", sha256="a" * 64, size=1234),
        BundleFile(path="example.json", sha256="b" * 64, size=56),
        BundleFile(path="code.diff", sha256="c" * 64, size=7),
    ],
    python="3.11.7",
    requirements=["scikit-learn==1.9.1", "skops==0.16.0"],
    signature=TABULAR,
    example="example.json",
    contains_code=True,
    code=Source(commit="0123abc", branch="main", diff="code.diff"),
    resources=Resources(tier="medium"),
    scaling=Scaling(min=1, max=3, idle=60.0),
    timeout=12.5,
    description="credit risk, second quarter",
)
ROUTING_INDEX = RoutingIndex(
    generation=41, parts={"models/credit-risk": "0a" * 16, "keys/dd": "0b" * 16, "warm": "0c" * 16}
)
ROUTING_KEYS = {
    "d" * 64: KeyRoute(
        id="k1", name="reception", permissions=("model.predict",), models=["credit-*"], expires_at=1893456000.0
    )
}
ROUTING_MODEL = ModelRoute(
    versions={
        3: VersionRoute(bundle="e" * 64, environment="f" * 64, signature=TABULAR, batchable=True, timeout=5.0),
    },
    aliases={"champion": 3},
    release=[Share(version=3, percent=100.0)],
)
ROUTING_MODEL_ORIGINS = replace(ROUTING_MODEL, origins=["https://app.example.org"])
"""With origins, which the first parts of format 2 did not tell: none are allowed."""
RECORD = PredictionRecord(
    id="01k", time_ns=1_790_000_000_000_000_000, model="credit-risk", version=3, reference="credit-risk@champion",
    protocol="native", key="k1", status=200, code="", latency_us=900, queue_us=100, predict_us=300, batch_rows=4, attempts=1,
    content_type="application/json", input=b'{"inputs":[[1]]}', input_header=0, output=b"[0.5]", output_header=0, generation=41,
)  # fmt: skip
SHEETS = [
    RECORD,
    replace(
        RECORD,
        id="01l",
        time_ns=RECORD.time_ns + 1,
        latency_us=950,
        queue_us=120,
        input=b'{"inputs":[[2]]}',
        output=b"[0.25]",
    ),
    replace(
        RECORD, id="01m", input_header=5, output_header=7, trace="4b" * 16, input_size=1 << 21, input_sha256="ab" * 32
    ),
    replace(
        RECORD, id="01n", status=503, code="unavailable", output=b'{"code":"unavailable"}', predict_us=0, batch_rows=0
    ),
]
"""Three that have enough in common for one sheet, and one that stands alone."""
PURPOSES = [RECORD, replace(RECORD, id="01o", purpose="shadow"), replace(RECORD, id="01p", purpose="batch")]
"""With purposes, which the first segments of format 2 did not tell."""
PARAMS = [*PURPOSES, replace(RECORD, id="01q", params=b'{"top_k":3}')]
SCORES = [*PARAMS, replace(RECORD, id="01r", scores=pack_scores([[0.25, 0.75], [1.0, 0.0]]))]
DOOR_REQUEST = DoorRequest(
    actor="user:anna", reference="credit-risk:3", purpose="try", protocol="v2", content_type="application/octet-stream",
    body=b'{"inputs":[]}\0', json_length=13, arrow_answer=True, timeout=2.5, traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01",
)  # fmt: skip
DOOR_OUTCOME = DoorOutcome(
    id="01k", model="credit-risk", version=3, status=422, code="invalid_input",
    headers=(("content-type", "application/problem+json"),), body=b"{}",
)  # fmt: skip
DEFERRED_REQUEST = DeferredRequest(
    id="d" + "0123456789ab" + "0" * 16, model="credit-risk", version=3, reference="credit-risk@champion", protocol="native",
    key="k1", created_ns=1_790_000_000_000_000_000, content_type="application/json", kind=1, header=0, timeout=2.5,
    traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01",
)  # fmt: skip
DEFERRED_ANSWER = DeferredAnswer(
    id=DEFERRED_REQUEST.id, model="credit-risk", version=3, key="k1", outcome="succeeded", prediction_id="01k", status=200,
    headers=[("content-type", "application/json")], created_ns=1_790_000_000_000_000_000, begun_ns=1_790_000_001_000_000_000,
    finished_ns=1_790_000_002_000_000_000,
)  # fmt: skip
DEFERRED_BODY = [b'{"inputs":', b"[[1]]}"]


def test_a_manifest_of_format_1_is_read_and_keeps_its_digest() -> None:
    stored = (GOLDEN / "manifest-1.json").read_bytes()
    assert msgspec.json.decode(stored, type=Manifest) == MANIFEST
    # Digests are addresses: were the canonical encoding to change, every stored version would lose its name.
    assert MANIFEST.encode() == stored
    assert MANIFEST.digest == "cd08fd20ed21058c4179831fd31850c7db329f6ee06e1b0083c78b1c71a31158"


def test_routing_state_of_format_2_is_read() -> None:
    assert msgspec.json.decode((GOLDEN / "routing-index-2.json").read_bytes(), type=RoutingIndex) == ROUTING_INDEX
    assert msgspec.json.decode((GOLDEN / "routing-model-2.json").read_bytes(), type=ModelRoute) == ROUTING_MODEL
    stored = (GOLDEN / "routing-model-2-origins.json").read_bytes()
    assert msgspec.json.decode(stored, type=ModelRoute) == ROUTING_MODEL_ORIGINS
    assert msgspec.json.decode((GOLDEN / "routing-keys-2.json").read_bytes(), type=dict[str, KeyRoute]) == ROUTING_KEYS


def test_a_segment_of_format_1_is_read() -> None:
    assert records_in(GOLDEN / "segment-1.seg") == [RECORD, RECORD]


def test_a_segment_of_format_2_is_read(tmp_path: Path) -> None:
    assert records_in(GOLDEN / "segment-2.seg") == SHEETS  # from before there were purposes: they are live
    assert records_in(GOLDEN / "segment-2-purposes.seg") == PURPOSES
    assert records_in(GOLDEN / "segment-2-params.seg") == PARAMS  # which those before did not tell either
    assert records_in(GOLDEN / "segment-2-scores.seg") == SCORES  # nor this
    written = write_segment(tmp_path / "a.seg", *SCORES).read_bytes()
    assert written == (GOLDEN / "segment-2-scores.seg").read_bytes()


@pytest.mark.parametrize(("name", "message"), [("door-request-1", DOOR_REQUEST), ("door-outcome-1", DOOR_OUTCOME)])
def test_a_message_of_the_private_door_is_read(name: str, message: DoorRequest | DoorOutcome) -> None:
    stored = (GOLDEN / name).read_bytes()
    assert msgspec.msgpack.decode(stored, type=type(message)) == message
    assert msgspec.msgpack.encode(message) == stored


@pytest.mark.parametrize(
    ("name", "shape", "head"),
    [
        ("deferred-request-1", DeferredRequest, DEFERRED_REQUEST),
        ("deferred-answer-1", DeferredAnswer, DEFERRED_ANSWER),
    ],
)
def test_a_deferred_prediction_of_format_1_is_read(
    name: str, shape: type[DeferredRequest] | type[DeferredAnswer], head: DeferredRequest | DeferredAnswer
) -> None:
    with (GOLDEN / name).open("rb") as file:
        found, length, checksum = read_head(file, shape)
        assert (found, read_body(file, length, checksum)) == (head, b"".join(DEFERRED_BODY))


@pytest.mark.parametrize("name", ["manifest-1.json", "routing-index-2.json"])
def test_a_field_that_a_later_release_added_is_passed_over(name: str) -> None:
    """A gateway that is still the old one reads what the new control wrote, as long as the format's number is the same."""
    shape = Manifest if name.startswith("manifest") else RoutingIndex
    fields = msgspec.json.decode((GOLDEN / name).read_bytes())
    later = msgspec.json.encode({**fields, "added_later": 1})
    assert msgspec.json.decode(later, type=shape) == msgspec.json.decode((GOLDEN / name).read_bytes(), type=shape)


@pytest.mark.parametrize("shape", [Manifest, RoutingIndex])
def test_a_format_that_is_not_known_is_refused_by_number(shape: type) -> None:
    golden = "manifest-1.json" if shape is Manifest else "routing-index-2.json"
    fields = msgspec.json.decode((GOLDEN / golden).read_bytes())
    with pytest.raises(msgspec.ValidationError, match="format 99 is not known"):
        msgspec.json.decode(msgspec.json.encode({**fields, "format": 99}), type=shape)


def write_missing() -> None:
    """Write the golden files that are not there yet; those that are stay as they are."""
    contents = {
        "manifest-1.json": MANIFEST.encode(),
        "routing-index-2.json": msgspec.json.encode(ROUTING_INDEX),
        "routing-model-2.json": msgspec.json.encode(ROUTING_MODEL),
        "routing-model-2-origins.json": msgspec.json.encode(ROUTING_MODEL_ORIGINS),
        "routing-keys-2.json": msgspec.json.encode(ROUTING_KEYS),
        "deferred-request-1": frame(DEFERRED_REQUEST, DEFERRED_BODY) + b"".join(DEFERRED_BODY),
        "deferred-answer-1": frame(DEFERRED_ANSWER, DEFERRED_BODY) + b"".join(DEFERRED_BODY),
        "door-request-1": msgspec.msgpack.encode(DOOR_REQUEST),
        "door-outcome-1": msgspec.msgpack.encode(DOOR_OUTCOME),
    }
    for name, content in contents.items():
        path = GOLDEN / name
        if not path.exists():
            path.write_bytes(content)
    if not (GOLDEN / "segment-2-scores.seg").exists():
        write_segment(GOLDEN / "segment-2-scores.seg", *SCORES)


if __name__ == "__main__":
    write_missing()
