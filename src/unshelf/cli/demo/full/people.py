"""People of the demo, and the groups that they are in."""

from unshelf.cli.demo.full.stage import MARK, Stage

PEOPLE = {
    "olga": "Olga Petrova",
    "ben": "Ben Carter",
    "mia": "Mia Tanaka",
    "leo": "Leo Martin",
    "zoe": "Zoe Keller",
}
"""Login name → full name: an owner, two contributors, a validator, and somebody who calls models."""
_GROUPS = {
    "data-scientists": ("Who trains and deploys models.", ["ben", "mia"]),
    "model-risk": ("Who validates.", ["leo"]),
}


def fill(stage: Stage) -> str:
    """Add the people and their groups."""
    for name, full_name in PEOPLE.items():
        if not stage.ours(f"user/{name}", stage.admin.user):
            stage.admin.invite_user(name, full_name=full_name, email=f"{name}@example.com")
            stage.admin.tag(f"user/{name}", MARK)
    for name, (description, members) in _GROUPS.items():
        if not stage.ours(f"group/{name}", stage.admin.group):
            stage.admin.create_group(name, description=description)
            stage.admin.tag(f"group/{name}", MARK)
        for member in members:
            stage.admin.add_group_member(name, member)
    return f"{len(PEOPLE)} people, {len(_GROUPS)} groups"
