"""MLflow's scoring protocol in CSV: the first line names the columns, an empty field is a missing value."""

import csv
import io

from unshelf.codecs.body import RowBody, Undecodable

_MAX_FIELD_CHARACTERS = 1 << 30  # a body is bounded before it comes here
csv.field_size_limit(_MAX_FIELD_CHARACTERS)


class CsvField(str):
    """A field of a CSV file, which may stand for a value of any type."""

    __slots__ = ()


def read_request(body: bytes) -> RowBody:
    """The fields of a request. Raises one of REFUSALS."""
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    if not lines or not lines[0]:
        raise Undecodable
    names, *rows = lines
    if len(set(names)) < len(names):
        raise Undecodable
    # In a file of one column an empty line is a row whose only field is missing.
    kept = [row or [""] for row in rows if row or len(names) == 1]
    return RowBody("csv", [[CsvField(text) for text in row] for row in kept], names)


def write_request(body: RowBody) -> bytes:
    """The request that has these fields."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([body.names or [], *body.rows])
    return text.getvalue().encode()
