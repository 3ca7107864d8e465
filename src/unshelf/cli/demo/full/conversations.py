"""Conversations of the demo: comments with mentions, and what people follow."""

from unshelf.cli.demo.full.stage import Stage

_FOLLOWED = {"olga": ["project/credit", "project/customer-care"], "leo": ["project/credit"], "ben": ["credit-default"]}
_COMMENTS = [
    ("ben", "credit-default:2", "The forest ranks better on small loans. @leo, would you look at the calibration?"),
    ("leo", "credit-default:2", "Calibrated within two points on all deciles but the last. Fine for a canary. @olga"),
    ("olga", "project/credit", "Let us look at the first week of the canary on Monday. @ben"),
    ("mia", "churn", "Retrained without the postal code, as the privacy review asked."),
]


def fill(stage: Stage) -> str:
    """Add the watches and the comments that are missing."""
    for name, subjects in _FOLLOWED.items():
        person = stage.person(name)
        for subject in subjects:
            person.watch(subject)
    for name, subject, text in _COMMENTS:
        person = stage.person(name)
        if text not in {each["text"] for each in person.comments(subject)}:
            person.comment(subject, text)
    return f"{len(_COMMENTS)} comments, and what {len(_FOLLOWED)} people follow"
