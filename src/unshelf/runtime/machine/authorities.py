"""The certificate authorities that this machine trusts, for libraries that would go by a list of their own."""

import os
import ssl
from pathlib import Path

_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Red Hat, Fedora
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",
)


def authorities_file(*variables: str) -> str | None:
    """Return the file that SSL_CERT_FILE names, else the system's store, where a company adds its own authority; None where there is none.

    `variables` give the library a file of its own: None where one of them is set, as the library reads it then."""
    if any(os.environ.get(variable) for variable in variables):
        return None
    named = ssl.get_default_verify_paths().cafile
    return next((path for path in (named, *_FILES) if path and Path(path).is_file()), None)
