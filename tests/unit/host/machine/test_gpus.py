"""GPUs of the machine, as far as the operator shows them."""

from pathlib import Path

from unshelf.host.machine.gpus import find_gpus


def test_gpus_are_those_the_operator_lets_us_see_else_those_of_the_machine(tmp_path: Path) -> None:
    for name in ("nvidia10", "nvidia0", "nvidia2", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert find_gpus(None, {}, tmp_path) == ["0", "2", "10"]
    assert find_gpus(None, {"CUDA_VISIBLE_DEVICES": "GPU-a, GPU-b"}, tmp_path) == ["GPU-a", "GPU-b"]
    assert find_gpus(1, {"CUDA_VISIBLE_DEVICES": "3,5"}, tmp_path) == ["3"]
    assert find_gpus(None, {"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == []
    assert find_gpus(2, {}, tmp_path) == ["0", "1"]
    assert find_gpus(0, {}, tmp_path) == []
