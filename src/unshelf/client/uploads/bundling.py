"""Bundle uploaded files as `unshelf deploy PATH` does: the program of a bundling process, which runs in a sandbox of the host.

It reads and loads nothing of the model: what unpickles, imports or predicts is the check's."""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from unshelf.client.bundling.bundle import OWN_FOLDER, Bundle, DeployOptions
from unshelf.client.bundling.files import BundleSource, content_of_bytes
from unshelf.client.bundling.folder import bundle_path
from unshelf.client.bundling.project_files import FILES, read_project
from unshelf.client.bundling.requirements import marker_environment
from unshelf.client.bundling.requirements_file import parse_requirements
from unshelf.client.bundling.unshelf_toml import RECIPE_FILE, read_recipe
from unshelf.client.data.examples import read_rows
from unshelf.client.datasets.deploy_data import baseline_file
from unshelf.client.errors import InvalidModel, UnshelfError
from unshelf.client.frameworks import MLMODEL
from unshelf.contracts.bundle import Manifest, Scaling
from unshelf.contracts.protocols.bundling import (
    BundleChoices,
    BundleRefused,
    BundlingAnswer,
    BundlingQuestion,
    MadeBundle,
    MadeFile,
)

_LOCK = f"{OWN_FOLDER}/pylock.toml"
_WITHOUT_HERE = {
    " is not installed here, so its version is not pinned: ": " has no version in the files: ",
    "; it is not installed here. If that does not work, make the model again with the installed version, or give the versions it was "
    "made with: --requirement.": ".",
    " is not pinned to the installed version, as ": " has no version in the files, as ",
    ", which nothing installed here provides.": ": name the package that provides it, unless it is among those that are asked for.",
}
"""Words of bundling about the deployer's machine, which is not where this process runs → what stands in their place."""


def main() -> None:
    """Answer the question on standard input."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=BundlingQuestion)
    sys.stdout.buffer.write(msgspec.json.encode(answer(question)))


def answer(question: BundlingQuestion) -> BundlingAnswer:
    """Bundle, or say why that can't be done, in words that name files as the person who sent them knows them."""
    try:
        return bundle_uploaded(Path(question.folder), question.choices)
    except UnshelfError as error:
        return BundleRefused(detail=_named(error.detail, question.folder), hint=_named(error.hint, question.folder))


def bundle_uploaded(folder: Path, choices: BundleChoices) -> MadeBundle:
    """Bundle the files below `folder`. Raises InvalidModel."""
    target = _target(folder, choices.path)
    options = _options(folder, target, choices)
    bundle = bundle_path(target, options)
    manifest = msgspec.structs.replace(bundle.manifest, notes=[_without_here(note) for note in bundle.manifest.notes])
    manifest, made = _with_lock(manifest, bundle.contents, choices.lock)
    baseline, notes = _baseline(options, bundle)
    manifest = msgspec.structs.replace(manifest, notes=[*manifest.notes, *notes])
    return MadeBundle(
        manifest=_with_replicas(manifest, choices), made=[_made(each) for each in [*made, *([baseline] if baseline else [])]],
        limits=bundle.limits, baseline=None if baseline is None else baseline.entry,
    )  # fmt: skip


def _target(folder: Path, chosen: str | None) -> Path:
    """Return the path that is deployed: the chosen file, the only one, or the folder."""
    if chosen is not None:
        if not (folder / chosen).is_file():
            raise InvalidModel(f"{chosen} is not among the files.", hint="Choose one of the files as the model.")
        return folder / chosen
    if (folder / RECIPE_FILE).is_file() or (folder / MLMODEL).is_file():
        return folder
    files = [path for path in folder.iterdir() if path.is_file()]
    return files[0] if len(files) == 1 and len(list(folder.iterdir())) == 1 else folder


def _options(folder: Path, target: Path, choices: BundleChoices) -> DeployOptions:
    options = DeployOptions(
        example=None if choices.example is None else folder / choices.example, requirements=choices.requirements,
        python=choices.python, tier=choices.tier, description=choices.description,
    )  # fmt: skip
    if target.is_file():
        return _beside(folder, target, options, left_out=choices.example)
    if (folder / RECIPE_FILE).is_file():
        return _with_data(folder, options)
    return options


def _beside(folder: Path, target: Path, options: DeployOptions, *, left_out: str | None) -> DeployOptions:
    """Return the options with what lies beside a model file: its code, and the requirements of a project file."""
    code = [
        path
        for path in sorted(folder.iterdir())
        if path != target and path.name != left_out and (path.is_dir() or path.suffix == ".py")
    ]
    found = read_project(folder, marker_environment(options.python))
    given = parse_requirements(options.requirements, folder=folder, origin="requirements")
    names = {each.name for each in given.requirements if each.name}
    stated = [] if found is None else [each.line for each in found.written.requirements if each.name not in names]
    return replace(
        options, code=[path for path in code if path.name not in FILES], requirements=[*stated, *options.requirements],
        python=options.python or (found.python if found is not None else None),
    )  # fmt: skip


def _with_data(folder: Path, options: DeployOptions) -> DeployOptions:
    """Return the options with the baseline of a recipe. Raises InvalidModel for data of the platform, which this process can't read."""
    recipe = read_recipe(folder)
    for reference in (recipe.example_data, recipe.baseline_data):
        if reference is not None:
            raise InvalidModel(
                f"{RECIPE_FILE} takes {reference} from the platform's data, which uploaded files can't.",
                hint="Put the rows into a file of the folder, or deploy with `unshelf deploy`, which reads data as you.",
            )
    if recipe.baseline_file is None or options.baseline is not None:
        return options
    return replace(options, baseline=read_rows(folder / recipe.baseline_file))


def _baseline(options: DeployOptions, bundle: Bundle) -> tuple[BundleSource | None, list[str]]:
    """Return the baseline's rows as the file that the server profiles, if there are some, and sentences about them."""
    if options.baseline is None:
        return None, []
    with TemporaryDirectory() as folder:
        content, notes = baseline_file(options.baseline, bundle, Path(folder))
        return None if content is None else content_of_bytes(content.path, b"".join(content.chunks())), notes


def _with_lock(
    manifest: Manifest, contents: list[BundleSource], lock: str | None
) -> tuple[Manifest, list[BundleSource]]:
    """Return the manifest with the lock of a chosen environment, and the contents that were made here."""
    made = [each for each in contents if isinstance(each.source, bytes)]
    if lock is None:
        return manifest, made
    content = content_of_bytes(_LOCK, lock.encode())
    files = [each for each in manifest.files if each.path != _LOCK]
    changed = msgspec.structs.replace(
        manifest, files=[*files, content.entry], lock=_LOCK, requirements=[], constraints=[]
    )
    return changed, [*made, content]


def _with_replicas(manifest: Manifest, choices: BundleChoices) -> Manifest:
    """Return the manifest with the chosen numbers of replicas. Raises InvalidModel."""
    if choices.min_replicas is None and choices.max_replicas is None:
        return manifest
    least = manifest.scaling.min if choices.min_replicas is None else choices.min_replicas
    most = max(least, manifest.scaling.max) if choices.max_replicas is None else choices.max_replicas
    try:
        scaling = Scaling(min=least, max=most, idle=manifest.scaling.idle)
    except ValueError as error:
        raise InvalidModel(f"These numbers of replicas can't be: {error}.") from error
    return msgspec.structs.replace(manifest, scaling=scaling)


def _without_here(note: str) -> str:
    for words, instead in _WITHOUT_HERE.items():
        note = note.replace(words, instead)
    return note


def _made(content: BundleSource) -> MadeFile:
    return MadeFile(sha256=content.sha256, content=b"".join(content.chunks()))


def _named(text: str, folder: str) -> str:
    """Return a text without the place at which the files lie here."""
    named = text.replace(f"{folder}/", "").replace(folder, "the folder")
    return named[:1].upper() + named[1:] if named.startswith("the folder") else named


if __name__ == "__main__":
    main()
