"""Run a notebook as a job: `python notebook.py NOTEBOOK`, with the job's own interpreter and packages.

Parameters go into a cell after the one that is tagged `parameters`, as people know it, else to the top. What cells print comes out as it is
printed, and the executed notebook is kept among the job's outputs after each cell, so that one that fails shows how far it came."""

import json
import keyword
import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_TAG, _INJECTED = "parameters", "injected-parameters"
_FAILED = 1
_NEEDED = ("nbclient", "nbformat", "ipykernel")


def main(path: Path) -> int:
    """Execute the notebook at `path`, a file of the job's code. Returns the exit status."""
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        sys.exit(
            f"The job's environment can't run notebooks, as it has no {', '.join(missing)}. Add them: "
            "`unshelf environments add NAME nbclient ipykernel`."
        )
    nbformat, nbclient = import_module("nbformat"), import_module("nbclient")
    errors = import_module("nbclient.exceptions")
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # whatever the library raises for what is none
        sys.stderr.write(f"{path.name} can't be read as a notebook: {error}\n")
        return _FAILED
    inject(notebook, json.loads(Path(os.environ["UNSHELF_PARAMETERS"]).read_text()))
    notebook = nbformat.from_dict(notebook)
    target = Path(os.environ["UNSHELF_OUTPUTS"], path.name)

    def executed(**_: Any) -> None:
        keep(notebook, target)

    client = nbclient.NotebookClient(
        notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}},
        on_cell_executed=executed,
    )  # fmt: skip
    client.process_message = _printing(client.process_message)
    executed()
    try:
        client.execute()
    except (errors.CellExecutionError, errors.DeadKernelError) as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED
    finally:
        executed()
    return 0


def inject(notebook: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Put a cell with the parameters after the tagged one; one of an earlier run goes. `notebook`: of the format 4, as JSON has it."""
    cells = [cell for cell in notebook["cells"] if _INJECTED not in _tags(cell)]
    notebook["cells"] = cells
    if not parameters:
        return
    for name in parameters:
        if not name.isidentifier() or keyword.iskeyword(name):
            sys.exit(f"The parameter {name!r} can be no variable of a notebook.")
    lines = ["# Parameters", *(f"{name} = {value!r}" for name, value in parameters.items())]
    cell: dict[str, Any] = {
        "cell_type": "code", "id": _INJECTED, "metadata": {"tags": [_INJECTED]}, "source": "\n".join(lines), "outputs": [],
        "execution_count": None,
    }  # fmt: skip
    tagged = [number for number, each in enumerate(cells) if _TAG in _tags(each)]
    cells.insert(tagged[0] + 1 if tagged else 0, cell)


def _tags(cell: dict[str, Any]) -> list[str]:
    return list(cell.get("metadata", {}).get("tags", []))


def keep(notebook: Any, target: Path) -> None:
    """Write the notebook as it is now, at once."""
    written = target.with_name(f".{target.name}")
    import_module("nbformat").write(notebook, written)
    written.replace(target)


def _printing(process: Callable[[Any, Any, int], Any]) -> Callable[[Any, Any, int], Any]:
    """Have what cells print be printed here, too."""

    def processed(message: Any, cell: Any, index: int) -> Any:
        if message["msg_type"] == "stream":
            stream = sys.stderr if message["content"]["name"] == "stderr" else sys.stdout
            stream.write(message["content"]["text"])
            stream.flush()
        return process(message, cell, index)

    return processed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
