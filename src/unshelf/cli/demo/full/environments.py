"""Environments of the demo: a curated one, which is what the models run in, and one that a project made of it."""

from unshelf.cli.demo.full.stage import MARK, Stage

_CURATED, _OWN = "science", "credit-scoring"


def fill(stage: Stage) -> str:
    """Make the environments that are missing."""
    if not stage.ours(f"curated_environment/{_CURATED}", stage.admin.named_environment):
        stage.admin.build_environment(
            _CURATED, version="credit-default:1", curated=True, notes="The packages of our first models."
        )
        notes = "NumPy, SciPy and scikit-learn: for models of tables. Ask the platform team for others."
        stage.admin.change_environment(_CURATED, notes=notes, is_default=True)
        stage.admin.tag(f"curated_environment/{_CURATED}", MARK)
    if not stage.ours(f"environment/{_OWN}", stage.admin.named_environment):
        ben = stage.person("ben")
        ben.build_environment(_OWN, ["packaging"], base=_CURATED, project="credit", notes="Reads versions of rules.")
        ben.change_environment(_OWN, notes="What scores of loans are made in.")
        stage.admin.tag(f"environment/{_OWN}", MARK)
    return "2 environments"
