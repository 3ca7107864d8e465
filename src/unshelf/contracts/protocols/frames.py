"""Frames between a gateway and a worker, over a unix socket; docs/reference/worker-protocol.md tells them to a stranger.

All numbers are little-endian. A request:

    u32 length   of all that follows
    u32 id       chosen by the gateway, unique among its unanswered requests on this connection
    u8  kind     1 predict, 2 cancel (no payload, no answer)
    u8  protocol 1 native JSON, 2 MLflow JSON, 3 MLflow CSV, 4 Open Inference V2, 5 Arrow IPC stream; plus 128: the payload begins
                 with a u32 and that many bytes: the JSON object of the parameters, which came beside the body
    u16 flags    bit 0: send the chunks of a model that yields as they come; bit 1: the body is handed over
    u32 header   for V2 with binary tensors: bytes of the JSON part; for Arrow: 1 asks for an Arrow stream as the answer; else 0
    …            the HTTP body, untouched; of one that is handed over, a u64: its bytes, which lie in the memory whose descriptor
                 came with this frame (SCM_RIGHTS), sealed

A response, in any order:

    u32 length   of all that follows
    u32 id       of the request
    u16 status   200, or 400, 415, 422, 500
    u16 flags    bit 0: the connection's worker is stopping, send nothing more here; bit 1: this is a chunk, and more of this id follows;
                 bit 2: where the status is 200, the payload begins with a u32 and that many bytes: the scores of its rows, which are
                 recorded and not sent on (contracts.records tells their form)
    u32 header   as above, for the answer's body: 1 says that it is an Arrow stream
    u32 rows     rows in the batch this request was predicted in (0: none)
    u32 queue    microseconds between arrival and the start of its batch
    u32 predict  microseconds the batch's predict took
    …            200: native, and Arrow answered in JSON: the JSON array for `outputs`; other protocols: the whole body.
                 Of a stream: the JSON of a chunk; nothing in the frame that ends it.
                 else: a JSON object {code, detail, hint?, errors?, traceback?}

The worker holds its own copy of these numbers (it imports nothing of ours); tests/contract/test_frames.py holds both together."""

import struct

REQUEST = struct.Struct("<IIBBHI")
RESPONSE = struct.Struct("<IIHHIIII")
HANDED = struct.Struct("<Q")
LENGTH_BYTES = 4

PREDICT = 1
CANCEL = 2

NATIVE = 1
MLFLOW_JSON = 2
MLFLOW_CSV = 3
V2 = 4
ARROW = 5
BESIDE = 128
"""Added to a protocol where parameters come beside the body."""
PARAMS_LENGTH = struct.Struct("<I")
SCORES_LENGTH = struct.Struct("<I")

STREAM = 1
BODY_BY_FD = 2
"""Flags of requests."""
STOPPING = 1
MORE = 2
SCORES = 4
"""Flags of responses."""
MAX_FRAME_BYTES = 1 << 30
