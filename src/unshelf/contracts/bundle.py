"""Bundles: the immutable content of a version, described by a manifest and addressed by digest."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from unshelf.contracts.monitoring.metrics import DeclaredMetric, check_metrics
from unshelf.contracts.monitoring.monitors import DeclaredMonitor, check_declared
from unshelf.contracts.network.grants import read_grants
from unshelf.contracts.signature import Parameter, Signature
from unshelf.contracts.variables import check_variables

MANIFEST_FORMAT = 1
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PATH_PART = re.compile(r"[^/\\\x00-\x1f\x7f]{1,255}")
MAX_FILES = 10_000
MAX_REQUIREMENTS = 2000
MAX_REQUIREMENT_CHARACTERS = 1000
"""Without the hashes that follow it."""
MAX_HASHES_CHARACTERS = 16_000
MAX_PARAMETERS = 100
MAX_BATCH_ROWS = 1024
"""The most rows in a batch: the check proves batches up to this size."""
MAX_BATCH_WAIT = 10.0
CODE_KINDS = frozenset({"python", "mlflow"})
"""Kinds of loaders whose models are their makers' own code, or may be."""
ELSEWHERE = "elsewhere"
"""The kind of versions that no worker loads: they run on other infrastructure, and their records are sent here."""
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
    """The path inside the bundle, relative, with `/` between its parts."""
    sha256: str
    """The SHA-256 of its content, in lower-case hex."""
    size: int
    """Size in bytes."""

    def __post_init__(self) -> None:
        if not is_bundle_path(self.path):
            raise ValueError(f"{self.path!r} is no path inside a bundle (relative, '/' between plain parts)")
        if not is_digest(self.sha256):
            raise ValueError(f"{self.path!r}: sha256 must be 64 lower-case hex digits")
        if self.size < 0:
            raise ValueError(f"{self.path!r}: size must not be negative")


def tree_digest(files: Sequence[BundleFile]) -> str:
    """Return the name of a tree of files: the SHA-256 of the list of their paths, digests and sizes, by path."""
    listed = [[file.path, file.sha256, file.size] for file in sorted(files, key=lambda file: file.path)]
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()


class Loader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a worker turns the files into something that predicts. The kinds and their options: docs/reference/loaders.md."""

    kind: str
    """sklearn, xgboost, lightgbm, catboost, onnx, torch, keras, transformers, statsmodels, python or mlflow."""
    file: str | None = None
    """The model file or folder inside the bundle."""
    format: str | None = None
    """How that file is written: skops, joblib, pickle, cloudpickle, ubj, text, cbm, onnx, export, torchscript, state …"""
    method: str = "predict"
    """The model's method that answers."""
    entry: str | None = None
    """For code: `file.py:function` or `file.py:Class`."""
    options: dict[str, Any] = {}
    """Options of the kind: docs/reference/loaders.md."""


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the code came from."""

    commit: str | None = None
    """The git commit."""
    branch: str | None = None
    """The git branch."""
    diff: str | None = None
    """The bundle path of the uncommitted changes (a git diff); None when the work tree was clean."""


class Resources(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Resources of a replica."""

    tier: str = "small"
    """The tier, by name."""


NetworkKind = Literal["full", "none"]
"""The server's network, or none but a loopback of its own and what is allowed."""


class NetworkAccess(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The network of a version's workers and of its check."""

    access: NetworkKind | None = None
    """The network that they have; None, of releases before networks had to be granted: as the operator says."""
    allow: list[str] = []
    """Places that they may connect to although they have no network: `HOST:PORT`, `*.DOMAIN:PORT`, `ADDRESS:PORT`."""

    def __post_init__(self) -> None:
        if self.allow and self.access == "full":
            raise ValueError("network: access is full, so there is nothing to allow; leave one of them out")
        if self.allow != (allow := [str(grant) for grant in read_grants(self.allow)]):
            msgspec.structs.force_setattr(self, "allow", allow)

    def kind(self, default: NetworkKind) -> NetworkKind:
        """Return the network where `default` is that of manifests that say nothing of it."""
        return self.access or ("none" if self.allow else default)


class Scaling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many replicas there are, and when an idle one goes."""

    min: int = 0
    """Replicas that always run."""
    max: int = 1
    """The most replicas at once."""
    idle: float = 300.0
    """Seconds without a request after which a replica beyond `min` is stopped; the next request starts one again."""

    def __post_init__(self) -> None:
        if not 0 <= self.min <= self.max or self.max < 1:
            raise ValueError(f"scaling: 0 <= min <= max and max >= 1, got min={self.min} max={self.max}")
        if self.idle <= 0:
            raise ValueError(f"scaling: idle is a number of seconds above 0, got {self.idle}")


class Recording(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Rules for recording a version's predictions, and for what happens when they can't be recorded."""

    redact: list[str] = []
    """Columns whose values are replaced by `[redacted]` before anything is written. A body in which they can't be
    distinguished is not kept at all."""
    durability: Literal["memory", "disk"] = "memory"
    """memory: a record survives the death of any process. disk: it is on the disk before the answer leaves."""
    on_failure: Literal["refuse", "serve"] = "refuse"
    """When a record can't be written: refuse answers 503; serve answers all the same, and counts."""

    def __post_init__(self) -> None:
        if len(set(self.redact)) != len(self.redact) or "" in self.redact:
            raise ValueError(f"recording: redact names each column once, got {self.redact}")


class Batching(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Rules for predicting requests that wait together, where the check proved that this changes no answer."""

    max_rows: int = MAX_BATCH_ROWS
    """Rows of all requests in a batch; 1 turns batching off. One request may have more: it is predicted alone."""
    max_bytes: int = 16 << 20
    """Bytes of all bodies in a batch."""
    wait: float = 0.0
    """Seconds that a batch may wait for more; 0: it takes what is there, and nobody waits for anybody."""
    share: bool | None = None
    """Whether requests of different callers may be in one batch. None: where every step of the model is known to answer each
    row alone. True: its maker says that it does; this is proved all the same. False: never."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_rows <= MAX_BATCH_ROWS:
            raise ValueError(f"batching: max_rows is 1 to {MAX_BATCH_ROWS}, got {self.max_rows}")
        if not 1 <= self.max_bytes <= 1 << 30:
            raise ValueError(f"batching: max_bytes is 1 to {1 << 30} (1 GiB), got {self.max_bytes}")
        if not 0 <= self.wait <= MAX_BATCH_WAIT:
            raise ValueError(f"batching: wait is 0 to {MAX_BATCH_WAIT:g} seconds, got {self.wait}")


DEFAULT_BATCHING = Batching()
"""The batching of who says nothing about it: the one instance, so that manifests leave it out."""

AnswerForm = Literal["rows", "table"]
"""rows: a model returns one output a row. table: its answer is one for all rows, and goes to the caller as the whole it is."""


class CheckOptions(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """How much the check may ask of the model."""

    calls: int | None = None
    """The most calls of the model, which is called at least once where there is an example; None: as many as the proofs need."""

    def __post_init__(self) -> None:
        if self.calls is not None and self.calls < 1:
            raise ValueError(f"check: calls is at least 1, got {self.calls}")


DEFAULT_CHECK = CheckOptions()
"""The check of who says nothing about it: the one instance, so that manifests leave it out."""


ModelTask = Literal["classification", "regression", "ranking"]
"""The kind of work that a model does, by which measures of its quality are chosen."""


class Monitoring(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Roles of columns, as the maker declares them; what is empty is inferred where that can be."""

    prediction: str = ""
    """The output that is the answer."""
    scores: str = ""
    """The output with a number for each class; or the model's method that gives them, such as `predict_proba`: they are recorded beside
    its answer, and sent to no caller."""
    label: str = ""
    """The name under which labels come; of a baseline, the column that holds the truth."""
    key: str = ""
    """The input that names the business object, such as an order's number."""
    slices: list[str] = []
    """Inputs of few values, by which records are parted."""
    time: str = ""
    """The input with the moment that a row is about."""
    query: str = ""
    """The input that tells which rows of a request are ranked together; empty: all of them are."""
    task: ModelTask | None = None
    """The task of the model; null: it is inferred."""
    classes: list[str] = []
    """The names of the classes, in the order of the scores."""

    def __post_init__(self) -> None:
        if len(set(self.slices)) != len(self.slices) or "" in self.slices:
            raise ValueError(f"monitoring: slices names each column once, got {self.slices}")


NO_MONITORING = Monitoring()
"""The roles of who declares none: the one instance, so that manifests leave it out."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything about a version that its maker decides. Its digest names the bundle."""

    format: int = MANIFEST_FORMAT
    """The format of the manifest."""
    loader: Loader
    """How a worker loads the model."""
    files: list[BundleFile]
    """The files of the bundle."""
    python: str
    """The Python version it was made with: `3.11` or `3.11.7`. The environment has the same minor version."""
    requirements: list[str] = []
    """PEP 508 requirements, each with the hashes that its file may have (`--hash=sha256:…`), resolved into a lock at deploy.
    `name @ bundle:PATH` is a wheel among the files. Ignored when `lock` is given."""
    constraints: list[str] = []
    """PEP 508 requirements that bound the versions of packages without asking for them. Ignored when `lock` is given."""
    lock: str | None = None
    """The bundle path of a `pylock.toml` to use as it is."""
    signature: Signature | None = None
    """None asks the check to derive the inputs from the model file (ONNX, scikit-learn, XGBoost … know them)."""
    example: str | None = None
    """The bundle path of a JSON file `{"inputs": [row, …]}`, rows as in a native predict call."""
    contains_code: bool = False
    """Whether its maker says that loading runs code from the bundle; `runs_code` does not take his word alone."""
    code: Source = Source()
    """Where the code came from."""
    resources: Resources = Resources()
    """Resources of a replica."""
    network: NetworkAccess = NetworkAccess()
    """The network that its code may reach."""
    scaling: Scaling = Scaling()
    """How many replicas there are."""
    timeout: float = 30.0
    """Seconds a prediction may take before callers get 504."""
    description: str = ""
    """A text for people."""
    notes: list[str] = []
    """Decisions made when it was bundled, in sentences for people: why a pickle was used, where a package comes from."""
    recording: Recording = Recording()
    """Rules for what is kept of predictions."""
    batching: Batching = DEFAULT_BATCHING
    """Rules for predicting requests together."""
    check: CheckOptions = DEFAULT_CHECK
    """How much the check may ask of the model."""
    output: AnswerForm = "rows"
    """Whether answers have one output a row, or are one for all rows: then a batch never holds rows of several callers."""
    env: dict[str, str] = {}
    """Environment variables of its worker and its check. Everybody who may inspect the version sees them: no secrets."""
    parameters: list[Parameter] | None = None
    """The parameters that its predictions take; None leaves it to the check to find those that its own code declares."""
    monitoring: Monitoring = NO_MONITORING
    """Roles of columns that its maker declares."""
    monitors: list[DeclaredMonitor] = []
    """Monitors that its model has while callers get this version."""
    metrics: list[DeclaredMetric] = []
    """Metrics that its model gets when it is deployed."""
    seen_task: ModelTask | None = None
    """The task of the framework's object when it was bundled; None: it does not tell."""
    seen_classes: list[str] = []
    """The classes that the framework's object knew when it was bundled, in its order."""

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
        names = [parameter.name for parameter in self.parameters or ()]
        if len(set(names)) != len(names) or len(names) > MAX_PARAMETERS:
            raise ValueError(f"parameters: at most {MAX_PARAMETERS}, each with a name of its own, got {len(names)}")
        if not 0 < self.timeout <= 3600:
            raise ValueError(f"timeout is a number of seconds above 0 and at most 3600, got {self.timeout}")
        check_declared(self.monitors)
        check_metrics(self.metrics, paths)
        if self.batching.wait >= self.timeout:
            raise ValueError(
                f"batching: wait is below the timeout of {self.timeout:g} seconds, got {self.batching.wait}"
            )
        try:
            check_variables(self.env)
        except ValueError as error:
            raise ValueError(f"env: {error}") from None

    def encode(self) -> bytes:
        """Canonical JSON: the same manifest always gives the same bytes."""
        return msgspec.json.encode(self, order="deterministic")

    @property
    def runs_code(self) -> bool:
        """Whether loading runs code from the bundle (a pickle, a .py file), so that trust in its maker is needed."""
        return (
            self.contains_code
            or self.loader.kind in CODE_KINDS
            or self.loader.format in _CODE_FORMATS
            or any(file.path.endswith((".py", ".whl")) for file in self.files)
        )

    @property
    def runs_elsewhere(self) -> bool:
        """Whether the version runs on other infrastructure, so that nothing of it can be started here."""
        return self.loader.kind == ELSEWHERE

    @property
    def digest(self) -> str:
        """SHA-256 of `encode()`, in hex: the bundle's name."""
        return hashlib.sha256(self.encode()).hexdigest()


MAX_CHECK_OUTPUT = 8 << 10
"""Bytes of a check's output that are kept with the version."""


class Checks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Findings of the check of a version, in a fresh process of the version's own environment."""

    python: str
    """The full version of the interpreter that ran the check."""
    load_seconds: float
    """Seconds until the model was loaded."""
    predict_seconds: float | None = None
    """Seconds for one prediction of the whole example, after a first one; None without an example."""
    memory_bytes: int
    """Peak resident memory of the process."""
    example_rows: int = 0
    """The rows of the example."""
    batchable: bool = False
    """Whether requests of different callers may be batched together: allowed, and a batch was seen to equal single calls."""
    batchable_reason: str = ""
    """Why it is batchable, or not."""
    batch_rows: int = 0
    """The rows of the largest batch that was proved, and so the largest that is made. 0: none was; nor was one by a release
    that proved batches without distinct rows, whatever `batchable` says."""
    fork_safe: bool = False
    """Whether a forked child was seen to answer as its parent did: only then may replicas be forked from a warm process."""
    fork_safe_reason: str = ""
    """Why it is safe to fork, or not."""
    modules: list[str] = []
    """Third-party modules imported by loading and predicting: what a warm process imports in advance."""
    signature: Signature | None = None
    """The full signature: the inputs as given or derived, the outputs as seen; of a model that yields, one chunk's."""
    streams: bool = False
    """Whether the model was seen to yield its answer in chunks."""
    scores_reason: str = ""
    """The cost of recording scores beside the answer; empty: none are."""
    calls: int = 0
    """How often the check called the model; 0: not known."""
    warnings: list[str] = []
    """Warnings that Python showed: `while loading the model: InconsistentVersionWarning: …`, each once."""
    output: str = ""
    """Output of the check, its beginning and its end, each line with its time: for the owner, by `unshelf logs NAME --output`."""
