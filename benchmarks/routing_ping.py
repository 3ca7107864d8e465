"""`python -m benchmarks.routing_ping URL`: asks a gateway for its health about every millisecond until standard input ends.

Prints the milliseconds that each answer took, as a JSON array."""

import json
import select
import socket
import sys
import time
from urllib.parse import urlsplit

_EVERY_SECONDS = 0.001
_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def main() -> None:
    address = urlsplit(sys.argv[1])
    times: list[float] = []
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not select.select([sys.stdin], [], [], 0)[0]:
            began = time.perf_counter()
            connection.sendall(_REQUEST)
            if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
                raise SystemExit("the gateway did not say that it is healthy")
            took = time.perf_counter() - began
            times.append(took * 1000)
            time.sleep(max(0.0, _EVERY_SECONDS - took))
    json.dump(times, sys.stdout)


if __name__ == "__main__":
    main()
