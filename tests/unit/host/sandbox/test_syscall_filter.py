"""The filter of system calls, judged as the kernel would."""

import errno
import struct

import pytest

from unshelf.host.sandbox.syscall_filter import syscall_filter

X86, ARM = 0xC000003E, 0xC00000B7
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NEW_USERS, THREAD = 0x10000000, 0x00000100


def judge(program: bytes, number: int, *arguments: int, architecture: int = X86) -> int:
    """Run a filter on a system call: 0 where it is allowed, else the error that it gets."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    lines = [struct.unpack_from("=HBBI", program, start) for start in range(0, len(program), 8)]
    at = accumulator = 0
    while True:
        code, if_true, if_false, value = lines[at]
        if code == 0x06:
            return 0 if value == ALLOW else value & ~ERRNO
        if code == 0x20:
            accumulator = struct.unpack_from("=I", data, value)[0]
            at += 1
            continue
        holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
        at += 1 + (if_true if holds else if_false)


@pytest.fixture(params=[("x86_64", X86, 0), ("aarch64", ARM, 1)], ids=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest) -> tuple[str, int, int]:
    found: tuple[str, int, int] = request.param
    return found


def test_a_program_may_compute_and_not_reach_others_or_make_namespaces(machine: tuple[str, int, int]) -> None:
    name, architecture, column = machine
    program = syscall_filter(machine=name)

    def of(numbers: tuple[int, int], *arguments: int) -> int:
        return judge(program, numbers[column], *arguments, architecture=architecture)

    for allowed in ((0, 63), (1, 64), (59, 221), (202, 98)):  # read, write, execve, futex
        assert of(allowed) == 0
    for refused in ((101, 117), (165, 40), (308, 268), (321, 280), (298, 241), (425, 425), (250, 219), (246, 104)):
        assert of(refused) == errno.EPERM
    assert of((272, 97), NEW_USERS) == errno.EPERM
    assert of((272, 97), 0x400) == 0, "a thread may have descriptors of its own"
    assert of((56, 220), NEW_USERS | 17) == errno.EPERM
    assert of((56, 220), THREAD) == 0
    assert of((435, 435)) == errno.ENOSYS, "the C library then uses clone, whose flags can be seen"
    for family, outcome in ((1, 0), (2, 0), (10, 0), (16, 0), (17, errno.EAFNOSUPPORT), (40, errno.EAFNOSUPPORT)):
        assert of((41, 198), family) == outcome
    assert of((16, 29), 0, 0x5401) == 0
    assert of((16, 29), 0, 0x5412) == errno.EPERM, "typing into the terminal of another"


def test_system_calls_of_other_architectures_are_not_there() -> None:
    assert judge(syscall_filter(machine="x86_64"), 26, architecture=0x40000003) == errno.ENOSYS
    assert judge(syscall_filter(machine="x86_64"), 0x40000000 + 101) == errno.ENOSYS


def test_a_zygote_may_make_the_walls_of_its_workers() -> None:
    program = syscall_filter(machine="x86_64", forks_workers=True)
    assert [judge(program, number, NEW_USERS) for number in (272, 165, 428, 429)] == [0, 0, 0, 0]
    assert judge(program, 101) == errno.EPERM


def test_sockets_can_be_left_out_and_unknown_machines_have_no_filter() -> None:
    assert judge(syscall_filter(machine="x86_64", families=()), 41, 1) == errno.EAFNOSUPPORT
    assert syscall_filter(machine="pdp11") == b""
