"""statsmodels: fitted results as pickles; what forecasts is asked for a number of steps."""

from pathlib import Path
from typing import Any

from unshelf.client.frameworks import pickles
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save results, which statsmodels itself writes as a pickle."""
    written = pickles.write(model, folder)
    return SavedModel(
        loader=Loader(kind="statsmodels", file=written.file, format=written.format, method=wanted.method),
        requirements=distributions_of(["statsmodels", *written.modules]),
        contains_code=True,
        notes=written.notes,
    )
