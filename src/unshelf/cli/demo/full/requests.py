"""Requests of the demo: one that waits for its answer, and one that was granted for a week."""

from unshelf.cli.demo.full.stage import Stage

_WEEK_SECONDS = 7 * 86_400
_OPEN = "I would like to show the scores in the branch dashboard."
_GRANTED = "To compare the challenger on our own sample."


def fill(stage: Stage) -> str:
    """Add the requests that are missing."""
    known = {(each["reason"], each["state"]) for each in stage.admin.requests()}
    if not any(reason == _OPEN for reason, _ in known):
        stage.person("zoe").request_access(model="churn", role="caller", reason=_OPEN)
    if not any(reason == _GRANTED for reason, _ in known):
        asked = stage.person("leo").request_access(project="customer-care", role="validator", reason=_GRANTED)
        stage.person("olga").grant_request(asked["id"], expires_in_seconds=_WEEK_SECONDS, reason="For the review.")
    return "2 requests, one of them open"
