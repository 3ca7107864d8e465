"""The author's own Python files that a model needs: found by following imports, copied into the bundle with their folders."""

import ast
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from unshelf.client.errors import InvalidModel
from unshelf.client.packages.imports import imports_of


@dataclass
class LocalCode:
    """Files copied into a bundle, and the modules that they import from elsewhere."""

    files: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    """Dotted names; of `from a import b` also `a.b`, which may be a module or an attribute."""


def is_local(module: str) -> bool:
    """Return whether a module is a file of the user's: neither installed nor of the standard library, nor `__main__`."""
    return module != "__main__" and _file_of(module) is not None


def path_of(module: str) -> str:
    """Return the bundle path of a local module: `pricing.model` → `pricing/model.py`."""
    file = _file_of(module)
    if file is None:
        raise InvalidModel(f"{module} is no file of your own.")
    return file.relative_to(_root_of(module, file)).as_posix()


def copy(modules: Iterable[str], folder: Path) -> LocalCode:
    """Copy the files of local `modules` into `folder`, with every file beside them that they import, and so on.

    Files that code opens are not seen by this: deploy the whole folder with an unshelf.toml where there are any."""
    code = LocalCode()
    for module in modules:
        file = _file_of(module)
        if file is not None:
            _follow(module, _root_of(module, file), folder, code)
    return code


def _follow(module: str, root: Path, folder: Path, code: LocalCode) -> None:
    waiting = [module]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = _find(root, name)
        if file is None:
            if not _is_part_of_own(root, name):
                code.imports.add(name)
            continue
        _copy_file(file, root, folder, code)
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        parents = package.split(".") if package else []
        waiting += [".".join(parents[: depth + 1]) for depth in range(len(parents))]
        waiting += sorted(_imports(file, package))


def _imports(file: Path, package: str) -> set[str]:
    """Return the modules that a file imports, by their absolute names; of `from x import y` also `x.y`."""
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except SyntaxError as error:
        raise InvalidModel(f"{file}, line {error.lineno}: {error.msg}.", hint="Mend it and deploy again.") from error
    return imports_of(tree, package).modules


def _is_part_of_own(root: Path, name: str) -> bool:
    """Return whether a name that is no module is an attribute of one below `root`."""
    parent = name.rpartition(".")[0]
    return bool(parent) and (_find(root, parent) is not None or _is_part_of_own(root, parent))


def _find(root: Path, module: str) -> Path | None:
    """Return the file of `module` below `root`, whether a plain module or a package; None if it is not there."""
    place = root.joinpath(*module.split("."))
    for file in (place / "__init__.py", place.with_name(place.name + ".py")):
        if file.is_file():
            return file
    return None


def _copy_file(file: Path, root: Path, folder: Path, code: LocalCode) -> None:
    path = file.relative_to(root).as_posix()
    if path in code.files:
        return
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.resolve() != target.resolve():
        shutil.copyfile(file, target)
    code.files.append(path)


def _file_of(module: str) -> Path | None:
    loaded = sys.modules.get(module)
    name = getattr(loaded, "__file__", None)
    if name is None or not name.endswith(".py"):
        return None
    file = Path(name).resolve()
    return None if _is_installed(file) else file


def _root_of(module: str, file: Path) -> Path:
    """Return the folder that holds a module's top-level package."""
    depth = module.count(".") + (1 if file.name == "__init__.py" else 0)
    return file.parents[depth]


def _is_installed(file: Path) -> bool:
    return any(file.is_relative_to(folder) for folder in _installed_folders())


def _installed_folders() -> set[Path]:
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {*site.getsitepackages(), site.getusersitepackages()}
    return {Path(folder).resolve() for folder in folders}
