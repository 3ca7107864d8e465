"""Write the breast cancer data of scikit-learn as CSV: `python data.py tumours.csv [ROWS]`."""

import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer


def write(path: Path, rows: int | None = None) -> None:
    """Write the first rows, or all 569; the label is 1 for a malignant tumour."""
    frame = load_breast_cancer(as_frame=True).frame
    frame["malignant"] = 1 - frame.pop("target")
    frame.sample(frac=1, random_state=1).head(rows).to_csv(path, index=False)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
