"""The environment that a worker process is given."""

from pathlib import Path

from unshelf.host.launch.process import THREADS, worker_environment


def test_a_worker_sees_nothing_of_ours_and_nothing_secret() -> None:
    ours = {
        "PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "2", "UNSHELF_TOKEN": "x",
        "AWS_SECRET_ACCESS_KEY": "x", "PYTHONPATH": "/x", "PIP_INDEX_URL": "x", "HOME": "/root", "DATABASE_URL": "x",
        "OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "8", "MKL_CBWR": "COMPATIBLE", "NPY_DISABLE_CPU_FEATURES": "AVX512F",
        "HTTPS_PROXY": "http://ana:hunter2@proxy:3128", "no_proxy": ".example.org", "SSL_CERT_FILE": "/etc/ssl/own.pem",
    }  # fmt: skip
    assert worker_environment(ours, python=Path("/env/bin/python"), scratch=Path("/s"), threads=3) == {
        "PATH": "/env/bin:/bin",
        "LC_ALL": "C",
        "OPENBLAS_CORETYPE": "Haswell",
        "MKL_CBWR": "COMPATIBLE",
        "NPY_DISABLE_CPU_FEATURES": "AVX512F",
        "HTTPS_PROXY": "http://proxy:3128",
        "no_proxy": ".example.org",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "CUDA_VISIBLE_DEVICES": "",
        **dict.fromkeys(THREADS, "3"),
        "HOME": "/s",
        "TMPDIR": "/s",
    }
