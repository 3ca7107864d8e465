"""The frames a worker reads and writes; this copy of `contracts.protocols.frames` is held to it by tests/contract/test_frames.py."""

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
PARAMS_LENGTH = struct.Struct("<I")
SCORES_LENGTH = struct.Struct("<I")

STREAM = 1
BODY_BY_FD = 2
STOPPING = 1
MORE = 2
SCORES = 4
MAX_FRAME_BYTES = 1 << 30
