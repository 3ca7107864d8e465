"""A wrong unshelf.toml is refused with its line and the nearest right key."""

from pathlib import Path

import pytest

from tests.unit.client.bundling.test_folder import folder_with
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.bundling.folder import bundle_path
from unshelf.client.errors import InvalidModel

pytestmark = pytest.mark.runs_program


@pytest.mark.parametrize(
    ("recipe", "said", "hint"),
    [
        ('[model]\npredict = "p.py:f"\n[limits]\nburst = 3\n', "`burst` in [limits] goes with `rate`", ""),
        ('[model]\npredict = "p.py:f"\n[limits]\nrate = 0\n', "unshelf.toml:4: rate in [limits] is above 0, not 0", ""),
        ('[model]\npredict = "p.py:f"\ntimout = 3\n', "unshelf.toml:3: 'timout' in [model] is not known", "timeout"),
        (
            '[model]\npredict = "p.py:f"\n[network]\nallow = ["https://example.org"]\n',
            "unshelf.toml:4: allow in [network]: 'https://example.org' is an address of a page; write HOST:PORT",
            "",
        ),
        (
            '[model]\npredict = "p.py:f"\n[network]\nallow = "x:1"\n',
            "unshelf.toml:4: allow in [network] is a list of texts",
            "",
        ),
        (
            '[model]\npredict = "p.py:f"\n[network]\naccess = "full"\nallow = ["x.example:1"]\n',
            "unshelf.toml:5: access in [network] is full, so there is nothing to allow",
            "Leave one of them out.",
        ),
        ('[modle]\nfile = "x"\n', "unshelf.toml:1: [modle] is not known", "[model]"),
        ('[model]\npredict = "p.py:f"\ntimeout = "3"\n', "unshelf.toml:3: timeout in [model] is a number", ""),
        (
            '[model]\npredict = "p.py:f"\n[scaling]\nmin = true\n',
            "unshelf.toml:4: min in [scaling] is a whole number",
            "",
        ),
        ('[model]\npredict = "p.py:f"\ninput = "panda"\n', "unshelf.toml:3: input in [model] is one of numpy", ""),
        (
            '[model]\npredict = "p.py:f"\noutput = "tables"\n',
            "unshelf.toml:3: output in [model] is one of rows, table",
            "",
        ),
        ('[model]\npredict = "p.py:f"\nname = "Not A Name"\n', "unshelf.toml:3", ""),
        (
            '[model]\npredict = "p.py:f"\n[signature.inputs]\nage = "intger"\n',
            "unshelf.toml:4: signature.inputs.age: type can't be 'intger'",
            "Did you mean integer?",
        ),
        (
            '[model]\npredict = "p.py:f"\n[signature.inputs."the age"]\ndefualt = 1\n',
            "unshelf.toml:3: signature.inputs.the age: 'defualt' is not known",
            "Did you mean default?",
        ),
        (
            '[model]\npredict = "p.py:f"\n[signature]\ninput = { age = "integer" }\n',
            "unshelf.toml:4: 'input' in [signature] is not known",
            "Did you mean inputs?",
        ),
        (
            '[model]\npredict = "p.py:f"\n[signature]\ninputs = "age"\n',
            "unshelf.toml:4: inputs in [signature] is a table",
            "",
        ),
        ('[model]\nname = "x"\n', "either `file`", "predict.py:predict"),
        ('[model]\npredict = "missing.py:f"\n', "names 'missing.py', which is not in", ""),
        ('[model]\npredict = "../p.py:f"\n', "lies outside", ""),
        ('[model]\npredict = "p.py"\n', "names no Python function", "predict.py:predict"),
        ("[model\n", "can't be read", "unshelf-toml.md"),
        ('[model]\npredict = "p.py:f"\n[scaling]\nmin = 3\n', "min=3 max=1", ""),
        (
            '[model]\npredict = "p.py:f"\n[batching]\nmax_row = 3\n',
            "unshelf.toml:4: 'max_row' in [batching] is not known",
            "max_rows",
        ),
        ('[model]\npredict = "p.py:f"\n[batching]\nmax_rows = 0\n', "max_rows is 1 to 1024, got 0", "[batching]"),
        ('[model]\npredict = "p.py:f"\n[batching]\nwait = -1\n', "wait is 0 to 10 seconds, got -1", "[batching]"),
        ('[model]\npredict = "p.py:f"\n[batching]\nshare = 1\n', "share in [batching] is true or false, not 1", ""),
        ('[model]\npredict = "p.py:f"\n[batching]\nmax_rows = true\n', "a whole number, not True", ""),
        (
            '[model]\npredict = "p.py:f"\n[environment]\nenv = { N = 1 }\n',
            "unshelf.toml:4: env in [environment] is a table of texts",
            "",
        ),
        (
            '[model]\npredict = "p.py:f"\n[environment]\nenv = { PATH = "/x" }\n',
            "the variable PATH can't be set",
            "secrets.md",
        ),
        ('[model]\npredict = "p.py:f"\n[check]\ncalls = 0\n', "calls is at least 1, got 0", "[check]"),
        (
            '[model]\npredict = "p.py:f"\ntimeout = 1\n[batching]\nwait = 2\n',
            "wait is below the timeout of 1 seconds",
            "",
        ),
        (
            '[model]\npredict = "p.py:f"\n[recording]\ndurability = "tape"\n',
            "Invalid enum value 'tape'",
            "unshelf-toml.md",
        ),
        (
            '[model]\npredict = "p.py:f"\n[example]\ninputs = [{a = 1}]\n[parameters]\nk = 1\n[recording]\nredact = ["b"]\n',
            "redact names 'b', which is no column of the inputs and no parameter",
            "Columns: a",
        ),
    ],
)
def test_a_wrong_recipe_is_told_with_its_line_and_the_nearest_right_key(
    tmp_path: Path, recipe: str, said: str, hint: str
) -> None:
    folder_with(tmp_path, recipe, p_py="def f(rows): ...")
    with pytest.raises(InvalidModel) as caught:
        bundle_path(tmp_path, DeployOptions())
    assert said in caught.value.detail
    assert hint in caught.value.hint
