"""The built pages are read with the compressed forms beside them; where nothing is built, there are none."""

from pathlib import Path

from unshelf.api.pages.files import read_pages


def test_nothing_is_read_where_nothing_was_built(tmp_path: Path) -> None:
    assert read_pages(tmp_path) is None


def test_assets_are_read_with_their_forms(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<html>")
    (tmp_path / "embed.html").write_text("<html lang=en>")
    (tmp_path / "assets/a-1.js").write_text("script")
    (tmp_path / "assets/a-1.js.br").write_bytes(b"br")
    (tmp_path / "assets/a-1.js.gz").write_bytes(b"gz")
    (tmp_path / "assets/mark.svg").write_text("<svg>")
    (tmp_path / "assets/notes.txt").write_text("of no known type")

    pages = read_pages(tmp_path)

    assert pages is not None
    assert (pages.document, pages.embedded) == ("<html>", "<html lang=en>")
    assert set(pages.assets) == {"/assets/a-1.js", "/assets/mark.svg"}
    assert pages.assets["/assets/a-1.js"].forms == {"": b"script", "br": b"br", "gzip": b"gz"}
    assert pages.assets["/assets/mark.svg"].content_type == "image/svg+xml"
