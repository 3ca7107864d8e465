"""The parts of the content, in the order in which they are filled: a capability adds its part to this list."""

PARTS: dict[str, str] = {
    "people": "unshelf.cli.demo.full.people:fill",
    "projects": "unshelf.cli.demo.full.projects:fill",
    "data": "unshelf.cli.demo.full.data:fill",
    "models": "unshelf.cli.demo.full.models:fill",
    "environments": "unshelf.cli.demo.full.environments:fill",
    "apps": "unshelf.cli.demo.full.apps:fill",
    "traffic": "unshelf.cli.demo.full.traffic:fill",
    "past": "unshelf.cli.demo.full.past:fill",
    "conversations": "unshelf.cli.demo.full.conversations:fill",
    "requests": "unshelf.cli.demo.full.requests:fill",
    "elsewhere": "unshelf.cli.demo.full.monitoring.elsewhere:fill",
    "monitors": "unshelf.cli.demo.full.monitoring.monitors:fill",
    "jobs": "unshelf.cli.demo.full.work.jobs:fill",
    "pipelines": "unshelf.cli.demo.full.work.pipelines:fill",
    "scorings": "unshelf.cli.demo.full.work.tables:fill",
    "labels": "unshelf.cli.demo.full.monitoring.labels:fill",
    "performance": "unshelf.cli.demo.full.monitoring.performance:fill",
    "benches": "unshelf.cli.demo.full.work.benches:fill",
    "use": "unshelf.cli.demo.full.work.past_use:fill",
}
"""Part → the function that fills it: it takes the Stage, adds what is missing, and returns a few words on what there is."""
