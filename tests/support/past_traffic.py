"""Traffic of days before today, as closed segments of records in a home folder: what a gateway would have left there."""

import json
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from unshelf.contracts.records import MAGIC, SEGMENT_SUFFIX, Common, Own, encode_sheet


def write_past(
    home: Path, model: str, version: int, *, begin: float, seconds: float, answered: Iterable[tuple[Any, Any]]
) -> list[str]:
    """Write a record for each row and its answer, evenly over the time from `begin` (Unix seconds) on; returns their ids."""
    records = list(answered)
    common = Common(
        model=model, version=version, reference=model, protocol="native", key="tests", content_type="application/json", status=200, code="",
        predict_us=400, batch_rows=1, attempts=1, generation=0,
    )  # fmt: skip
    own = []
    for place, (row, answer) in enumerate(records):
        moment = begin + seconds * place / len(records)
        id = (round(moment * 1000) << 64 | secrets.randbits(64)).to_bytes(14, "big").hex()
        own.append(
            Own(
                id=id,
                time_ns=round(moment * 1e9),
                latency_us=900,
                queue_us=100,
                input=json.dumps({"inputs": [row]}).encode(),
                output=json.dumps([answer]).encode(),
            )
        )
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(begin + seconds))
    name = f"{stamp}{0:09d}-0-{secrets.token_hex(4)}{SEGMENT_SUFFIX}"
    folder = home / "predictions"
    unnamed = folder / f".{name}"
    unnamed.write_bytes(MAGIC + encode_sheet(common, own))
    unnamed.chmod(0o600)
    unnamed.rename(folder / name)
    return [each.id for each in own]
