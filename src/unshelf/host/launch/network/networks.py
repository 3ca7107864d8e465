"""The network of a program, by what its version asks for and what its sandbox can keep it to."""

from collections.abc import Sequence

from unshelf.host.egress.plan import EgressPlan, plan_for
from unshelf.host.sandbox.sandbox import Sandbox, bounds_network
from unshelf.host.sandbox.walls import Network


def network_of(access: Network, allow: Sequence[str], sandbox: Sandbox) -> tuple[Network, EgressPlan | None]:
    """Return the network, and what it reaches. Where it can't be bounded to what is granted, it is not bounded."""
    if access == "full" or (allow and not bounds_network(sandbox)):
        return "full", None
    return "none", plan_for(allow)


def network_of_job(access: Network, allow: Sequence[str], sandbox: Sandbox) -> tuple[Network, EgressPlan | None]:
    """Return the same for a job. One without grants has the proxy too, which grants nothing: it says what the program wanted to reach."""
    network, plan = network_of(access, allow, sandbox)
    if network == "none" and plan is None and bounds_network(sandbox):
        return network, EgressPlan(())
    return network, plan
