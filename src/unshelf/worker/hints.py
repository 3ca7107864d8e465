"""From an exception to a failure its owner can act on: the reason in one line, and what to do about it."""

import re
import traceback

from .errors import CannotLoad, CheckFailed

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


def failure_of(step: str, error: BaseException) -> CheckFailed:
    """What to tell the host about `error` at this step of a check, or of a start."""
    if isinstance(error, CheckFailed):
        if error.__cause__ is not None:
            error.traceback = "".join(traceback.format_exception(error.__cause__))
        return error
    reason = str(error) if isinstance(error, CannotLoad) else f"{type(error).__name__}: {error}"
    text = "".join(traceback.format_exception(error))
    return CheckFailed(step, reason[:2000], hint=hint_for(step, error), traceback=text)


def hint_for(step: str, error: BaseException) -> str:
    """What to do about it, in a sentence or two."""
    if isinstance(error, CannotLoad):
        return error.hint
    text = str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module(error.name)
    if (match := _NO_ATTRIBUTE.search(text)) is not None:
        return _missing_attribute(match["name"], match["module"])
    if any(sign in text for sign in _MADE_WITH_OTHER_NUMPY):
        return "The model's packages were built for another NumPy. Pin numpy to the version that the model was trained with."
    if isinstance(error, ImportError) and ".so" in text:
        return "A system library is missing on the machine that serves; install it there, or use a package that brings it along."
    if isinstance(error, FileNotFoundError):
        return (
            "The bundle holds no such file. Add it to the model's files, and open it relative to `Path(__file__).parent`, "
            "for the working folder is another one when serving."
        )
    if isinstance(error, MemoryError):
        return "The model needs more memory than there is. Choose a larger tier, or a smaller model."
    if step == "load":
        return (
            "Load the file in a fresh Python with the same packages. If it works there, a version differs: pin the "
            "packages to those that the model was trained with (`pip freeze` shows them)."
        )
    if step == "predict":
        return (
            "The model raised on its own example. Call it in a fresh Python with the example's rows as the signature gives "
            "them; often the signature's container (DataFrame, array, list …) is not what the model's code takes."
        )
    return "The log and the traceback tell more."


def _missing_module(name: str) -> str:
    top = name.partition(".")[0]
    if name.startswith(_NEWER_NUMPY):
        return "The model was saved with another NumPy. Pin numpy to the version that it was trained with."
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
