"""Behind TLS: the nginx of examples/operations before a real server, by a name of its own and below a path prefix."""

import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx (apt-get install nginx-light)"),
]
EXAMPLE = Path(__file__).parents[2] / "examples" / "operations" / "nginx.conf"
NAME = "models.example.org"
CODE = "def predict(rows):\n    return [row['a'] * 2 for row in rows]\n"
AROUND = """
pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; user {user};
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {example}
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def write_certificate(folder: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


class Site:
    """The platform and the nginx before it."""

    def __init__(self, platform: Platform, port: int, plain_port: int, folder: Path) -> None:
        self.platform = platform
        self.url = f"https://127.0.0.1:{port}"
        self.plain_url = f"http://127.0.0.1:{plain_port}"
        self.folder = folder
        headers = {"Authorization": f"Bearer {platform.token}", "Host": NAME}
        self.http = httpx.Client(base_url=self.url, headers=headers, verify=False, timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    write_certificate(folder)
    tls_port, plain_port, port = free_port(), free_port(), free_port()
    example = (
        EXAMPLE.read_text().replace("/etc/ssl/unshelf", str(folder)).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    )
    example = example.replace("listen 443 ssl", f"listen 127.0.0.1:{tls_port} ssl").replace("listen [::]:443 ssl;", "")
    example = example.replace("listen 80;", f"listen 127.0.0.1:{plain_port};").replace("listen [::]:80;", "")
    prefixed = "location /unshelf/ { proxy_pass http://unshelf/; }\n    location / {"
    (folder / "nginx.conf").write_text(
        AROUND.format(folder=folder, example=example.replace("location / {", prefixed), user="root")
    )
    settings = {
        "public_url": f"https://{NAME}:{tls_port}", "allowed_hosts": NAME, "trusted_proxies": "127.0.0.1",
        "port": str(port), "drain_seconds": "2",
    }  # fmt: skip
    with (
        running_platform(tmp_path_factory.mktemp("home") / "home", **settings) as platform,
        subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]) as nginx,
    ):
        try:
            found = Site(platform, tls_port, plain_port, folder)
            wait_until(lambda: _answers(found), what="nginx")
            platform.cli("deploy", str(write_model(folder / "twice", name="twice", code=CODE, example=[{"a": 1.0}])))
            yield found
            found.http.close()
        finally:
            nginx.send_signal(signal.SIGQUIT)
            nginx.wait(30)


def _answers(site: Site) -> bool:
    try:
        return site.http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/api/v1/models?limit=3", "/models/twice/predict", "/models/a%2Fb"])
def test_plain_http_leads_to_the_same_address_behind_tls_and_to_no_server(site: Site, method: str, path: str) -> None:
    """Given a request to port 80, then it is sent on with its method, path and query, and the platform never saw it."""
    answer = httpx.request(method, site.plain_url + path, headers={"Host": NAME}, content=b"{}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}{path}")
    assert "server-timing" not in answer.headers and "set-cookie" not in answer.headers


@pytest.mark.parametrize("prefix", ["", "/unshelf"])
def test_predictions_now_and_later_by_name_and_below_a_prefix(site: Site, prefix: str) -> None:
    path, body = f"{prefix}/models/twice/predict", {"inputs": [{"a": 21.0}]}
    assert site.http.post(path, json=body).json()["outputs"] == [42.0]
    later = site.http.post(path, json=body, headers={"Prefer": "respond-async"})
    assert later.status_code == 202
    address = urljoin(f"{site.url}{path}", later.headers["location"])
    assert address.startswith(f"{site.url}{prefix}/models/twice/predictions/")
    wait_until(lambda: site.http.get(address).json().get("outputs") == [42.0], what="the answer")


def test_pages_are_for_tls_alone_and_the_caller_is_who_asked_the_proxy(site: Site) -> None:
    page = httpx.get(f"{site.url}/", headers={"Accept": "text/html", "Host": NAME}, verify=False, timeout=60)
    assert page.headers["strict-transport-security"].startswith("max-age=")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    refused = site.http.get("/readyz", headers={"Host": "evil.example"})
    assert refused.status_code == 200, "health needs no name"
    wrong = httpx.get(f"{site.platform.url}/api/v1/models", headers={"Host": "evil.example"}, timeout=60)
    assert wrong.status_code == 421


def test_the_administrator_on_the_servers_machine_looks_past_the_proxy(site: Site) -> None:
    """Commands on it are addressed to it, whatever names others use; the link that they make is good there and nowhere else."""
    said = site.platform.cli("open", "--show").stdout
    link = re.search(rf"{re.escape(site.platform.url)}(\S+)", said)
    assert link is not None, said
    assert site.http.get(link[1]).status_code == 403
    answer = httpx.get(link[0])
    assert answer.status_code == 303 and "Secure" not in answer.headers["set-cookie"]


def test_large_bodies_and_streams_pass_as_they_come(site: Site) -> None:
    rows = [{"a": float(number)} for number in range(100_000)]
    assert site.http.post("/models/twice/predict", json={"inputs": rows}).json()["outputs"][-1] == 199_998.0


def test_the_certificate_is_looked_at_and_told_before_it_ends(site: Site) -> None:
    """The name leads nowhere here, so nothing is told of it; what can be reached is told (tests/unit/manage/machine)."""
    checks = site.platform.client(site.platform.token).get("/api/v1/machine").json()["machine"]["checks"]
    assert "clock" in [check["name"] for check in checks]
