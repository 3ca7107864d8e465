"""PyTorch: an exported program where torch.export can follow the module, else its weights with the code of its class."""

import contextlib
import inspect
import io
import json
import logging
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks import local_modules
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader
from unshelf.contracts.signature import Tensor

_FORWARD = ("predict", "forward", "__call__")


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save as `model.pt2` (export) if the module can be exported, as `model.pt` (TorchScript) if it is a ScriptModule, else its state."""
    if isinstance(model, torch.export.ExportedProgram):
        torch.export.save(model, folder / "model.pt2")
        return _saved(Loader(kind="torch", file="model.pt2", format="export"))
    if isinstance(model, torch.jit.ScriptModule):
        return _save_script(model, folder, wanted)
    if not isinstance(model, torch.nn.Module):
        raise InvalidModel(
            f"A {type(model).__name__} is no PyTorch model.",
            hint="Give a torch.nn.Module, a ScriptModule or an ExportedProgram.",
        )
    with _evaluating(model):
        inputs = _example_tensors(model, wanted.example)
        recorded = [_recorded(name, tensor) for name, tensor in inputs.items()]
        why = _export(model, folder / "model.pt2", inputs, wanted.method)
        if why is None:
            options = {"inputs": recorded} if recorded else {}
            return _saved(Loader(kind="torch", file="model.pt2", format="export", options=options), tensors=recorded)
        return _save_state(model, folder, wanted, recorded, why)


def from_file(path: Path, folder: Path, *, method: str) -> SavedModel:
    """Read a .pt2 archive or a TorchScript file; weights alone are no model."""
    names = []
    with contextlib.suppress(zipfile.BadZipFile):  # then it holds none of the names looked for
        names = zipfile.ZipFile(path).namelist()
    inside = [name.partition("/")[2] for name in names]
    file = path.relative_to(folder).as_posix()
    if path.suffix.lower() == ".pt2" and names:
        return _saved(Loader(kind="torch", file=file, format="export", method=method))
    if "constants.pkl" in inside and any(name.startswith("code/") for name in inside):
        return _saved(Loader(kind="torch", file=file, format="torchscript", method=method), contains_code=True)
    raise InvalidModel(
        f"{path.name} holds weights or a pickled module, not a program that runs without its class.",
        hint="Deploy the module itself (unshelf.deploy(module, example=…)), save it with torch.export.save, "
        "or write a predict.py that makes the class and loads the weights.",
    )


def _save_script(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    with _evaluating(model), warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # it is the maker's choice, made when the module was scripted
        torch.jit.save(model, folder / "model.pt")
        recorded = [_recorded(name, tensor) for name, tensor in _example_tensors(model, wanted.example).items()]
    options = {"inputs": recorded} if recorded else {}
    loader = Loader(kind="torch", file="model.pt", format="torchscript", method=wanted.method, options=options)
    note = "TorchScript is a program in a file: as PyTorch advises, it is treated as code."
    return _saved(loader, contains_code=True, notes=[note], tensors=recorded)


def _export(model: Any, path: Path, inputs: dict[str, Any], method: str) -> str | None:
    """Write an exported program whose number of rows is free; return the reason when that fails."""
    if method not in _FORWARD:
        return f"an exported program has only its forward, not {method!r}"
    if not inputs:
        return "torch.export needs an example"
    arguments = tuple(inputs.values())
    rows = torch.export.Dim("rows")
    try:
        with _quiet(), torch.inference_mode(mode=False), torch.no_grad():
            program = torch.export.export(model, arguments, dynamic_shapes=tuple({0: rows} for _ in arguments))
            torch.export.save(program, path)
            again = torch.export.load(path).module()
            for count in (len(arguments[0]), 1):
                part = tuple(tensor[:count] for tensor in arguments)
                if not _same(model(*part), again(*part)):
                    raise ValueError("the exported program answers differently")
    # torch.export raises whatever its tracing of foreign code runs into; the reason goes into the note.
    except Exception as error:
        path.unlink(missing_ok=True)
        return f"torch.export can't follow it ({_brief(error)})"
    return None


def _save_state(model: Any, folder: Path, wanted: SaveOptions, recorded: list[dict[str, Any]], why: str) -> SavedModel:
    kind = type(model)
    ways_out = (
        "Either give an example and make its forward exportable (https://docs.pytorch.org/docs/stable/export.html), "
        "or define its class in a .py file of its own that you import, so that the file goes along."
    )
    if not local_modules.is_local(kind.__module__) or "." in kind.__qualname__:
        raise InvalidModel(
            f"This {kind.__name__} can't be saved: {why}, and its class is in no file of yours.", hint=ways_out
        )
    init = wanted.init if wanted.init is not None else _init_from_attributes(model)
    _prove(kind, init, model.state_dict())
    torch.save(model.state_dict(), folder / "model.pt")
    code = local_modules.copy([kind.__module__], folder)
    options: dict[str, Any] = {"init": init}
    if recorded:
        options["inputs"] = recorded
    loader = Loader(
        kind="torch",
        file="model.pt",
        format="state",
        method=wanted.method,
        entry=f"{local_modules.path_of(kind.__module__)}:{kind.__name__}",
        options=options,
    )
    note = f"Saved as weights with the code of its class ({', '.join(code.files)}): {why}."
    return _saved(loader, contains_code=True, notes=[note], imports=code.imports, tensors=recorded)


def _init_from_attributes(model: Any) -> dict[str, Any]:
    """Return the keyword arguments of the class, from the module's attributes of the same names."""
    found = {}
    for name, parameter in inspect.signature(type(model)).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        value = getattr(model, name, parameter.default)
        if value is parameter.empty or not _is_plain(value):
            raise InvalidModel(
                f"How to make {type(model).__name__} again is not known: the value of {name!r} is kept nowhere.",
                hint=f"Say it at deploy, init={{{name!r}: …}}, or keep it in the module: self.{name} = {name}.",
            )
        found[name] = value
    return found


def _prove(kind: Any, init: dict[str, Any], state: Any) -> None:
    """Make the class again and give it the weights, as the worker will."""
    if not _is_plain(init):
        raise InvalidModel(
            "`init` holds something that JSON can't carry.",
            hint="Use numbers, texts, lists and dicts; make the rest inside.",
        )
    try:
        with torch.random.fork_rng(devices=[]):
            kind(**init).load_state_dict(state)
    except (TypeError, RuntimeError) as error:
        arguments = ", ".join(f"{name}={value!r}" for name, value in init.items())
        raise InvalidModel(
            f"{kind.__name__}({arguments}) does not take the model's weights: {_brief(error)}.",
            hint="Give the keyword arguments it was made with: init={…}.",
        ) from error


def _example_tensors(model: Any, example: Any) -> dict[str, Any]:
    """Return the forward's arguments by name, in its order, with at least two rows (a size of one would be taken for fixed)."""
    if example is None:
        return {}
    given = example if isinstance(example, dict) else {"input": example}
    floating = next((weight.dtype for weight in model.parameters() if weight.dtype.is_floating_point), None)
    tensors = {str(name): _tensor(values, floating) for name, values in given.items()}
    order = list(inspect.signature(model.forward).parameters) if isinstance(example, dict) else []
    names = sorted(tensors, key=lambda name: order.index(name) if name in order else len(order))
    return {name: torch.cat([tensors[name]] * 2) if len(tensors[name]) == 1 else tensors[name] for name in names}


def _tensor(values: Any, floating: Any) -> Any:
    tensor = values.detach().cpu() if isinstance(values, torch.Tensor) else torch.tensor(np.asarray(values))
    return tensor.to(floating) if floating is not None and tensor.is_floating_point() else tensor


def _recorded(name: str, tensor: Any) -> dict[str, Any]:
    return {"name": name, "type": str(tensor.dtype).removeprefix("torch."), "shape": [-1, *tensor.shape[1:]]}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _is_plain(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


@contextlib.contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """The model in evaluation mode; each of its modules gets its own mode back."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence torch.export's output: its error says what matters."""
    logger = logging.getLogger("torch")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _saved(
    loader: Loader,
    *,
    contains_code: bool = False,
    notes: list[str] | None = None,
    imports: set[str] | None = None,
    tensors: list[dict[str, Any]] | None = None,
) -> SavedModel:
    return SavedModel(
        loader=loader,
        requirements=distributions_of(["torch", "numpy", *(imports or ())]),
        contains_code=contains_code,
        notes=notes or [],
        container_hint="tensors",
        tensors=[Tensor(**tensor) for tensor in tensors] if tensors else None,
    )


def _brief(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].strip()[:200]}" if lines else type(error).__name__
