"""The plan of a sandbox's network: one loopback address a granted name, the proxy first."""

from unshelf.host.egress.plan import PROXY, plan_for


def test_each_name_has_an_address_of_its_own_and_each_exact_grant_a_listener() -> None:
    plan = plan_for(["db.example.org:5432", "DB.example.org:80", "cache.example.org:6379", "*.example.org:443"])
    assert plan is not None
    assert plan.hosts == {"cache.example.org": "127.77.0.1", "db.example.org": "127.77.0.2"}
    assert plan.listeners == [PROXY, ("127.77.0.1", 6379), ("127.77.0.2", 80), ("127.77.0.2", 5432)]
    assert [str(grant) for grant in plan.exact.values()] == [
        "cache.example.org:6379",
        "db.example.org:80",
        "db.example.org:5432",
    ]
    assert plan.addresses == []


def test_granted_addresses_are_the_loopback_interface_s_own() -> None:
    plan = plan_for(["10.0.0.5:5432", "[fd00::1]:5432", "127.0.0.2:80", "localhost:81"])
    assert plan is not None
    assert plan.addresses == ["10.0.0.5", "fd00::1"]
    assert plan.hosts == {}
    assert set(plan.exact) == {("10.0.0.5", 5432), ("fd00::1", 5432), ("127.0.0.2", 80), ("127.0.0.1", 81)}


def test_no_two_listeners_are_in_one_place() -> None:
    plan = plan_for(["localhost:80", "127.0.0.1:80", f"{PROXY[0]}:{PROXY[1]}"])
    assert plan is not None
    assert sorted(plan.listeners) == sorted({PROXY, ("127.0.0.1", 80)})


def test_equal_grants_are_equal_plans_and_none_is_none() -> None:
    assert plan_for(["b.example:1", "a.example:1"]) == plan_for(["A.example:1", "b.example:1"])
    assert plan_for([]) is None


def test_programs_find_the_proxy_in_their_environment() -> None:
    plan = plan_for(["*.example.org:443"])
    assert plan is not None
    assert plan.variables()["HTTPS_PROXY"] == plan.variables()["https_proxy"] == f"http://{PROXY[0]}:{PROXY[1]}"
