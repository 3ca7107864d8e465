"""uv's complaints in words that a deployer can act on."""

import time

import pytest

from unshelf.host.packages.uv_errors import understand
from unshelf.host.program_output import MOST_SHOWN


@pytest.mark.parametrize(
    ("errors", "reason", "hint"),
    [
        (
            "  × No solution found when resolving dependencies:\nerror: resolving failed\n  cause: Because nopkg was not found in the "
            "package registry and you require nopkg, we can conclude that your requirements are unsatisfiable.",
            "There is no package named 'nopkg' in the package index.", "Check the spelling",
        ),
        (
            "error: no solution\n  cause: Because a==1 depends on b<2\n  and you require b>=2, we can conclude that your "
            "requirements are unsatisfiable.",
            "The requirements can't be met together: because a==1 depends on b<2 and you require b>=2", "Change or loosen",
        ),
        ("error: no\n  cause: error sending request for url (http://a)", "The package index can't be reached: error sending", "mirror"),
        (
            "error: no\n  cause: Because six was not found in the cache and the network was disabled, it fails",
            "six is not in the cache and the network is disabled", "UV_OFFLINE",
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because six was not found in the package registry and you "
            "require six, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL (http://a/simple) could not "
            "be queried due to a lack of valid authentication credentials (401 Unauthorized)",
            "The package index http://a/simple refused the credentials for 'six' (401 Unauthorized).", "user name",
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because six was not found in the package registry and you "
            "require six, we can conclude that your requirements are unsatisfiable.\n\nhint: An index (http://a/simple) returned a 403 "
            "Forbidden error. Check that the index URL is correct and the credentials are valid.",
            "The package index http://a/simple refused the credentials for 'six' (403 Forbidden).", "token",
        ),
        (
            "error: Failed to fetch\n  cause: HTTP status client error (403 Forbidden) for url (http://a/files/six.whl)",
            "refused the credentials for http://a/files/six.whl (403 Forbidden).", "token",
        ),
        (
            "error: Request failed after 1 retry in 2.0s\n  cause: Failed to fetch: http://a/six/\n  cause: HTTP status server error (500 "
            "Internal Server Error) for url (http://a/six/)",
            "The package index answered 500 Internal Server Error for http://a/six/.", "again later",
        ),
        (
            "error: Failed to fetch: http://a/six/\n  cause: HTTP status client error (407 Proxy Authentication Required) for url (http://a/)",
            "The proxy refused the request for http://a/ (407", "HTTP_PROXY",
        ),
        (
            "error: Failed to fetch: `https://a/`\n  cause: client error (Connect)\n  cause: invalid peer certificate: UnknownIssuer",
            "a certificate that this server does not trust: invalid peer certificate: UnknownIssuer.", "SSL_CERT_FILE",
        ),
        (
            "error: Request failed\n  cause: Failed to fetch: http://nohost/six/\n  cause: dns error\n  cause: Name or service not known",
            "can't be reached: its name can't be resolved: Name or service not known.", "UV_DEFAULT_INDEX",
        ),
        (
            "error: No solution found\n  cause: Because x==1.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and only "
            "x==1.0 is available, we can conclude that all versions of x cannot be used.\n         And because you require x, we can "
            "conclude that your requirements are unsatisfiable.\n\nhint: You require CPython 3.11 (`cp311`), but we only found wheels "
            "for `x` (v1.0) with the following Python ABI tag: `cp39`",
            "has no file that fits this server: because x==1.0 has no wheels", "we only found wheels for `x`",
        ),
        ("error: Hash mismatch for six.", "Hash mismatch for six", "not the one that was locked"),
        ("error: Couldn't parse requirement in `-`\n  cause: Expected package name", "A requirement can't be read: Expected", "PEP 508"),
        ("error: The build failed\nhint: Install a compiler.", "The build failed", "Install a compiler."),
        ("", "uv gave no reason", "The log has"),
        ("Traceback of something else", "uv gave no reason", "The log has"),
    ],
)  # fmt: skip
def test_a_complaint_says_why_and_what_to_do(errors: str, reason: str, hint: str) -> None:
    complaint = understand(errors)
    assert reason in complaint.reason
    assert hint in complaint.hint


def test_what_a_build_prints_is_no_cause() -> None:
    errors = (
        "warning: something\nerror: Failed to build `p==1`\n  cause: The build backend returned an error\n"
        "  cause: Call to `setuptools.build_meta` failed (exit status: 1)\n\n         [stdout]\n"
        "error: x was not found in the package registry\n         [stderr]\n         boom\n"
    )
    assert understand(errors).reason.startswith("Failed to build `p==1` The build backend returned an error Call to")
    assert understand(errors).reason.endswith("(exit status: 1)")


@pytest.mark.parametrize(
    "text",
    [
        "y",
        "error: y",
        "error: ",
        "  cause: a was not found in the package registry ",
        "HTTP status client error (",
        "hint: ",
        "\n",
        "(",
    ],
)
@pytest.mark.parametrize("filling", ["y", " ", "\n", "error: "])
def test_the_longest_output_is_understood_in_no_time(text: str, filling: str) -> None:
    longest = ("error: no\n" + text + filling * MOST_SHOWN)[:MOST_SHOWN]
    began = time.process_time()
    for each in (longest, (text * MOST_SHOWN)[:MOST_SHOWN]):
        assert len(understand(each).reason) < 80_000
    assert time.process_time() - began < 1
