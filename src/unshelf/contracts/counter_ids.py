"""Counters that gateways and control keep for each other in mapped files: the labels, and the places of the counters."""

TOTALS = "totals"
"""The label (TOTALS,) of a gateway."""
ANSWERED, RECORDED, LOST, NOT_RECORDING, SPANS_DROPPED, ROUTING_UNREADABLE = range(6)
"""NOT_RECORDING: 1 while the gateway can't record, else 0. ROUTING_UNREADABLE: parts of the routing state that it can't read."""
TOTALS_CELLS = 8

LOST_OF = "lost"
"""The label (LOST_OF, model, version) of a gateway: one counter, there from the first prediction that could not be recorded."""

RECORDS = "records"
"""The label (RECORDS,) of control."""
SEGMENTS_TORN, SEGMENTS_DAMAGED, BYTES_LEFT_OUT, LOST_TOLD, OPEN_WARNINGS, OPEN_CRITICAL = range(6)
"""LOST_TOLD: the lost predictions that an alert has reported. OPEN_…: alerts."""
RECORDS_CELLS = 16

LOOP = "loop"
"""The label (LOOP, name, index of the control) of a loop of background work."""
LOOP_RUNS, LOOP_FAILURES, LOOP_MICROSECONDS, LOOP_LAST_SUCCESS = range(4)
"""LOOP_LAST_SUCCESS: Unix time; 0: never."""
LOOP_CELLS = 8
LOOPS_CELLS = "loops-"
"""The beginning of the name of the file of a control's loops; the control's index follows."""

MONITOR = "monitor"
"""The label (MONITOR, model, version, name, kind, index of the control) of what a monitor found last; version 0: all together."""
MONITOR_STATE, MONITOR_VALUE, MONITOR_THRESHOLD, MONITOR_JUDGED = range(4)
"""MONITOR_STATE: 0: there is no such monitor any more; 1: fine; 2: alarm; 3: not judged. Value and threshold in millionths.
MONITOR_JUDGED: Unix time."""
MONITOR_CELLS = 8
MONITORS_CELLS = "monitors-"
"""The beginning of the name of the file of what monitors found; the control's index follows."""

CONTROL_CELLS = "control.cells"
GATEWAY_CELLS = "gateway-*.cells"
