"""Worker logs: rotated while they are written, shown from this run on."""

from pathlib import Path

from unshelf.host.launch.logs import MAX_BYTES, WorkerLogs, tail


def test_a_log_that_grew_too_large_is_moved_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    logs = WorkerLogs(tmp_path)
    path = logs.file("m", 1)
    with path.open("ab", buffering=0) as writer:
        writer.write(b"old" + b"x" * 3 * MAX_BYTES + b"end")
        logs.trim()
        writer.write(b"after\n")
    assert path.read_bytes() == b"after\n"
    aside = (tmp_path / "m-1.log.1").read_bytes()
    assert (len(aside), aside[-4:]) == (MAX_BYTES, b"xend")
    logs.forget_all_but({("m-1", 1)})
    assert list(tmp_path.iterdir()) == []


def test_the_tail_of_a_log_is_of_this_run_only(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    since = path.stat().st_size
    with path.open("a") as file:
        file.write("\n".join(map(str, range(100))))
    assert tail(path, since=since, lines=2) == "98\n99"
    assert "before" not in tail(path, since=since, lines=1000)
    assert tail(path, since=10_000_000).endswith("99"), "a log that was trimmed meanwhile"
    assert tail(tmp_path / "none") == ""
