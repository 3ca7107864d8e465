"""Images of Pillow as the bytes of image files, without loss."""

import base64
import io
from collections.abc import Iterable
from typing import Any

from unshelf.client.errors import InvalidRows

_IN_PNG = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_IN_TIFF = ("I", "F", "CMYK", "YCbCr", "LAB")


def image_text(image: Any) -> str:
    """Return an image as base64 text of a PNG file; of a TIFF file where PNG lacks its mode. Raises InvalidRows."""
    if image.mode not in (*_IN_PNG, *_IN_TIFF):
        raise InvalidRows(
            f"An image of the mode {image.mode} can't be sent without loss.",
            hint=f"Convert it to one of {', '.join((*_IN_PNG, *_IN_TIFF))}: image.convert('RGB').",
        )
    file = io.BytesIO()
    image.save(file, format="PNG" if image.mode in _IN_PNG else "TIFF")
    return base64.b64encode(file.getvalue()).decode()


def items_of_images(images: Iterable[Any]) -> str:
    """Return the `items` of a column of these images: their mode belongs to it where it is one."""
    modes = {image.mode for image in images}
    return f"image[{modes.pop()}]" if len(modes) == 1 else "image"
