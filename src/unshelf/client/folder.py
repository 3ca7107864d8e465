"""Bundles what lies on disk: a folder with `unshelf.toml`, a saved model file, an MLflow model folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from unshelf.client import frameworks
from unshelf.client.bundle import Bundle, Wishes, collect_code, rows_for_bundle, seal
from unshelf.client.collecting import Content, collect, content_of_file
from unshelf.client.errors import InvalidModel
from unshelf.client.examples import example_from, read_rows
from unshelf.client.kinds import kind_of
from unshelf.client.recipe import RECIPE_FILE, Recipe, read_recipe
from unshelf.client.requirements import container_libraries, imported_distributions, parse_requirements, pin
from unshelf.client.saved import Saved
from unshelf.client.signatures import as_told, infer
from unshelf.contracts.bundle import Loader, Scaling
from unshelf.contracts.signature import Column, Columns, Container, Signature

_NO_RECIPE = """\
Write an unshelf.toml in it:

  [model]
  predict = "predict.py:predict"   # or: file = "model.skops"

  [example]
  inputs = [{ ... }]"""


def bundle_path(path: Path, wishes: Wishes) -> Bundle:
    """Bundle the folder or model file at `path`. Raises InvalidModel."""
    if path.name in (RECIPE_FILE, frameworks.MLMODEL) and path.is_file():
        path = path.parent
    if path.is_file():
        return _bundle_file(path, wishes)
    if not path.is_dir():
        raise InvalidModel(
            f"{path} is not there.", hint="Give a folder with unshelf.toml, a model file or an MLflow model folder."
        )
    if wishes.code:
        raise InvalidModel(
            "`code` goes with a model or a model file.", hint=f"Put the code into {path}: all of it is bundled."
        )
    if (path / RECIPE_FILE).is_file():
        return _bundle_recipe(path, read_recipe(path), wishes)
    if frameworks.is_model_folder(path):
        return _bundle_mlflow(path, wishes)
    raise InvalidModel(f"{path} has neither an {RECIPE_FILE} nor an {frameworks.MLMODEL}.", hint=_NO_RECIPE)


def _bundle_file(path: Path, wishes: Wishes) -> Bundle:
    saved = frameworks.from_file(path, path.parent, method=wishes.method or "predict")
    example = _example(wishes)
    signature = _signature(saved, example, wishes.baseline, None)
    code, warnings = collect_code(wishes.code)
    sources = [(content.path, content.source) for content in code if isinstance(content.source, Path)]
    names = [*saved.requirements, *container_libraries(signature), *imported_distributions(sources)]
    requirements, notes = pin(names, wishes.requirements)
    return seal(
        loader=saved.loader,
        contents=[content_of_file(path.name, path), *code],
        requirements=requirements,
        signature=signature,
        example=None if example is None else rows_for_bundle(example),
        contains_code=saved.contains_code or bool(code),
        code_folder=path.resolve().parent,
        wishes=wishes,
        notes=[*saved.notes, *warnings, *notes],
    )


def _bundle_recipe(folder: Path, recipe: Recipe, wishes: Wishes) -> Bundle:
    kept = [recipe.file, (recipe.predict or "").partition(":")[0], recipe.lock, recipe.example_file]
    for name in filter(None, kept):
        _check_inside(folder, name)
    contents, warnings = collect(folder, only=recipe.files, keep=tuple(filter(None, kept)))
    saved = _recipe_model(folder, recipe, wishes.method or recipe.method)
    example = _example(wishes)
    if example is None and recipe.example_file:
        example = read_rows(folder / recipe.example_file)
    if example is None and recipe.example_inputs is not None:
        example = recipe.example_inputs
    signature = _signature(saved, example, wishes.baseline, recipe.input)
    requirements, notes = _recipe_requirements(
        folder, recipe=recipe, saved=saved, signature=signature, contents=contents, wishes=wishes
    )
    return seal(
        loader=saved.loader,
        contents=contents,
        requirements=requirements,
        signature=signature,
        example=None if example is None else rows_for_bundle(example),
        contains_code=saved.contains_code or any(content.path.endswith(".py") for content in contents),
        code_folder=folder.resolve(),
        wishes=_with_recipe(wishes, recipe),
        notes=[*saved.notes, *warnings, *notes],
        lock=recipe.lock,
        python=recipe.python,
        name=recipe.name,
    )


def _bundle_mlflow(folder: Path, wishes: Wishes) -> Bundle:
    model = frameworks.from_folder(folder)
    contents, warnings = collect(folder, only=["*"])
    example = _example(wishes)
    signature = (
        model.signature if wishes.example is None and wishes.baseline is None else infer(example, wishes.baseline)
    )
    example = model.example if example is None else example
    requirements, notes = pin([], [*model.requirements, *wishes.requirements])
    return seal(
        loader=model.loader,
        contents=contents,
        requirements=requirements,
        signature=signature,
        example=None if example is None else rows_for_bundle(example),
        contains_code=model.contains_code,
        code_folder=folder.resolve(),
        wishes=wishes,
        notes=[*model.notes, *warnings, *notes],
        python=model.python,
    )


def _recipe_model(folder: Path, recipe: Recipe, method: str) -> Saved:
    if recipe.file:
        return frameworks.from_file(folder / recipe.file, folder, method=method)
    entry = recipe.predict or ""
    name, _, attribute = entry.partition(":")
    if not name.endswith(".py") or not attribute.isidentifier():
        raise InvalidModel(
            f"predict = {entry!r} names no Python function or class.", hint='Write "predict.py:predict".'
        )
    loader = Loader(kind="python", entry=entry, method=method)
    return Saved(loader=loader, requirements=[], contains_code=True)


def _recipe_requirements(
    folder: Path, *, recipe: Recipe, saved: Saved, signature: Signature | None, contents: list[Content], wishes: Wishes
) -> tuple[list[str], list[str]]:
    """What the recipe names, taken as it is; without that, what its model and its imports need, pinned to what is here."""
    if recipe.lock:
        return [], []
    given = recipe.requirements
    if isinstance(given, str):
        _check_inside(folder, given)
        given = parse_requirements((folder / given).read_text(encoding="utf-8"))
    if given is not None:
        return pin([], [*given, *wishes.requirements])
    sources = [(content.path, content.source) for content in contents if isinstance(content.source, Path)]
    names = [*saved.requirements, *container_libraries(signature), *imported_distributions(sources)]
    requirements, notes = pin(names, wishes.requirements)
    if requirements:
        notes.append(f"No requirements are given, so they are as installed here: {', '.join(requirements)}.")
    return requirements, notes


def _example(wishes: Wishes) -> Any:
    example = wishes.example
    if isinstance(example, str | Path):
        example = read_rows(Path(example))
    return example_from(example, wishes.baseline)


def _signature(saved: Saved, example: Any, baseline: Any, container: Container | None) -> Signature | None:
    if example is None:
        return None
    written = kind_of(example) == "sequence"
    container = container or (_container_of_rows(saved, example) if written else None)
    signature = infer(
        example, baseline, hint=saved.container_hint, feature_names=saved.feature_names, container=container
    )
    return as_told(_with_floats(signature) if written else signature, saved.tensors)


def _container_of_rows(saved: Saved, rows: Any) -> Container | None:
    """What a framework's model is given when all that is known is how the rows are written."""
    if saved.container_hint == "tensors":
        return "tensors"
    if saved.loader.kind == "python" or not rows:
        return None
    if isinstance(rows[0], dict):
        return "pandas"
    return "numpy" if isinstance(rows[0], list | tuple) else None


def _with_floats(signature: Signature) -> Signature:
    """Whole numbers written for a NumPy model are floats: JSON's 5 does not tell whether 5.5 may come next."""
    inputs = signature.inputs
    if not isinstance(inputs, Columns) or inputs.container != "numpy":
        return signature
    columns = [
        Column(name=column.name, type="float64", nullable=column.nullable) if column.type == "int64" else column
        for column in inputs.columns
    ]
    return Signature(inputs=Columns(columns=columns, container=inputs.container))


def _with_recipe(wishes: Wishes, recipe: Recipe) -> Wishes:
    try:
        scaling = Scaling(min=recipe.scaling_min, max=recipe.scaling_max, idle=recipe.scaling_idle)
    except ValueError as error:
        raise InvalidModel(f"{RECIPE_FILE}: {error}.") from error
    return replace(
        wishes,
        tier=wishes.tier or recipe.tier,
        description=wishes.description or recipe.description,
        timeout=wishes.timeout or recipe.timeout,
        scaling=wishes.scaling or scaling,
        limits=wishes.limits or recipe.limits,
        recording=recipe.recording if wishes.recording is None else wishes.recording,
        batching=recipe.batching if wishes.batching is None else wishes.batching,
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
