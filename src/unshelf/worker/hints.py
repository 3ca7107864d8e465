"""From an exception to a failure its owner can act on: the reason in one line, and what to do about it."""

import os
import re
import sys
import traceback

from .errors import CannotLoad, CheckFailed
from .process.refusals import NOT_GRANTED

_PACKAGES = {
    "sklearn": "scikit-learn", "skimage": "scikit-image", "cv2": "opencv-python-headless", "PIL": "pillow", "yaml": "PyYAML",
    "bs4": "beautifulsoup4", "dateutil": "python-dateutil", "Crypto": "pycryptodome", "umap": "umap-learn",
}  # fmt: skip
"""Import names of well-known packages that are called otherwise in an index."""

_NO_ATTRIBUTE = re.compile(r"Can't get attribute '(?P<name>[^']+)' on <module '(?P<module>[^']+)'")
_NEWER_NUMPY = ("numpy._core", "numpy.core")
_MADE_WITH_OTHER_NUMPY = (
    "compiled using NumPy 1.x",
    "numpy.core.multiarray failed to import",
    "binary incompatibility",
)


def failure_of(step: str, error: BaseException, model: str = "") -> CheckFailed:
    """Describe `error` of a model at this step of a check, or of a start, for the host."""
    if isinstance(error, CheckFailed):
        if error.__cause__ is not None:
            error.traceback = "".join(traceback.format_exception(error.__cause__))
        return error
    reason = str(error) if isinstance(error, CannotLoad) else f"{type(error).__name__}: {error}"
    text = "".join(traceback.format_exception(error))
    return CheckFailed(step, reason[:2000], hint=hint_for(step, error, model), traceback=text)


def hint_for(step: str, error: BaseException, model: str = "") -> str:
    """Advise what to do about it, in a sentence or two."""
    if (variable := missing_variable(error)) is not None:
        return missing_variable_hint(variable, model)
    if isinstance(error, CannotLoad):
        return error.hint
    text = str(error)
    if NOT_GRANTED in text:
        return (
            "A model reaches what it is granted, and nothing else. Add the line to unshelf.toml, or give `--allow-network HOST:PORT`, "
            "and deploy again."
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module(error.name)
    if (match := _NO_ATTRIBUTE.search(text)) is not None:
        return _missing_attribute(match["name"], match["module"])
    if any(sign in text for sign in _MADE_WITH_OTHER_NUMPY):
        return "The model's packages were built for another NumPy. Pin numpy to the version that the model was trained with."
    if isinstance(error, ImportError) and "failed to map segment" in text:
        return (
            "The server's home folder lies on a volume that is mounted with `noexec`, so that no library in it can be loaded. The "
            "operator mounts it without, or moves UNSHELF_HOME to another volume."
        )
    if isinstance(error, ImportError) and ".so" in text:
        return "A system library is missing on the machine that serves; install it there, or use a package that brings it along."
    if isinstance(error, FileNotFoundError):
        return (
            "The bundle holds no such file. Add it to the model's files, and open it relative to `Path(__file__).parent`, "
            "for the working folder is another one when serving."
        )
    if isinstance(error, SyntaxError):
        return (
            "Correct the line that the message names. If it is right for a newer Python than the environment's, choose that one: "
            "`python` in [environment] of unshelf.toml, --python, or unshelf.deploy(..., python=...)."
        )
    if isinstance(error, MemoryError):
        return "The model needs more memory than there is. Choose a larger tier, or a smaller model."
    if step == "load":
        return (
            "Load the file in a fresh Python with the same packages. If it works there, a version differs: pin the "
            "packages to those that the model was trained with (`pip freeze` shows them)."
        )
    if step == "predict" and isinstance(error, TypeError) and "unexpected keyword argument" in text:
        return (
            "If this is one of the version's parameters ([parameters] in unshelf.toml, `parameters=…`), give the model's "
            "function an argument of this name, or take the parameter out. Else a package has another version than the model was made with."
        )
    if step == "predict":
        return (
            "The model raised on its own example. Call it in a fresh Python with the example's rows as the signature gives "
            "them; often the signature's container (DataFrame, array, list …) is not what the model's code takes."
        )
    return "The log and the traceback tell more."


def missing_variable(error: BaseException) -> "str | None":
    """The environment variable that was read with `os.environ[…]` and is not set, where this is what `error` comes from."""
    seen: list[BaseException] = []
    cause: "BaseException | None" = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        if isinstance(cause, KeyError) and _is_from_environment(cause):
            return os.fsdecode(cause.args[0])
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return None


def missing_variable_hint(name: str, model: str) -> str:
    """Say how the programs of a model get a variable."""
    return (
        f"The model read the environment variable {name}, which is not set. Set it with "
        f"`unshelf secrets set {name} --model {model or 'MODEL'}`, or, where it is no secret, with `[environment] env` in unshelf.toml."
    )


def _is_from_environment(error: KeyError) -> bool:
    """Whether it was raised by `os.environ` itself, and not by a dictionary that has the same key."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return frame is not None and frame.tb_frame.f_code is type(os.environ).__getitem__.__code__


def _missing_module(name: str) -> str:
    top = name.partition(".")[0]
    if name.startswith(_NEWER_NUMPY):
        return "The model was saved with another NumPy. Pin numpy to the version that it was trained with."
    if top != name and top in sys.modules and not hasattr(sys.modules[top], "__file__"):
        # Several packages share a namespace, and none bears its name: google.cloud.storage is of google-cloud-storage.
        return (
            f"No package of the environment has the module `{name}`. Add the one that does to the requirements; often it is called "
            f"`{name.replace('.', '-')}`."
        )
    package = _PACKAGES.get(top, top)
    return (
        f"The environment has no module `{name}`. Add `{package}` to the requirements; if it is a file of your own, add "
        f"`{top}.py` to the model's files."
    )


def _missing_attribute(name: str, module: str) -> str:
    if module == "__main__":
        return (
            f"`{name}` was defined in a notebook or script, which is not here. Put it in a file of its own (say `model.py`), "
            "import it from there when you save the model, and add that file to the model's files."
        )
    return (
        f"The module `{module}` here has no `{name}`: its version differs from the one that the model was saved with. Pin the "
        "package to that version."
    )
