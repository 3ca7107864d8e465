"""Requirements are read as pip writes and reads them; what can't be followed is refused with its line."""

from pathlib import Path

import pytest

from unshelf.client.bundling.requirements_file import parse_requirements, read_requirements
from unshelf.client.errors import InvalidModel

DIGEST = "0123456789abcdef" * 4


def read(tmp_path: Path, text: str, **others: str) -> list[str]:
    for name, content in others.items():
        (tmp_path / f"{name}.txt").write_text(content)
    (tmp_path / "requirements.txt").write_text(text)
    return [each.line for each in read_requirements(tmp_path / "requirements.txt").requirements]


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(InvalidModel) as refused:
        read(tmp_path, text)
    return f"{refused.value.detail} {refused.value.hint}"


def test_a_file_is_read_without_its_comments(tmp_path: Path) -> None:
    text = "# top\nnumpy==2.4.6  # why\n\nscikit-learn >=1.5 ; python_version > '3.10'\npandas[parquet]\n"
    assert read(tmp_path, text) == [
        "numpy==2.4.6",
        "scikit-learn >=1.5 ; python_version > '3.10'",
        "pandas[parquet]",
    ]


def test_one_package_may_stand_there_twice_with_markers(tmp_path: Path) -> None:
    lines = ['idna==3.6 ; python_version < "3.12"', 'idna==3.7 ; python_version >= "3.12"']
    assert read(tmp_path, "\n".join(lines)) == lines


def test_hashes_stay_with_their_requirement(tmp_path: Path) -> None:
    text = f"idna==3.10 \\\n    --hash=sha256:{DIGEST} \\\n    --hash sha256:{DIGEST[::-1]}\n"
    assert read(tmp_path, text) == [f"idna==3.10 --hash=sha256:{DIGEST} --hash=sha256:{DIGEST[::-1]}"]


def test_packages_without_a_hash_beside_others_are_noted(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"idna==3.10 --hash=sha256:{DIGEST}\nsix\n")
    assert "none for six" in read_requirements(tmp_path / "requirements.txt").notes[0]


def test_included_files_are_read_and_constraints_bound_only(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "base.txt").write_text("six\n-r ../requirements.txt\n")
    (tmp_path / "bounds.txt").write_text("numpy<3\n")
    (tmp_path / "requirements.txt").write_text("-r more/base.txt\n-cbounds.txt\nidna\n")
    found = read_requirements(tmp_path / "requirements.txt")
    assert [each.line for each in found.requirements] == ["six", "idna"]
    assert [each.line for each in found.constraints] == ["numpy<3"]
    assert found.requirements[0].origin == "more/base.txt, line 1"


def test_the_public_index_is_no_reason_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-i https://pypi.org/simple\nidna\n")
    found = read_requirements(tmp_path / "requirements.txt")
    assert [each.line for each in found.requirements] == ["idna"]
    assert "requirements.txt, line 1" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("--index-url https://user:secret@pypi.acme.org/simple", "UV_INDEX"),
        ("idna\n--extra-index-url=https://pypi.acme.org/simple", "line 2"),
        ("--find-links ./wheels", "UV_FIND_LINKS"),
        ("--pre", "2.0rc1"),
        ("--no-binary :all:", "wheel"),
        ("--unheard-of", "--unheard-of"),
        ("-r missing.txt", "there is no file"),
        ("-r https://example.org/r.txt", "Put a copy beside it"),
        ("idna==3.10 --hash=md5:abc", "is no hash"),
        ("idna==3.10 --global-option=x", "Only --hash"),
        (f"--require-hashes\nidna==3.10 --hash=sha256:{DIGEST}\nsix==1.16", "'six==1.16' has none"),
        ("!!", "is no requirement"),
        ("numpy=1.26.4=py311h64a7726_0", "conda"),
        ("idna\nnumpy @ file:///croot/numpy_1700501669400/work/dist/numpy-1.26.4-cp311-cp311-linux_x86_64.whl", "pip list --format=freeze"),
        ("certifi @ file:///home/conda/feedstock_root/build_artifacts/certifi_1707022139797/work/certifi", "conda environment"),
        ("# platform: linux-64\n@EXPLICIT\nhttps://repo.anaconda.com/pkgs/main/linux-64/idna-3.4.conda", "conda list --explicit"),
        ("idna==${UNSHELF_TEST_NOT_SET}", "UNSHELF_TEST_NOT_SET"),
    ],
)  # fmt: skip
def test_what_cant_be_followed_is_refused_with_the_way_out(text: str, told: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, text)
    assert told in said
    assert "secret" not in said


def test_a_variable_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDNA_VERSION", "3.10")
    assert read(tmp_path, "idna==${IDNA_VERSION}") == ["idna==3.10"]


def test_a_list_is_read_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("six\n")
    found = parse_requirements(["idna==3.10", "-r base.txt"], folder=tmp_path, origin="unshelf.toml")
    assert [(each.line, each.origin) for each in found.requirements] == [
        ("idna==3.10", "unshelf.toml"),
        ("six", "base.txt, line 1"),
    ]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("./wheels/own-1.0-py3-none-any.whl", "./wheels/own-1.0-py3-none-any.whl"),
        ("own @ git+https://git.acme.org/own@v1", "git+https://git.acme.org/own@v1"),
        ("git+https://git.acme.org/own@v1", "git+https://git.acme.org/own@v1"),
        ("https://acme.org/own-1.0-py3-none-any.whl", "https://acme.org/own-1.0-py3-none-any.whl"),
        ("-e .", "."),
        ("own-1.0.tar.gz", "own-1.0.tar.gz"),
    ],
)
def test_packages_of_no_index_are_told_apart(text: str, source: str, tmp_path: Path) -> None:
    found = parse_requirements([text], folder=tmp_path, origin="a").requirements[0]
    assert (found.source, found.editable) == (source, text.startswith("-e"))
