"""Bundle a model that is in memory, or the parts of any: its files, named by digest, and a manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

import msgspec

from unshelf.client import frameworks
from unshelf.client.bundling.files import BundleSource, collect, content_of_bytes, content_of_file
from unshelf.client.bundling.git import GitState, git_state
from unshelf.client.bundling.monitoring import MetricGiven, metrics_from, monitoring_from, monitors_from
from unshelf.client.bundling.own_modules import notes_on_names
from unshelf.client.bundling.requirements import (
    Requirements,
    SeenPackages,
    choose_requirements,
    container_libraries,
    imported_distributions,
    python_version,
)
from unshelf.client.bundling.requirements_file import parse_requirements
from unshelf.client.bundling.seen_task import NOT_SEEN, SeenTask, seen_task
from unshelf.client.bundling.variables import chosen_variables, notes_on_variables
from unshelf.client.data.examples import MAX_ROWS, example_from, head
from unshelf.client.data.losses import losses
from unshelf.client.data.parameters import parse_parameters
from unshelf.client.data.rows import as_rows
from unshelf.client.data.signatures import as_told, infer
from unshelf.client.errors import InvalidModel, InvalidRows
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.client.options import parse_options
from unshelf.client.signatures.completed import note_without_example, signature_with, with_defaults
from unshelf.client.signatures.written import stated_signature
from unshelf.contracts.bundle import (
    CODE_KINDS,
    DEFAULT_BATCHING,
    DEFAULT_CHECK,
    AnswerForm,
    Batching,
    CheckOptions,
    Loader,
    Manifest,
    NetworkAccess,
    NetworkKind,
    Recording,
    Resources,
    Scaling,
    Source,
)
from unshelf.contracts.signature import Columns, Parameter, Signature

OWN_FOLDER = ".unshelf"
"""The folder of our own files in a bundle, apart from the model's."""


@dataclass(frozen=True, kw_only=True)
class DeployOptions:
    """Options of a deploy beside the model; None leaves the choice to the model, its folder or the defaults."""

    example: Any = None
    baseline: Any = None
    requirements: Sequence[str] = ()
    code: Sequence[str | Path] = ()
    python: str | None = None
    environment: str | None = None
    """An environment of the server, which the version runs in as it is: `NAME`, `NAME:3`, a hash or a version of a model."""
    method: str | None = None
    init: dict[str, Any] | None = None
    """The keyword arguments of a class given as a class; for PyTorch, those with which the module's class is made again, where it
    can't be exported."""
    tier: str | None = None
    network: str | Sequence[str] | None = None
    """The places that its code may connect to, each `HOST:PORT`, `*.DOMAIN:PORT` or `ADDRESS:PORT`; `none`, as without it: no network;
    `full`: the server's."""
    description: str | None = None
    timeout: float | None = None
    scaling: Scaling | None = None
    recording: dict[str, Any] | None = None
    """As contracts.bundle.Recording: `redact`, `durability`, `on_failure`."""
    batching: dict[str, Any] | None = None
    """As contracts.bundle.Batching: `max_rows`, `max_bytes`, `wait`, `share`."""
    check: dict[str, Any] | None = None
    """As contracts.bundle.CheckOptions: `calls`."""
    monitoring: dict[str, Any] | None = None
    """As contracts.bundle.Monitoring: `prediction`, `scores`, `label`, `key`, `slices`, `time`, `task`, `classes`."""
    monitors: Sequence[Mapping[str, Any]] | None = None
    """Monitors of the model while callers get this version, as contracts.monitoring.monitors has them: `name`, `kind`, `threshold` …"""
    metrics: Sequence[MetricGiven] | None = None
    """Metrics that the model gets: functions, tables with one as `metric`, and those of `[[metrics]]`, whose files are the bundle's."""
    output: AnswerForm | None = None
    """`rows`: one output a row, as without it. `table`: the answer is one for all rows."""
    limits: dict[str, float] | None = None
    """How much may be asked of the model from now on: `rate`, `burst`, `concurrency`."""
    env: Mapping[str, str] | None = None
    """Environment variables of the model's programs, which everybody who may inspect the version sees."""
    signature: Mapping[str, Any] | None = None
    """The inputs and outputs of the model, as `[signature]` of unshelf.toml has them: `{"inputs": {"age": "integer"}}`."""
    parameters: Mapping[str, Any] | None = None
    """Parameters of its predictions: by name a default, or `{"type": …, "default": …}` as contracts.signature.Parameter. None: those
    that the model's own code declares; empty: none."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A model ready to be sent."""

    manifest: Manifest
    contents: list[BundleSource]
    notes: list[str] = field(default_factory=list)
    """Sentences for the person who deploys."""
    name: str | None = None
    """The name that its folder gives it."""
    example: list[Any] = field(default_factory=list)
    """The example's rows as plain values."""
    limits: dict[str, float] | None = None
    project: str | None = None
    """The project that its folder gives it."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(content.size for content in self.contents)


def bundle_model(model: Any, options: DeployOptions, staging: Path) -> Bundle:
    """Bundle a model object, saved by its framework into the empty folder `staging`. Raises InvalidModel."""
    example = example_from(options.example, options.baseline)
    saved = frameworks.save(model, staging, method=options.method or "predict", example=example, init=options.init)
    files, warnings = collect_code(options.code)
    own = [
        content_of_file(path.relative_to(staging).as_posix(), path)
        for path in sorted(staging.rglob("*"))
        if path.is_file()
    ]
    stated, signature = stated_signature(options.signature), None
    if example is not None:
        shown = with_defaults(example, stated)
        seen = infer(shown, options.baseline, hint=saved.container_hint, feature_names=saved.feature_names)
        signature = as_told(seen, saved.tensors)
    signature = signature_with(stated, example, signature, saved, in_memory=True)
    untried = note_without_example(signature) if example is None else []
    sources = [(content.path, content.source) for content in [*own, *files] if isinstance(content.source, Path)]
    requirements = requirements_seen(saved, signature, sources, options)
    return make_bundle(
        loader=saved.loader,
        contents=[*own, *files],
        requirements=requirements,
        signature=signature,
        example=None if example is None else rows_for_bundle(example),
        contains_code=saved.contains_code or any(path.endswith(".py") for path, _ in sources),
        code_folder=Path(options.code[0]).resolve().parent if options.code else Path.cwd(),
        options=options,
        seen=seen_task(model),
        notes=[
            *saved.notes, *warnings, *untried, *losses(example, signature, keeps_tensors=saved.container_hint == "tensors"),
        ],
    )  # fmt: skip


def requirements_seen(
    saved: SavedModel, signature: Signature | None, sources: list[tuple[str, Path]], options: DeployOptions
) -> Requirements:
    """Return the requirements that a model, its data and its code are seen to have, with those of `options` in their place."""
    return choose_requirements(
        packages_seen(saved, signature, sources),
        parse_requirements(options.requirements, folder=Path.cwd(), origin="requirements"),
        python=options.python,
    )


def packages_seen(saved: SavedModel, signature: Signature | None, sources: list[tuple[str, Path]]) -> SeenPackages:
    """Return the distributions that a model, its data and its code are seen to need."""
    imported, notes = imported_distributions(sources)
    names = [*saved.requirements, *container_libraries(signature), *imported]
    return SeenPackages(names=names, made_with=saved.made_with, notes=notes)


def collect_code(paths: Sequence[str | Path]) -> tuple[list[BundleSource], list[str]]:
    """Collect files and folders of the user's own code, each at the bundle's root under its own name, so that imports work as here."""
    found: list[BundleSource] = []
    warnings: list[str] = []
    for path in map(Path, paths):
        if path.is_dir():
            contents, said = collect(path)
            found += [
                BundleSource(
                    path=f"{path.resolve().name}/{each.path}", sha256=each.sha256, size=each.size, source=each.source
                )
                for each in contents
            ]
            warnings += said
        elif path.is_file():
            found.append(content_of_file(path.name, path))
        else:
            raise InvalidModel(
                f"code names {str(path)!r}, which is not there.", hint="Give files and folders that exist."
            )
    return found, warnings


def _required(options: DeployOptions, seen: Requirements) -> Requirements:
    """Return the requirements of a bundle: none where it runs in an environment of the server. Raises InvalidModel."""
    if options.environment is None:
        return seen
    if options.requirements:
        raise InvalidModel(
            f"The environment {options.environment} is taken as it is, so no requirements go with it.",
            hint="Add packages to it first: `unshelf environments add PACKAGE --to NAME`.",
        )
    return Requirements()


def make_bundle(
    *,
    loader: Loader,
    contents: list[BundleSource],
    requirements: Requirements,
    signature: Signature | None,
    example: list[Any] | None,
    contains_code: bool,
    code_folder: Path,
    options: DeployOptions,
    notes: list[str],
    lock: str | None = None,
    python: str | None = None,
    name: str | None = None,
    seen: SeenTask = NOT_SEEN,
) -> Bundle:
    """Make a bundle of these parts, with the git state of `code_folder` and the options. Raises InvalidModel."""
    requirements = _required(options, requirements)
    metrics, functions = metrics_from(options.metrics or ())
    own: list[BundleSource] = [*([] if lock else requirements.wheels), *functions, *_example_file(example)]
    state = git_state(code_folder)
    diff = content_of_bytes(f"{OWN_FOLDER}/uncommitted.diff", state.diff) if state and state.diff else None
    everything = _each_once([*contents, *own, *([diff] if diff else [])])
    notes = [*notes, *requirements.notes, *notes_on_names(contents), *notes_on_variables(options.env or {})]
    parameters = parse_parameters(options.parameters)
    try:
        manifest = Manifest(
            loader=loader,
            files=[content.entry for content in everything],
            python=options.python or python or requirements.python or python_version(),
            requirements=[] if lock else requirements.lines,
            constraints=[] if lock else requirements.constraints,
            lock=lock,
            signature=signature,
            example=f"{OWN_FOLDER}/example.json" if example is not None else None,
            contains_code=contains_code or bool(functions),
            code=_source(state, diff),
            resources=Resources(tier=options.tier or "small"),
            network=_network(options.network),
            scaling=options.scaling or Scaling(),
            timeout=options.timeout or 30.0,
            description=options.description or "",
            notes=notes,
            recording=_recording(options.recording or {}, signature, parameters, runs_code=loader.kind in CODE_KINDS),
            batching=parse_options("batching", options.batching, Batching) if options.batching else DEFAULT_BATCHING,
            check=parse_options("check", options.check, CheckOptions) if options.check else DEFAULT_CHECK,
            output=_answer_form(options.output),
            env=chosen_variables(options.env or {}),
            parameters=parameters,
            monitoring=monitoring_from(options.monitoring, signature),
            monitors=monitors_from(options.monitors, signature),
            metrics=metrics,
            **seen.fields,
        )
    except ValueError as error:
        raise InvalidModel(f"This can't be bundled: {error}.") from error
    return Bundle(
        manifest=manifest, contents=everything, notes=notes, name=name, example=example or [], limits=options.limits
    )


def _example_file(example: list[Any] | None) -> list[BundleSource]:
    if example is None:
        return []
    return [content_of_bytes(f"{OWN_FOLDER}/example.json", msgspec.json.encode({"inputs": example}))]


def _source(state: GitState | None, diff: BundleSource | None) -> Source:
    if state is None:
        return Source()
    return Source(commit=state.commit, branch=state.branch, diff=diff.path if diff else None)


def _network(wanted: str | Sequence[str] | None) -> NetworkAccess:
    """Check which network is asked for. Raises InvalidModel."""
    if wanted is not None and not isinstance(wanted, str):
        try:
            return NetworkAccess(access="none", allow=list(wanted))
        except ValueError as error:
            raise InvalidModel(f"This network can't be granted: {error}.") from None
    if wanted not in (None, *get_args(NetworkKind)):
        raise InvalidModel(
            f"network can't be {wanted!r}.",
            hint='It is "none" (no network), "full" (the server\'s), or a list of places: ["db.example.org:5432"].',
        )
    return NetworkAccess(access=cast(NetworkKind, wanted or "none"))


def _answer_form(output: str | None) -> AnswerForm:
    """Check what is said of the answers' form. Raises InvalidModel."""
    if output not in (None, *get_args(AnswerForm)):
        raise InvalidModel(
            f"output can't be {output!r}.", hint='It is "rows" (one output a row) or "table" (one answer for all rows).'
        )
    return cast(AnswerForm, output or "rows")


def _recording(
    words: dict[str, Any], signature: Signature | None, parameters: list[Parameter] | None, *, runs_code: bool
) -> Recording:
    """Check the options of recording: a column or parameter that does not exist would never be redacted. Raises InvalidModel."""
    recording = parse_options("recording", words, Recording)
    if parameters is None and runs_code:  # whose parameters the check will find: it looks at the names, too
        return recording
    named = {parameter.name for parameter in parameters or ()}
    if signature is not None and isinstance(signature.inputs, Columns):
        columns = signature.inputs.columns
        missing = [name for name in recording.redact if name not in {*named, *(column.name for column in columns)}]
        if missing and not any(column.type == "json" for column in columns):
            raise InvalidModel(
                f"recording: redact names {missing[0]!r}, which is no column of the inputs and no parameter.",
                hint=f"Columns: {', '.join(column.name for column in columns)}.",
            )
    return recording


def rows_for_bundle(rows: Any) -> list[Any]:
    """Return the first rows of an example as plain values. Raises InvalidModel."""
    try:
        return as_rows(head(rows, MAX_ROWS))
    except InvalidRows as error:
        raise InvalidModel(f"The example: {error.detail}", hint=error.hint) from error


def _each_once(contents: list[BundleSource]) -> list[BundleSource]:
    """Keep each file once: code that a framework found may also be given as `code`. Raises InvalidModel when two differ."""
    by_path: dict[str, BundleSource] = {}
    for content in contents:
        present = by_path.setdefault(content.path, content)
        if present.sha256 != content.sha256:
            raise InvalidModel(
                f"Two different files would both be {content.path!r} in the bundle.",
                hint="Rename your own one, or give its folder as code.",
            )
    return list(by_path.values())
