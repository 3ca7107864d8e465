"""What gateways and control count for each other in their mapped files: the labels, and the places of the counters."""

TOTALS = "totals"
"""The label (TOTALS,) of a gateway."""
ANSWERED, RECORDED, LOST, NOT_RECORDING, SPANS_DROPPED = range(5)
"""NOT_RECORDING: 1 while the gateway can't record, else 0."""
TOTALS_CELLS = 8

LOST_OF = "lost"
"""The label (LOST_OF, model, version) of a gateway: one counter, there from the first prediction that could not be recorded."""

RECORDS = "records"
"""The label (RECORDS,) of control."""
SEGMENTS_TORN, SEGMENTS_DAMAGED, BYTES_LEFT_OUT, LOST_TOLD, OPEN_WARNINGS, OPEN_CRITICAL = range(6)
"""LOST_TOLD: of the predictions that were lost, how many an alert has told of. OPEN_…: alerts."""
RECORDS_CELLS = 16

CONTROL_CELLS = "control.cells"
GATEWAY_CELLS = "gateway-*.cells"
