"""A worker that loads no model: it speaks the host's side of the protocol and does what the loader's options say.

A connection is answered with the worker's pid; what is then sent to it is obeyed: `use` reports a request, `die` ends it hard,
`child` starts a process of its own and answers with its pid."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    arguments = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    spec = json.loads(read_line())
    options = spec["manifest"]["loader"].get("options", {})
    print("stand-in for", spec["model"], spec["version"], flush=True)
    report_fd = int(arguments["--report-fd"])
    if sys.argv[1] == "check":
        check(spec, options, report_fd)
    else:
        serve(options, report_fd, socket.socket(fileno=int(arguments["--listen-fd"])))


def read_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(0, 1)
    return line


def report(descriptor: int, **event: Any) -> None:
    os.write(descriptor, json.dumps(event).encode() + b"\n")


def check(spec: dict[str, Any], options: dict[str, Any], report_fd: int) -> None:
    report(report_fd, event="step", step="load")
    if options.get("hang"):
        subprocess.Popen(["sleep", "300"])
        time.sleep(300)
    if options.get("segfault"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if reason := options.get("fail"):
        report(report_fd, event="failed", step="load", reason=reason, hint="", traceback="Traceback: the owner sees it")
        return
    report(report_fd, event="step", step="predict")
    Path(spec["bundle"], "model.txt").read_bytes()
    python = ".".join(map(str, sys.version_info[:3]))
    report(report_fd, event="checked", python=python, load_seconds=0.01, memory_bytes=1, batchable=True)


def serve(options: dict[str, Any], report_fd: int, listening: socket.socket) -> None:
    stubborn = options.get("stubborn")
    signal.signal(signal.SIGTERM, signal.SIG_IGN if stubborn else lambda *_: os._exit(0))
    if options.get("refuse"):
        report(report_fd, event="failed", step="load", reason="ValueError: no such model", hint="", traceback="tb")
        sys.exit(1)
    if options.get("die_at_start"):
        print("last words", flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(options.get("load_seconds", 0))
    report(report_fd, event="serving", load_seconds=0.0)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(listening, selectors.EVENT_READ)
    used = 0
    while True:
        for key, _ in selector.select():
            if key.fileobj == 0:
                if not os.read(0, 100):
                    return
            elif key.fileobj is listening:
                connection, _ = listening.accept()
                connection.sendall(f"{os.getpid()}\n".encode())
                selector.register(connection, selectors.EVENT_READ)
            else:
                connection = key.fileobj
                command = connection.recv(100)
                if command == b"use":
                    used += 1
                    report(report_fd, event="used", requests=used, last_used=time.time())
                elif command == b"die":
                    os._exit(3)
                elif command == b"child":
                    connection.sendall(f"{subprocess.Popen(['sleep', '300']).pid}\n".encode())
                elif not command:
                    selector.unregister(connection)
                    connection.close()


main()
