"""Walls as they are seen from outside."""

import os
import threading

from unshelf.host.sandbox.observed import count_by_place, is_bounded, observed_walls, place_of

MOUNTS = """\
22 1 0:21 / /tmp rw,nosuid,nodev - tmpfs tmpfs rw,size=1024k,nr_inodes=100000,mode=700
23 22 0:22 / /tmp/home rw - ext4 /dev/sda rw,size=9k
"""


def test_a_process_like_ours_has_no_walls_and_one_that_is_gone_neither() -> None:
    assert [wall for wall in observed_walls(os.getpid()) if "filtered" not in wall] == []
    assert observed_walls(2**30) == []


def test_a_temporary_folder_counts_as_bounded_only_where_it_is() -> None:
    device = os.makedev(0, 21)
    assert is_bounded(device, MOUNTS)
    assert not is_bounded(device, MOUNTS.replace("size=1024k,", "", 1))
    assert not is_bounded(device, MOUNTS.replace("tmpfs tmpfs", "ext4 /dev/sda"))
    assert not is_bounded(os.makedev(0, 22), MOUNTS)


def test_processes_and_threads_are_counted_by_place() -> None:
    place, end = place_of(os.getpid()), threading.Event()
    threads = [threading.Thread(target=end.wait) for _ in range(200)]
    before = count_by_place()[place]
    for thread in threads:
        thread.start()
    assert before + 100 < count_by_place()[place]
    end.set()
    for thread in threads:
        thread.join()
