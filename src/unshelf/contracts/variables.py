"""Environment variables of a model's programs: the names and values that its maker may give them, as settings or as secrets."""

import re
from collections.abc import Mapping

MAX_VARIABLES = 100
"""The most variables of one version, and the most secrets of one model."""
MAX_VALUE_BYTES = 32 << 10
MAX_TOTAL_BYTES = 256 << 10
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_SHOWN_CHARACTERS = 80
_THREADS = "the model's tier says how many threads a worker may start"
_GPUS = "the model's tier says which GPUs a worker sees"
_RESERVED = {
    "PATH": "it leads to the programs of the model's environment",
    "HOME": "it is the worker's own folder",
    "TMPDIR": "it is the worker's own folder",
    "GLIBC_TUNABLES": "it changes the C library under every program",
    "OMP_NUM_THREADS": _THREADS,
    "OPENBLAS_NUM_THREADS": _THREADS,
    "MKL_NUM_THREADS": _THREADS,
    "NUMEXPR_NUM_THREADS": _THREADS,
    "BLIS_NUM_THREADS": _THREADS,
    "VECLIB_MAXIMUM_THREADS": _THREADS,
    "RAYON_NUM_THREADS": _THREADS,
    "POLARS_MAX_THREADS": _THREADS,
    "LOKY_MAX_CPU_COUNT": _THREADS,
    "CUDA_VISIBLE_DEVICES": _GPUS,
    "NVIDIA_VISIBLE_DEVICES": _GPUS,
    "HIP_VISIBLE_DEVICES": _GPUS,
    "ROCR_VISIBLE_DEVICES": _GPUS,
}
_RESERVED_PREFIXES = {
    "LD_": "the dynamic linker reads it",
    "PYTHON": "the worker's interpreter is started without it",
    "UNSHELF_": "names with UNSHELF_ belong to the platform",
}


def check_variable_name(name: str) -> None:
    """Raise ValueError, with the reason, for a name that a model's programs can't be given."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(
            f"{name[:_SHOWN_CHARACTERS]!a} can't be a variable's name: 1 to 128 letters, digits and underscores, no digit first"
        )
    why = _RESERVED.get(name) or next(
        (why for prefix, why in _RESERVED_PREFIXES.items() if name.startswith(prefix)), ""
    )
    if why:
        raise ValueError(f"the variable {name} can't be set: {why}")


def check_variable(name: str, value: str) -> None:
    """Raise ValueError for a name or a value that a model's programs can't be given. The message never has the value."""
    check_variable_name(name)
    if "\0" in value:
        raise ValueError(f"the value of {name} has a NUL character, which no environment variable can hold")
    if size_of(value) > MAX_VALUE_BYTES:
        raise ValueError(f"the value of {name} is at most {MAX_VALUE_BYTES} bytes, got {size_of(value)}")


def check_variables(variables: Mapping[str, str]) -> None:
    """Raise ValueError for what can't be the variables of one version."""
    if len(variables) > MAX_VARIABLES:
        raise ValueError(f"there are at most {MAX_VARIABLES} variables, got {len(variables)}")
    for name, value in variables.items():
        check_variable(name, value)
    total = sum(size_of(name) + size_of(value) for name, value in variables.items())
    if total > MAX_TOTAL_BYTES:
        raise ValueError(f"all variables together have at most {MAX_TOTAL_BYTES} bytes, got {total}")


def size_of(text: str) -> int:
    """Return the bytes of a text in UTF-8; half of a surrogate pair counts as what it would be escaped to."""
    return len(text.encode("utf-8", "backslashreplace"))
