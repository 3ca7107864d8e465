"""Which settings change, and which can't."""

from unshelf.server.rolling.changes import changes_between, fixed_among, misspelled, unknown_among


def test_changes_are_named_as_the_environment_has_them_and_secrets_are_not_shown() -> None:
    before = {"port": 8000, "tiers": {"small": 1}, "smtp_password": "old", "gateways": 2}
    after = {"port": 8000, "tiers": {"small": 2}, "smtp_password": "new", "gateways": 3, "of_a_later_release": 1}
    changes = changes_between(before, after)
    assert [str(change) for change in changes] == [
        "UNSHELF_GATEWAYS: 2 → 3", "UNSHELF_SMTP_PASSWORD (a secret)", 'UNSHELF_TIERS: {"small":1} → {"small":2}',
    ]  # fmt: skip
    assert fixed_among(changes) == []


def test_where_the_server_and_its_state_are_can_not_change() -> None:
    changes = changes_between({"home": "/a", "database": "x"}, {"home": "/b", "database": "y"})
    assert fixed_among(changes) == ["UNSHELF_DATABASE", "UNSHELF_HOME"]
    assert "y" not in "".join(map(str, changes)).replace("UNSHELF_DATABASE (a secret)", "")


def test_a_long_value_is_cut() -> None:
    (change,) = changes_between({"roles": {}}, {"roles": {"name": ["x" * 500]}})
    assert len(change.after) == 201 and change.after.endswith("…")


def test_a_variable_that_is_surely_a_setting_written_wrongly_is_told() -> None:
    given = ["UNSHELF_SMTP_HSOT", "UNSHELF_BACKUP_PASSPHRAZE", "UNSHELF_HOST", "UNSHELF_TOKEN", "PATH"]
    of_kubernetes = ["UNSHELF_SERVICE_HOST", "UNSHELF_PORT_8000_TCP", "UNSHELF_GRPC_PORT_9000", "UNSHELF_SERVICE_PORT"]
    assert misspelled([*given, *of_kubernetes]) == [
        ("UNSHELF_SMTP_HSOT", "UNSHELF_SMTP_HOST"), ("UNSHELF_BACKUP_PASSPHRAZE", "UNSHELF_BACKUP_PASSPHRASE"),
    ]  # fmt: skip
    assert unknown_among(["UNSHELF_NO_SUCH_THING_AT_ALL", "UNSHELF_PORT"]) == [("UNSHELF_NO_SUCH_THING_AT_ALL", "")]
