"""Hostile programs of strangers, a model, its check and the build of a package: they try tricks by name, and tell what came of each."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.models import write_model
from tests.support.package_index import source_archive
from tests.support.platform import Platform

TRICKS = '''
import ctypes, errno, glob, json, os, signal, socket, subprocess, sys, threading, time
%s
HOME, VICTIM, PORT, PLATFORM = %r, %r, %r, %r
MOST_PROCESSES = 2
libc = ctypes.CDLL(None, use_errno=True)
TRICKS = {}


def trick(function):
    TRICKS[function.__name__] = function
    return function


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), errno.errorcode[ctypes.get_errno()])
    return result


def connect(family, address):
    with socket.socket(family) as connection:
        connection.settimeout(2)
        connection.connect(address)
    return "connected"


def read_home(name):
    return lambda: open(os.path.join(HOME, name), "rb").read(20)


def list_home(name):
    return lambda: os.listdir(os.path.join(HOME, name))


def call(number, *arguments):
    return lambda: checked(libc.syscall(ctypes.c_long(number), *[ctypes.c_long(each) for each in arguments]))


TRICKS.update({
    "read the token": read_home("admin-token"), "read the database": read_home("unshelf.db"),
    "list other models": list_home("bundles"), "list records": list_home("predictions"), "list the run folder": list_home("run"),
    "read another's environment": lambda: open(f"/proc/{VICTIM}/environ", "rb").read(),
    "read the keeper's environment": lambda: open("/proc/1/environ", "rb").read(),
    "reach control's socket": lambda: connect(socket.AF_UNIX, os.path.join(HOME, "run", "control.sock")),
    "reach the host's socket": lambda: connect(socket.AF_UNIX, os.path.join(HOME, "run", "host.sock")),
    "reach the platform's port": lambda: connect(socket.AF_INET, ("127.0.0.1", PORT)),
    "reach an address outside": lambda: connect(socket.AF_INET, ("192.0.2.1", 80)),
    "reach the machine by vsock": lambda: connect(socket.AF_VSOCK, (2, 80)),
    "trace a process": call(101, 16, VICTIM), "trace the keeper": call(101, 16, 1), "have itself traced": call(101, 0),
    "read another's memory": call(310, VICTIM, 0, 0, 0, 0, 0),
    "kill the platform": lambda: os.kill(VICTIM, signal.SIGKILL), "kill the supervisor": lambda: os.kill(PLATFORM, signal.SIGKILL),
    "make a namespace of users": call(272, 0x10000000), "mount": call(165, 0, 0, 0, 0, 0), "enter a namespace": call(308, 0, 0),
    "use keys of the kernel": call(250, 0, -3, 1), "load a program into the kernel": call(321, 0, 0, 0),
    "use io_uring": call(425, 1, 0), "watch performance": call(298, 0, 0, -1, -1, 0), "load a kernel": call(246, 0, 0, 0, 0),
    "be root again": lambda: os.setuid(0),
    "write into its environment": lambda: open(os.path.join(sys.prefix, "evil.pth"), "w"),
    "write into its bundle": lambda: open(os.path.join(os.path.dirname(__file__), "predict.py"), "a"),
    "write into the interpreter": lambda: open(os.path.join(sys.base_prefix, "evil.py"), "w"),
    "write into the system": lambda: open("/usr/evil", "w"),
})


@trick
def follow_a_link_out():
    os.symlink(os.path.join(HOME, "admin-token"), "/tmp/link")
    try:
        return open("/tmp/link").read()
    finally:
        os.unlink("/tmp/link")


@trick
def see_processes():
    seen = [name for name in os.listdir("/proc") if name.isdigit()]
    return "refused: only its own" if len(seen) <= MOST_PROCESSES else seen


def fill(folder, most):
    """How many MiB could be written."""
    written, chunk = 0, b"x" * (1 << 20)
    try:
        with open(os.path.join(folder, "filling"), "wb", buffering=0) as file:
            while written < most and file.write(chunk) == len(chunk):
                written += 1
    except OSError as error:
        return f"{errno.errorcode[error.errno]} after {written}"
    finally:
        os.unlink(os.path.join(folder, "filling"))
    return f"all of {written}"


@trick
def fill_the_temporary_folder():
    return fill("/tmp", 4096)


@trick
def fill_shared_memory():
    return fill("/dev/shm", 4096)


@trick
def make_files_without_end():
    made = 0
    try:
        while made < 300_000:
            os.close(os.open(f"/tmp/file-{made}", os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError as error:
        return f"{errno.errorcode[error.errno]} after {made}"
    finally:
        for number in range(made):
            os.unlink(f"/tmp/file-{number}")
    return f"all of {made}"


@trick
def fill_the_disk():
    with open("/tmp/filling", "wb", buffering=0) as file:
        for _ in range(1024):
            file.write(b"x" * (1 << 20))
    time.sleep(600)


@trick
def fill_the_disk_with_files():
    for number in range(200_000):
        os.close(os.open(f"/tmp/file-{number}", os.O_CREAT | os.O_WRONLY))
    time.sleep(600)


@trick
def fork_bomb():
    children = []
    try:
        while len(children) < 5000:
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
    except OSError as error:
        return f"{errno.errorcode[error.errno]} after {len(children)}"
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return f"all of {len(children)}"


@trick
def threads_without_end():
    end, threads = threading.Event(), []
    try:
        while len(threads) < 5000:
            thread = threading.Thread(target=end.wait)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        return f"EAGAIN after {len(threads)}"
    finally:
        end.set()
        for thread in threads:
            thread.join()
    return f"all of {len(threads)}"


@trick
def stay_at_the_limit():
    threads = []
    try:
        while len(threads) < 5000:
            threads.append(threading.Thread(target=threading.Event().wait, daemon=True))
            threads[-1].start()
    except RuntimeError:
        return f"EAGAIN after {len(threads)}"


@trick
def take_ten_gigabytes():
    held = [bytearray(os.urandom(1 << 20) * 64) for _ in range(160)]
    return len(held)


@trick
def poison_the_warm_process():
    os.environ["POISONED"] = json.dumps.__name__
    json.POISONED = True
    for pid in (1, os.getppid()):
        os.kill(pid, signal.SIGKILL)  # process 1 of its namespace hears no signal from within
    return "refused: it lives"


@trick
def is_poisoned():
    return hasattr(json, "POISONED") or "POISONED" in os.environ


@trick
def close_its_socket():
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                os.close(int(name))
            except OSError:
                pass
    return "closed"


@trick
def end_at_once():
    os._exit(3)


@trick
def never_answer():
    time.sleep(600)


@trick
def print_a_flood():
    for _ in range(200):
        sys.stdout.write("y" * (1 << 20))
    return "printed"


@trick
def answer_garbage():
    for name in os.listdir("/proc/self/fd"):
        if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
            try:
                os.write(int(name), b"\\xff" * 4096)
            except OSError:
                pass
    return "written"


@trick
def write_into_the_report():
    for name in os.listdir("/proc/self/fd"):
        if os.readlink(f"/proc/self/fd/{name}").startswith("pipe:"):
            try:
                os.write(int(name), b'{"event": "used", "requests": 1e99}' + b"x" * 4096 + b"\\n")
            except OSError:
                pass
    return "written"


def outcome_of(name):
    try:
        return str(TRICKS[name]())
    except (OSError, subprocess.CalledProcessError) as error:
        return f"refused: {error}"


def try_all(names):
    refused = 0
    for name in names:
        outcome = outcome_of(name)
        if outcome.startswith("refused:"):
            refused += 1
        else:
            print(f"trick {name} -> {outcome}"[:100], file=sys.stderr, flush=True)
    raise RuntimeError(f"all was tried: {refused} refused")
'''
MODEL = """

def predict(rows):
    name = rows[0]["do"]
    return ["nothing" if name == "nothing" else outcome_of(name)]
"""
CHECK = """

def predict(rows):
    try_all(%r)
"""
BUILD = """

MOST_PROCESSES = 8
try_all(%r)
"""
THREAD = "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
"""A model with threads is not forked."""
REFUSED = [
    "read the token", "read the database", "list other models", "list records", "list the run folder", "read another's environment",
    "read the keeper's environment", "reach control's socket", "reach the host's socket", "reach the platform's port",
    "reach an address outside", "reach the machine by vsock", "trace a process", "trace the keeper", "have itself traced",
    "read another's memory", "kill the platform", "kill the supervisor", "make a namespace of users", "mount",
    "enter a namespace", "use keys of the kernel", "load a program into the kernel", "use io_uring", "watch performance",
    "load a kernel", "be root again", "write into its environment", "write into its bundle", "write into the interpreter",
    "write into the system", "follow_a_link_out", "see_processes", "poison_the_warm_process",
]  # fmt: skip
REFUSED_TO_A_BUILD = [
    trick
    for trick in REFUSED
    if trick
    not in (
        "write into its environment", "write into its bundle",  # both are its own, and gone with it
        "poison_the_warm_process",  # ends itself
    )
]  # fmt: skip
BOUNDED = {
    "fill_the_temporary_folder": "ENOSPC", "fill_shared_memory": "ENOSPC", "make_files_without_end": "ENOSPC",
    "fork_bomb": "EAGAIN", "threads_without_end": "EAGAIN",
}  # fmt: skip
TIERS = '{"tight": {"cpu": 1, "memory_bytes": 536870912, "threads": 1}}'
TIER = '\n[resources]\ntier = "tight"\n'
NO_NETWORK = '\n[network]\naccess = "none"\n'


def tricks(platform: Platform, *, first: str = "") -> str:
    """The code of the tricks, against this platform; `first`: what runs before."""
    port, victim = int(platform.url.rpartition(":")[2]), platform.processes("control")[0].pid
    return TRICKS % (first, str(platform.home), victim, port, platform.process.pid)


def write_hostile(folder: Path, platform: Platform, *, name: str, threads: bool = False) -> Path:
    """A folder with the model; one with `threads` is not forked."""
    code = tricks(platform, first=THREAD if threads else "") + MODEL
    return write_model(folder, name=name, code=code, example=[{"do": "nothing"}], extra=TIER + NO_NETWORK)


class Outcomes(NamedTuple):
    """Came of tricks that were tried in turn."""

    refused: int
    """How many were; 0 where the program did not come to its end."""
    others: dict[str, str]
    """What came of the others, by name."""
    said: str
    """What the deploy said."""


def outcomes_in_check(folder: Path, platform: Platform, names: Iterable[str]) -> Outcomes:
    """Deploy a model that tries these tricks when its check predicts the example."""
    code = tricks(platform) + CHECK % (list(names),)
    model = write_model(folder, name="hostile-check", code=code, example=[{"do": "nothing"}], extra=TIER + NO_NETWORK)
    return _outcomes(platform, model, "check")


def outcomes_in_build(folder: Path, platform: Platform, links: Path, names: Iterable[str]) -> Outcomes:
    """Deploy a model that needs a package which tries these tricks when it is built; `links`: the folder that the platform finds it in."""
    code = tricks(platform) + BUILD % (list(names),)
    (links / "own-1.0.tar.gz").write_bytes(source_archive("own", code))
    return _outcomes(platform, write_model(folder, name="hostile-build", requirements=("own",)), "lock")


def _outcomes(platform: Platform, model: Path, step: str) -> Outcomes:
    """What the log of a deploy that fails at this step says of tricks."""
    failed = platform.cli("deploy", str(model), check=False)
    said = failed.stdout + failed.stderr
    assert failed.returncode == 1, said
    assert f"{step} failed" in said or f"{step}_failed" in said, said
    others = {name: outcome.strip(" │") for name, outcome in re.findall(r"trick (.+?) -> (.*)", said)}
    refused = re.search(r"all was tried: (\d+) refused", said)
    return Outcomes(int(refused[1]) if refused else 0, others, said)


def play(platform: Platform, model: str, trick: str) -> Any:
    """The status and what the trick gave, or the problem."""
    answer = platform.http.post(f"/models/{model}/predict", json={"inputs": [{"do": trick}]})
    body = answer.json()
    return answer.status_code, body["outputs"][0] if answer.status_code == 200 else body


def replica(platform: Platform, name: str) -> dict[str, Any]:
    """The facts of a model's worker."""
    machine = platform.http.get("/api/v1/machine").json()
    return next(each for each in machine["replicas"] if each["model"] == name)
