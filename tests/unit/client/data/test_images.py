"""Images as base64 text of image files: no pixel changes, and the mode belongs to the column."""

import base64
import io

import pytest
from PIL import Image

from unshelf.client.data.images import image_text, items_of_images
from unshelf.client.errors import InvalidRows


def picture(mode: str) -> Image.Image:
    return Image.linear_gradient("L").resize((4, 3)).convert(mode)


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "PNG"), ("P", "PNG"), ("CMYK", "TIFF"), ("F", "TIFF"), ("I", "TIFF")]
)
def test_an_image_is_a_file_that_holds_its_mode(mode: str, kind: str) -> None:
    image = picture(mode)
    with Image.open(io.BytesIO(base64.b64decode(image_text(image)))) as opened:
        assert (opened.format, opened.mode, opened.tobytes()) == (kind, mode, image.tobytes())


def test_the_mode_of_all_images_belongs_to_their_column() -> None:
    assert items_of_images([picture("RGB"), picture("RGB")]) == "image[RGB]"
    assert items_of_images([picture("RGB"), picture("L")]) == "image"


def test_a_mode_that_no_file_holds_is_refused() -> None:
    with pytest.raises(InvalidRows, match="mode HSV can't be sent without loss"):
        image_text(picture("HSV"))
