"""Hold the source to the house rules: `python -m checks`; `--shrink` removes what the baseline no longer needs."""

import argparse
import sys
from pathlib import Path

from checks.baseline import compare, read_baseline, write_baseline
from checks.english import check_english
from checks.glossary import check_glossary
from checks.messages import check_messages
from checks.mirror import FLOOR_PERCENT, modules_to_mirror, without_mirror
from checks.names import check_class_names, check_loggers
from checks.numbering import check_decisions, check_migrations
from checks.size import check_sizes
from checks.source import Finding, Module, read_modules

ROOT = Path(__file__).parents[1]
BASELINE = Path(__file__).parent / "baseline"
RULES = (check_sizes, check_class_names, check_loggers, check_english, check_messages)


def find_all(modules: list[Module]) -> list[Finding]:
    """Apply every rule."""
    found = [finding for rule in RULES for finding in rule(modules)]
    return [
        *found,
        *check_glossary(modules, ROOT / "docs" / "reference" / "glossary.md"),
        *check_migrations(ROOT / "src" / "unshelf" / "foundation" / "database" / "migrations" / "versions"),
        *check_decisions(ROOT / "docs" / "adr"),
    ]


def main() -> int:
    """Print what breaks a rule; return 1 if anything does."""
    parser = argparse.ArgumentParser(prog="checks", description="The house rules that no linter knows.")
    parser.add_argument("--shrink", action="store_true", help="remove the baseline's entries that are no longer needed")
    parser.add_argument("--untested", action="store_true", help="list the modules without a unit test of their own")
    arguments = parser.parse_args()

    modules = read_modules(ROOT / "src" / "unshelf")
    allowed = read_baseline(BASELINE)
    new, stale = compare(find_all(modules), allowed)
    if arguments.shrink:
        write_baseline(BASELINE, set(allowed) - set(stale))
        stale = []
    for finding in new:
        print(f"{finding.subject}: {finding.message} [{finding.rule}]")
    for key in stale:
        print(f"{key}: the baseline no longer needs this entry; run `make fix`")

    missing = without_mirror(modules, ROOT / "tests" / "unit")
    if arguments.untested:
        print("\n".join(missing))
    total = len(modules_to_mirror(modules))
    percent = 100 * (total - len(missing)) / total
    print(f"{percent:.1f} % of {total} modules have a unit test of their own (at least {FLOOR_PERCENT} %)")
    print(f"{len(allowed)} old exceptions to the house rules in checks/baseline, {len(new)} new")
    return 1 if new or stale or percent < FLOOR_PERCENT else 0


if __name__ == "__main__":
    sys.exit(main())
