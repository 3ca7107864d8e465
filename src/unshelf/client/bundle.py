"""Bundles a model that is in memory, and seals what any kind of model comes to: its files, named by digest, and a manifest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from unshelf.client import frameworks
from unshelf.client.collecting import Content, collect, content_of_bytes, content_of_file
from unshelf.client.errors import InvalidModel, InvalidRows
from unshelf.client.examples import MAX_ROWS, example_from, head
from unshelf.client.requirements import container_libraries, imported_distributions, pin, python_version
from unshelf.client.rows import as_rows
from unshelf.client.signatures import as_told, infer
from unshelf.client.source import git_state
from unshelf.client.told import told
from unshelf.contracts.bundle import (
    AS_IT_COMES,
    Batching,
    Loader,
    Manifest,
    Recording,
    Resources,
    Scaling,
    Source,
)
from unshelf.contracts.signature import Columns, Signature

OWN_FOLDER = ".unshelf"
"""Where in a bundle the files lie that are ours, out of the way of the model's own."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the person who deploys says beside the model; None leaves it to the model, its folder or the defaults."""

    example: Any = None
    baseline: Any = None
    requirements: Sequence[str] = ()
    code: Sequence[str | Path] = ()
    python: str | None = None
    method: str | None = None
    init: dict[str, Any] | None = None
    """For PyTorch: the keyword arguments with which the module's class is made again, where it can't be exported."""
    tier: str | None = None
    description: str | None = None
    timeout: float | None = None
    scaling: Scaling | None = None
    recording: dict[str, Any] | None = None
    """As contracts.bundle.Recording: `redact`, `durability`, `on_failure`."""
    batching: dict[str, Any] | None = None
    """As contracts.bundle.Batching: `max_rows`, `max_bytes`, `wait`."""
    limits: dict[str, float] | None = None
    """How much may be asked of the model from now on: `rate`, `burst`, `concurrency`."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A model ready to be sent."""

    manifest: Manifest
    contents: list[Content]
    notes: list[str] = field(default_factory=list)
    """Sentences for the person who deploys."""
    name: str | None = None
    """What its folder calls it."""
    example: list[Any] = field(default_factory=list)
    """The example's rows as plain values."""
    limits: dict[str, float] | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(content.size for content in self.contents)


def bundle_model(model: Any, wishes: Wishes, staging: Path) -> Bundle:
    """Bundle a model object, saved by its framework into the empty folder `staging`. Raises InvalidModel."""
    example = example_from(wishes.example, wishes.baseline)
    saved = frameworks.save(model, staging, method=wishes.method or "predict", example=example, init=wishes.init)
    files, warnings = collect_code(wishes.code)
    own = [
        content_of_file(path.relative_to(staging).as_posix(), path)
        for path in sorted(staging.rglob("*"))
        if path.is_file()
    ]
    signature = None
    if example is not None:
        seen = infer(example, wishes.baseline, hint=saved.container_hint, feature_names=saved.feature_names)
        signature = as_told(seen, saved.tensors)
    sources = [(content.path, content.source) for content in [*own, *files] if isinstance(content.source, Path)]
    requirements, pin_notes = pin(
        [*saved.requirements, *container_libraries(signature), *imported_distributions(sources)], wishes.requirements
    )
    return seal(
        loader=saved.loader,
        contents=[*own, *files],
        requirements=requirements,
        signature=signature,
        example=None if example is None else rows_for_bundle(example),
        contains_code=saved.contains_code or any(path.endswith(".py") for path, _ in sources),
        code_folder=Path(wishes.code[0]).resolve().parent if wishes.code else Path.cwd(),
        wishes=wishes,
        notes=[*saved.notes, *warnings, *pin_notes],
    )


def collect_code(paths: Sequence[str | Path]) -> tuple[list[Content], list[str]]:
    """Files and folders of the user's own code, each at the bundle's root under its own name, so that it imports as it does here."""
    found: list[Content] = []
    warnings: list[str] = []
    for path in map(Path, paths):
        if path.is_dir():
            contents, said = collect(path)
            found += [
                Content(
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


def seal(
    *,
    loader: Loader,
    contents: list[Content],
    requirements: list[str],
    signature: Signature | None,
    example: list[Any] | None,
    contains_code: bool,
    code_folder: Path,
    wishes: Wishes,
    notes: list[str],
    lock: str | None = None,
    python: str | None = None,
    name: str | None = None,
) -> Bundle:
    """The bundle of these parts, with git's view of `code_folder` and the wishes on top. Raises InvalidModel."""
    own: list[Content] = []
    if example is not None:
        own.append(content_of_bytes(f"{OWN_FOLDER}/example.json", msgspec.json.encode({"inputs": example})))
    state = git_state(code_folder)
    diff = content_of_bytes(f"{OWN_FOLDER}/uncommitted.diff", state.diff) if state and state.diff else None
    own += [diff] if diff else []
    everything = _each_once([*contents, *own])
    try:
        manifest = Manifest(
            loader=loader,
            files=[content.entry for content in everything],
            python=wishes.python or python or python_version(),
            requirements=[] if lock else requirements,
            lock=lock,
            signature=signature,
            example=f"{OWN_FOLDER}/example.json" if example is not None else None,
            contains_code=contains_code,
            code=Source(
                commit=state.commit if state else None,
                branch=state.branch if state else None,
                diff=diff.path if diff else None,
            ),
            resources=Resources(tier=wishes.tier or "small"),
            scaling=wishes.scaling or Scaling(),
            timeout=wishes.timeout or 30.0,
            description=wishes.description or "",
            recording=_recording(wishes.recording or {}, signature),
            batching=told("batching", wishes.batching, Batching) if wishes.batching else AS_IT_COMES,
        )
    except ValueError as error:
        raise InvalidModel(f"This can't be bundled: {error}.") from error
    return Bundle(
        manifest=manifest, contents=everything, notes=notes, name=name, example=example or [], limits=wishes.limits
    )


def _recording(words: dict[str, Any], signature: Signature | None) -> Recording:
    """What is told about recording, checked; a column that there is not would never be redacted. Raises InvalidModel."""
    recording = told("recording", words, Recording)
    if signature is not None and isinstance(signature.inputs, Columns):
        columns = signature.inputs.columns
        missing = [name for name in recording.redact if name not in {column.name for column in columns}]
        if missing and not any(column.type == "json" for column in columns):
            raise InvalidModel(
                f"recording: redact names {missing[0]!r}, which is no column of the inputs.",
                hint=f"Columns: {', '.join(column.name for column in columns)}.",
            )
    return recording


def rows_for_bundle(rows: Any) -> list[Any]:
    """The first rows of an example as plain values. Raises InvalidModel."""
    try:
        return as_rows(head(rows, MAX_ROWS))
    except InvalidRows as error:
        raise InvalidModel(f"The example: {error.detail}", hint=error.hint) from error


def _each_once(contents: list[Content]) -> list[Content]:
    """Each file once: code that a framework found by itself may also be named by hand. Raises InvalidModel when two differ."""
    by_path: dict[str, Content] = {}
    for content in contents:
        present = by_path.setdefault(content.path, content)
        if present.sha256 != content.sha256:
            raise InvalidModel(
                f"Two different files would both be {content.path!r} in the bundle.",
                hint="Rename your own one, or give its folder as code.",
            )
    return list(by_path.values())
