"""`python -m unshelf.develop.connections.write_process`: write files of rows to one path in one connection, and the end.

Reads a ConnectionWrite as JSON from standard input and writes a ConnectionAnswer without any credential to standard output. Killed at any
moment and started again with the same order, it goes on, and each row is there once."""

import os

from unshelf.contracts.protocols.data import ConnectionAnswer, ConnectionWrite, DataWritten
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.process import answer_connection_order, answer_or_problem, module_for


def main() -> int:
    """Carry out the order on standard input."""
    return answer_connection_order(ConnectionWrite, carry_out)


def carry_out(order: ConnectionWrite, hosts: AllowedHosts) -> ConnectionAnswer:
    """Carry out an order; what goes wrong with the place or the data is a problem without credentials."""
    return answer_or_problem(order, hosts, lambda: _act(order, hosts))


def _act(order: ConnectionWrite, hosts: AllowedHosts) -> DataWritten:
    target = module_for(order.kind, "targets").open_target(order, hosts)
    try:
        if order.act == "write":
            return DataWritten(rows=target.write())
        (target.check if order.act == "check" else target.discard)()
        return DataWritten(rows=0)
    finally:
        target.close()


if __name__ == "__main__":
    os._exit(main())
