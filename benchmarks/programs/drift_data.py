"""`drift_data.py FILE ROWS COLUMNS SHIFT SEED`: a Parquet file, two thirds numbers and one third categories.

Every fifth column of numbers is shifted."""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CATEGORIES = np.array(list("abcdefgh"))
BATCH = 1 << 16


def main(file: str, rows: int, columns: int, shift: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    numbers = columns * 2 // 3
    schema = pa.schema(
        [(f"n{i}", pa.float64()) for i in range(numbers)] + [(f"c{i}", pa.string()) for i in range(columns - numbers)]
    )
    with pq.ParquetWriter(file, schema) as writer:
        for start in range(0, rows, BATCH):
            size = min(BATCH, rows - start)
            batch = {f"n{i}": random.normal(shift * (i % 5 == 0), 1, size) for i in range(numbers)}
            batch |= {f"c{i}": random.choice(CATEGORIES, size) for i in range(columns - numbers)}
            writer.write_table(pa.table(batch, schema=schema))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
