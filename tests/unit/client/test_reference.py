"""Every key of unshelf.toml and every public name has its place in docs/reference."""

import re
from pathlib import Path

import pytest

import unshelf
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.bundling.folder import bundle_path
from unshelf.client.bundling.unshelf_toml import KEYS

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def headings(page: str) -> dict[str, list[str]]:
    """## heading → its ### headings."""
    found: dict[str, list[str]] = {}
    for level, text in re.findall(r"^(##+) (.*)$", (REFERENCE / page).read_text(), re.MULTILINE):
        if level == "##":
            found[text] = []
        else:
            found[list(found)[-1]].append(text)
    return found


def test_every_key_of_unshelf_toml_has_its_heading_and_no_other_has() -> None:
    sections: dict[str, list[str]] = {f"[{section}]": list(keys) for section, keys in KEYS.items()}
    assert headings("unshelf-toml.md") == {
        **sections,
        "[[monitors]]": [],
        "[[metrics]]": [],
    }  # of which there may be several


@pytest.mark.runs_program
def test_the_whole_example_of_the_page_is_a_recipe_that_works(tmp_path: Path) -> None:
    text = (REFERENCE / "unshelf-toml.md").read_text()
    recipe = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert recipe
    (tmp_path / "unshelf.toml").write_text(recipe[1])
    (tmp_path / "predict.py").write_text("def predict(frame): ...\n")
    (tmp_path / "example.csv").write_text("age\n31\n")
    assert bundle_path(tmp_path, DeployOptions()).name == "credit-risk"


@pytest.mark.parametrize("name", [name for name in unshelf.__all__ if name != "__version__"])
def test_every_public_name_is_in_the_python_reference(name: str) -> None:
    assert f"unshelf.{name}" in (REFERENCE / "python.md").read_text()
