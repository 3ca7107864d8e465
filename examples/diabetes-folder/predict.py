"""What answers: the trained model, and what a clinic wants to know about its number."""

from pathlib import Path

import pandas as pd
import skops.io

ATTENTION = 200.0


class Diabetes:
    """Predicts how far the disease will have gone in a year (25 to 346 in the study), and whether that needs attention."""

    def load(self, folder: Path) -> None:
        """Called once, before the first prediction; `folder` holds the files of this version."""
        self.model = skops.io.load(folder / "model.skops")

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """One row out for each row in."""
        progression = self.model.predict(table)
        return pd.DataFrame({"progression": progression, "attention": progression >= ATTENTION})
