"""The event log through the client."""

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.contracts.protocols.audit import AuditHead


def test_each_act_has_its_address(control: Control, client: Client) -> None:
    head = {"sequence": 7, "hash": "a" * 64, "time": "2027-01-01T00:00:00+00:00", "key": "", "signature": ""}
    control.reply("GET", "/api/v1/audit", {"events": [{"sequence": 1}], "next_cursor": None})
    control.reply("GET", "/api/v1/audit/head", head)
    control.reply("GET", "/api/v1/audit/chain", {"faults": []})
    control.reply("GET", "/api/v1/audit/export", {"sequence": 8})
    assert client.audit(actor="ana", since="2027-01-01", limit=5) == [{"sequence": 1}]
    assert client.audit_head() == AuditHead(sequence=7, hash="a" * 64, time="2027-01-01T00:00:00+00:00")
    assert client.verify_audit() == client.verify_audit(client.audit_head()) == {"faults": []}
    assert client.verify_audit(AuditHead(sequence=0, hash="0" * 64, time="")) == {"faults": []}
    assert list(client.export_audit(after=7, action="key.created")) == [{"sequence": 8}]
    asked = [each.path.removeprefix("/api/v1/audit") for each in control.asked]
    assert asked[0] == "?limit=5&actor=ana&since=2027-01-01"
    assert [path for path in asked if path.startswith("/chain")] == [
        "/chain?files=true", f"/chain?files=true&sequence=7&hash={'a' * 64}", "/chain?files=true"
    ]  # fmt: skip
    control.reply("POST", "/api/v1/audit/accepted-files", None, 204)
    client.accept_file("p", "r")
    assert control.asked[-1].json == {"path": "p", "reason": "r"}
    assert asked[-1] == "/export?after=7&action=key.created"
