"""Bundle a model on disk: a folder with `unshelf.toml`, a saved model file, an MLflow model folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from unshelf.client import frameworks
from unshelf.client.bundling.bundle import (
    Bundle,
    DeployOptions,
    collect_code,
    make_bundle,
    packages_seen,
    requirements_seen,
    rows_for_bundle,
)
from unshelf.client.bundling.files import BundleSource, collect, content_of_file
from unshelf.client.bundling.project_files import read_named, read_project
from unshelf.client.bundling.requirements import (
    Requirements,
    SeenPackages,
    choose_requirements,
    marker_environment,
    pin_ranges,
)
from unshelf.client.bundling.requirements_file import WrittenRequirements, parse_requirements, read_requirements
from unshelf.client.bundling.unshelf_toml import RECIPE_FILE, ModelFile, read_recipe
from unshelf.client.data.data_types import kind_of
from unshelf.client.data.examples import example_from, read_rows
from unshelf.client.data.losses import losses
from unshelf.client.data.signatures import as_told, infer
from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.saved_model import FolderModel, SavedModel
from unshelf.client.signatures.completed import (
    Seen,
    complete,
    note_without_example,
    signature_with,
    with_defaults,
)
from unshelf.client.signatures.written import WrittenSignature, stated_signature
from unshelf.contracts.bundle import Loader, Scaling
from unshelf.contracts.signature import Column, Columns, Container, Signature

_NO_RECIPE = """\
Write an unshelf.toml in it:

  [model]
  predict = "predict.py:predict"   # or: file = "model.skops"

  [example]
  inputs = [{ ... }]"""


def bundle_path(path: Path, options: DeployOptions) -> Bundle:
    """Bundle the folder or model file at `path`. Raises InvalidModel."""
    if path.name in (RECIPE_FILE, frameworks.MLMODEL) and path.is_file():
        path = path.parent
    if path.is_file():
        return _bundle_file(path, options)
    if not path.is_dir():
        raise InvalidModel(
            f"{path} is not there.", hint="Give a folder with unshelf.toml, a model file or an MLflow model folder."
        )
    if options.code:
        raise InvalidModel(
            "`code` goes with a model or a model file.", hint=f"Put the code into {path}: all of it is bundled."
        )
    if (path / RECIPE_FILE).is_file():
        return _bundle_recipe(path, read_recipe(path), options)
    if frameworks.is_model_folder(path):
        return _bundle_mlflow(path, options)
    raise InvalidModel(f"{path} has neither an {RECIPE_FILE} nor an {frameworks.MLMODEL}.", hint=_NO_RECIPE)


def _bundle_file(path: Path, options: DeployOptions) -> Bundle:
    saved = frameworks.from_file(path, path.parent, method=options.method or "predict")
    stated = stated_signature(options.signature)
    example = _example(options, stated)
    signature = _signature(saved, example, options, None, stated)
    code, warnings = collect_code(options.code)
    sources = [(content.path, content.source) for content in code if isinstance(content.source, Path)]
    requirements = requirements_seen(saved, signature, sources, options)
    return make_bundle(
        loader=saved.loader,
        contents=[content_of_file(path.name, path), *code],
        requirements=requirements,
        signature=signature,
        example=None if example is None else rows_for_bundle(example),
        contains_code=saved.contains_code or bool(code),
        code_folder=path.resolve().parent,
        options=options,
        notes=[*saved.notes, *warnings, *_notes(saved, example, signature)],
    )


def _bundle_recipe(folder: Path, recipe: ModelFile, options: DeployOptions) -> Bundle:
    of_metrics = [metric.file for metric in recipe.metrics]
    kept = [recipe.file, (recipe.predict or "").partition(":")[0], recipe.lock, recipe.example_file, *of_metrics]
    for name in filter(None, kept):
        _check_inside(folder, name)
    contents, warnings = collect(folder, only=recipe.files, keep=tuple(filter(None, kept)))
    saved = _recipe_model(folder, recipe, options.method or recipe.method)
    stated = recipe.signature if options.signature is None else stated_signature(options.signature)
    own = recipe.example_inputs if recipe.example_file is None else folder / recipe.example_file
    example = _example(options, stated, own)
    signature = _signature(saved, example, options, recipe.input, stated)
    requirements = _recipe_requirements(
        folder, recipe=recipe, saved=saved, signature=signature, contents=contents, options=options
    )
    bundle = make_bundle(
        loader=saved.loader,
        contents=contents,
        requirements=requirements,
        signature=signature,
        example=None if example is None else rows_for_bundle(example),
        contains_code=saved.contains_code or any(content.path.endswith(".py") for content in contents),
        code_folder=folder.resolve(),
        options=_with_recipe(options, recipe),
        notes=[*saved.notes, *warnings, *_notes(saved, example, signature)],
        lock=recipe.lock,
        python=recipe.python,
        name=recipe.name,
    )
    return replace(bundle, project=recipe.project)


def _bundle_mlflow(folder: Path, options: DeployOptions) -> Bundle:
    model = frameworks.from_folder(folder)
    contents, warnings = collect(folder, only=["*"])
    stated = stated_signature(options.signature)
    example = _example(options, stated)
    signature = _mlflow_signature(model, example, options, stated)
    example = model.example if example is None else example
    written = (
        parse_requirements(model.requirements, folder=folder, origin=frameworks.MLMODEL)
        if model.requirements_file is None
        else read_requirements(model.requirements_file)
    )
    requirements = _given(_with_mlflow(written, model), options, python=model.python)
    return make_bundle(
        loader=model.loader,
        contents=contents,
        requirements=requirements,
        signature=signature,
        example=None if example is None else rows_for_bundle(example),
        contains_code=model.contains_code,
        code_folder=folder.resolve(),
        options=options,
        notes=[*model.notes, *warnings, *losses(options.example, signature)],
        python=model.python,
    )


def _recipe_model(folder: Path, recipe: ModelFile, method: str) -> SavedModel:
    if recipe.file:
        return frameworks.from_file(folder / recipe.file, folder, method=method)
    entry = recipe.predict or ""
    name, _, attribute = entry.partition(":")
    if not name.endswith(".py") or not attribute.isidentifier():
        raise InvalidModel(
            f"predict = {entry!r} names no Python function or class.", hint='Write "predict.py:predict".'
        )
    loader = Loader(kind="python", entry=entry, method=method)
    return SavedModel(loader=loader, requirements=[], contains_code=True)


def _recipe_requirements(
    folder: Path,
    *,
    recipe: ModelFile,
    saved: SavedModel,
    signature: Signature | None,
    contents: list[BundleSource],
    options: DeployOptions,
) -> Requirements:
    """Return the requirements that the recipe names; else those of its model and imports, pinned to the installed versions."""
    if recipe.lock or options.environment is not None:
        return Requirements()
    python = options.python or recipe.python
    if isinstance(recipe.requirements, str):
        _check_inside(folder, recipe.requirements)
        project = read_named(folder / recipe.requirements, marker_environment(python))
        requirements = _given(project.written, options, python=python or project.python, made_with=saved.made_with)
        return replace(requirements, python=project.python)
    if recipe.requirements is not None:
        written = parse_requirements(recipe.requirements, folder=folder, origin=RECIPE_FILE)
        return _given(written, options, python=python, made_with=saved.made_with)
    sources = [(content.path, content.source) for content in contents if isinstance(content.source, Path)]
    found = read_project(folder, marker_environment(python))
    if found is not None:
        seen = packages_seen(saved, signature, sources)
        seen.pinned = pin_ranges(found.written, found.name)
        return replace(_given(found.written, options, python=python or found.python, seen=seen), python=found.python)
    requirements = requirements_seen(saved, signature, sources, replace(options, python=python))
    if requirements.lines:
        lines = ", ".join(requirements.lines)
        requirements.notes.append(f"No requirements are given, so they are as installed here: {lines}.")
    return requirements


def _given(
    written: WrittenRequirements,
    options: DeployOptions,
    *,
    python: str | None,
    made_with: dict[str, str] | None = None,
    seen: SeenPackages | None = None,
) -> Requirements:
    """Return written requirements; those given with the deploy itself take the place of others on the same package."""
    told = parse_requirements(options.requirements, folder=Path.cwd(), origin="requirements")
    names = {each.name for each in told.requirements if each.name}
    replaced = [each for each in written.requirements if each.name in names]
    notes = [f"{each.origin} ({each.text}) gives way to a requirement given with the deploy." for each in replaced]
    together = WrittenRequirements(
        requirements=[*(each for each in written.requirements if each not in replaced), *told.requirements],
        constraints=[*written.constraints, *told.constraints],
        notes=[*written.notes, *told.notes, *notes],
    )
    seen = seen or SeenPackages(made_with=made_with or {})
    return choose_requirements(seen, together, python=options.python or python)


def _with_mlflow(written: WrittenRequirements, model: FolderModel) -> WrittenRequirements:
    """Add the library that opens the folder, in the version that wrote it, where the folder's requirements have none."""
    if not any(each.name in ("mlflow", "mlflow-skinny") for each in written.requirements):
        library = parse_requirements([model.library], folder=model.folder, origin=frameworks.MLMODEL)
        written.requirements += library.requirements
    return written


def _mlflow_signature(
    model: FolderModel, example: Any, options: DeployOptions, stated: WrittenSignature | None
) -> Signature | None:
    """Return the signature that MLflow saved, unless an example is given; with what the maker states beyond that."""
    saved = SavedModel(loader=model.loader, requirements=[])
    if options.example is not None or options.baseline is not None:
        seen = infer(with_defaults(example, stated), options.baseline)
        return signature_with(stated, example, seen, saved)
    if stated is None or model.signature is None:
        return signature_with(stated, None, model.signature, saved)
    seen_by_mlflow = Seen(signature=model.signature, rows=[], typed=True, source="the signature in MLmodel")
    return complete(stated, seen_by_mlflow, saved, container=None, in_memory=False)


def _notes(saved: SavedModel, example: Any, signature: Signature | None) -> list[str]:
    if example is None:
        return note_without_example(signature)
    return losses(example, signature, keeps_tensors=saved.container_hint == "tensors")


def _example(options: DeployOptions, stated: WrittenSignature | None, own: Any = None) -> Any:
    """Return the example that was given, else the model's own, else the first rows of the baseline."""
    example = own if options.example is None else options.example
    if isinstance(example, str | Path):
        example = read_rows(Path(example), None if stated is None else stated.csv_types)
    return example_from(example, options.baseline)


def _signature(
    saved: SavedModel,
    example: Any,
    options: DeployOptions,
    container: Container | None,
    stated: WrittenSignature | None,
) -> Signature | None:
    if example is None:
        return signature_with(stated, None, None, saved, container=container)
    written = kind_of(example) == "sequence"
    if stated is not None and container is None:
        container = stated.container
    container = container or (_container_of_rows(saved, example) if written else None)
    shown = with_defaults(example, stated)
    signature = infer(
        shown, options.baseline, hint=saved.container_hint, feature_names=saved.feature_names, container=container
    )
    if options.example is None or isinstance(options.example, str | Path):
        signature = _with_usual_gaps(signature)
    signature = as_told(_with_floats(signature) if written else signature, saved.tensors)
    return signature_with(stated, example, signature, saved, container=container, written=written)


def _container_of_rows(saved: SavedModel, rows: Any) -> Container | None:
    """Return the container that a framework's model takes, as far as the form of the rows tells it."""
    if saved.container_hint == "tensors":
        return "tensors"
    if saved.loader.kind == "python" or not rows:
        return None
    if isinstance(rows[0], dict):
        return "pandas"
    return "numpy" if isinstance(rows[0], list | tuple) else None


def _with_floats(signature: Signature) -> Signature:
    """Turn the integers of a written example for a NumPy model into floats: after JSON's 5 may come 5.5."""
    inputs = signature.inputs
    if not isinstance(inputs, Columns) or inputs.container != "numpy":
        return signature
    columns = [
        Column(name=column.name, type="float64", nullable=column.nullable) if column.type == "int64" else column
        for column in inputs.columns
    ]
    return Signature(inputs=Columns(columns=columns, container=inputs.container))


def _with_usual_gaps(signature: Signature) -> Signature:
    """Let a null of an example that was read from a file be what the model's container has for a missing value."""
    inputs = signature.inputs
    if not isinstance(inputs, Columns):
        return signature
    columns = [msgspec.structs.replace(column, missing=None) for column in inputs.columns]
    return Signature(inputs=Columns(columns=columns, container=inputs.container))


def _with_recipe(options: DeployOptions, recipe: ModelFile) -> DeployOptions:
    try:
        scaling = Scaling(min=recipe.scaling_min, max=recipe.scaling_max, idle=recipe.scaling_idle)
    except ValueError as error:
        raise InvalidModel(f"{RECIPE_FILE}: {error}.") from error
    return replace(
        options,
        tier=options.tier or recipe.tier,
        network=options.network or recipe.network_allow or recipe.network_access,
        description=options.description or recipe.description,
        timeout=options.timeout or recipe.timeout,
        scaling=options.scaling or scaling,
        limits=options.limits or recipe.limits,
        recording=recipe.recording if options.recording is None else options.recording,
        batching=recipe.batching if options.batching is None else options.batching,
        check=recipe.check if options.check is None else options.check,
        monitoring=recipe.monitoring if options.monitoring is None else options.monitoring,
        monitors=recipe.monitors if options.monitors is None else options.monitors,
        metrics=recipe.metrics if options.metrics is None else [*recipe.metrics, *options.metrics],
        output=options.output or recipe.output,
        parameters=recipe.parameters if options.parameters is None else options.parameters,
        env={**(recipe.env or {}), **(options.env or {})},
    )


def _check_inside(folder: Path, name: str) -> None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InvalidModel(
            f"{name!r} lies outside of {folder}.", hint="A bundle holds everything it needs: copy it in."
        )
    if not path.exists():
        raise InvalidModel(
            f"{RECIPE_FILE} names {name!r}, which is not in {folder}.", hint="Mend the name or add the file."
        )
