"""Bundles: the immutable content of a version, described by a manifest and addressed by digest."""

import hashlib
import re
from typing import Any, Literal

import msgspec

from unshelf.contracts.signature import Signature

MANIFEST_FORMAT = 1
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PATH_PART = re.compile(r"[^/\\\x00-\x1f\x7f]{1,255}")
MAX_FILES = 10_000
MAX_BATCH_ROWS = 1024
"""The check proves batches of up to so many rows."""
MAX_BATCH_WAIT = 10.0
_CODE_KINDS = frozenset({"python", "mlflow"})
_CODE_FORMATS = frozenset({"joblib", "pickle", "cloudpickle", "torchscript", "state"})


def is_digest(text: str) -> bool:
    """Whether `text` is a SHA-256 digest in lower-case hex, the only way files are addressed."""
    return _DIGEST.fullmatch(text) is not None


def is_bundle_path(text: str) -> bool:
    """Whether `text` is a relative path of plain parts: nothing that leaves the bundle's folder."""
    parts = text.split("/")
    return len(text) <= 1024 and all(part not in (".", "..") and _PATH_PART.fullmatch(part) for part in parts)


class BundleFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a bundle."""

    path: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        if not is_bundle_path(self.path):
            raise ValueError(f"{self.path!r} is no path inside a bundle (relative, '/' between plain parts)")
        if not is_digest(self.sha256):
            raise ValueError(f"{self.path!r}: sha256 must be 64 lower-case hex digits")
        if self.size < 0:
            raise ValueError(f"{self.path!r}: size must not be negative")


class Loader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a worker turns the files into something that predicts. The kinds and their options: docs/reference/loaders.md."""

    kind: str
    """sklearn, xgboost, lightgbm, catboost, onnx, torch, python or mlflow."""
    file: str | None = None
    """The model file or folder inside the bundle."""
    format: str | None = None
    """How that file is written: skops, joblib, pickle, cloudpickle, ubj, text, cbm, onnx, export, torchscript, state …"""
    method: str = "predict"
    """The model's method that answers."""
    entry: str | None = None
    """For code: `file.py:function` or `file.py:Class`."""
    options: dict[str, Any] = {}


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the code came from."""

    commit: str | None = None
    branch: str | None = None
    diff: str | None = None
    """The bundle path of the uncommitted changes (a git diff); None when the work tree was clean."""


class Resources(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a replica is given."""

    tier: str = "small"


class Scaling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many replicas there are, and when an idle one goes."""

    min: int = 0
    max: int = 1
    idle: float = 300.0
    """Seconds without a request after which a replica beyond `min` is stopped; the next request starts one again."""

    def __post_init__(self) -> None:
        if not 0 <= self.min <= self.max or self.max < 1:
            raise ValueError(f"scaling: 0 <= min <= max and max >= 1, got min={self.min} max={self.max}")
        if self.idle <= 0:
            raise ValueError(f"scaling: idle is a number of seconds above 0, got {self.idle}")


class Recording(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a version's predictions, and what happens when they can't be kept."""

    redact: list[str] = []
    """Columns whose values are replaced by `[redacted]` before anything is written. A body in which they can't be told
    apart is not kept at all."""
    durability: Literal["memory", "disk"] = "memory"
    """memory: a record survives the death of any process. disk: it is on the disk before the answer leaves."""
    on_failure: Literal["refuse", "serve"] = "refuse"
    """When a record can't be written: refuse answers 503; serve answers all the same, and counts."""

    def __post_init__(self) -> None:
        if len(set(self.redact)) != len(self.redact) or "" in self.redact:
            raise ValueError(f"recording: redact names each column once, got {self.redact}")


class Batching(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much is predicted together of what waits, where the check proved that this changes nothing."""

    max_rows: int = MAX_BATCH_ROWS
    """Rows of all requests in a batch; 1 turns batching off. One request may have more: it is predicted by itself."""
    max_bytes: int = 16 << 20
    """Bytes of all bodies in a batch."""
    wait: float = 0.0
    """Seconds that a batch may wait for more; 0: it takes what is there, and nobody waits for anybody."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_rows <= MAX_BATCH_ROWS:
            raise ValueError(f"batching: max_rows is 1 to {MAX_BATCH_ROWS}, got {self.max_rows}")
        if not 1 <= self.max_bytes <= 1 << 30:
            raise ValueError(f"batching: max_bytes is 1 to {1 << 30} (1 GiB), got {self.max_bytes}")
        if not 0 <= self.wait <= MAX_BATCH_WAIT:
            raise ValueError(f"batching: wait is 0 to {MAX_BATCH_WAIT:g} seconds, got {self.wait}")


AS_IT_COMES = Batching()
"""The batching of who says nothing about it: the one instance, so that manifests leave it out."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything about a version that its maker decides. Its digest names the bundle."""

    format: int = MANIFEST_FORMAT
    loader: Loader
    files: list[BundleFile]
    python: str
    """The Python version it was made with: `3.11` or `3.11.7`. The environment has the same minor version."""
    requirements: list[str] = []
    """PEP 508 requirements, resolved into a lock at deploy. Ignored when `lock` is given."""
    lock: str | None = None
    """The bundle path of a `pylock.toml` to use as it is."""
    signature: Signature | None = None
    """None asks the check to derive the inputs from the model file (ONNX, scikit-learn, XGBoost … know them)."""
    example: str | None = None
    """The bundle path of a JSON file `{"inputs": [row, …]}`, rows as in a native predict call."""
    contains_code: bool = False
    """Whether its maker says that loading runs code from the bundle; `runs_code` does not take his word alone."""
    code: Source = Source()
    resources: Resources = Resources()
    scaling: Scaling = Scaling()
    timeout: float = 30.0
    """Seconds a prediction may take before callers get 504."""
    description: str = ""
    recording: Recording = Recording()
    batching: Batching = AS_IT_COMES

    def __post_init__(self) -> None:
        if self.format != MANIFEST_FORMAT:
            raise ValueError(f"manifest format {self.format} is not known here (this release reads {MANIFEST_FORMAT})")
        if len(self.files) > MAX_FILES:
            raise ValueError(f"a bundle holds at most {MAX_FILES} files, got {len(self.files)}")
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths):
            raise ValueError("a bundle names each path once")
        for role, path in (("lock", self.lock), ("example", self.example), ("code.diff", self.code.diff)):
            if path is not None and path not in paths:
                raise ValueError(f"{role} names {path!r}, which is no file of the bundle")
        if not 0 < self.timeout <= 3600:
            raise ValueError(f"timeout is a number of seconds above 0 and at most 3600, got {self.timeout}")
        if self.batching.wait >= self.timeout:
            raise ValueError(
                f"batching: wait is below the timeout of {self.timeout:g} seconds, got {self.batching.wait}"
            )

    def encode(self) -> bytes:
        """Canonical JSON: the same manifest always gives the same bytes."""
        return msgspec.json.encode(self, order="deterministic")

    @property
    def runs_code(self) -> bool:
        """Whether loading runs code from the bundle (a pickle, a .py file), so that trust in its maker is needed."""
        return (
            self.contains_code
            or self.loader.kind in _CODE_KINDS
            or self.loader.format in _CODE_FORMATS
            or any(file.path.endswith(".py") for file in self.files)
        )

    @property
    def digest(self) -> str:
        """SHA-256 of `encode()`, in hex: the bundle's name."""
        return hashlib.sha256(self.encode()).hexdigest()


class Checks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the check of a version found out, in a fresh process of the version's own environment."""

    python: str
    """The full version of the interpreter that ran the check."""
    load_seconds: float
    predict_seconds: float | None = None
    """Seconds for one prediction of the whole example, after a first one; None without an example."""
    memory_bytes: int
    """Peak resident memory of the process."""
    example_rows: int = 0
    batchable: bool = False
    """Whether a batch of N was seen to equal N single calls bit for bit: only then may requests be batched together."""
    batchable_reason: str = ""
    fork_safe: bool = False
    """Whether a forked child was seen to answer as its parent did: only then may replicas be forked from a warm process."""
    fork_safe_reason: str = ""
    modules: list[str] = []
    """Third-party modules imported by loading and predicting: what a warm process imports in advance."""
    signature: Signature | None = None
    """The full signature: the inputs as given or derived, the outputs as seen; of a model that yields, one chunk's."""
    streams: bool = False
    """Whether the model was seen to yield its answer in chunks."""
