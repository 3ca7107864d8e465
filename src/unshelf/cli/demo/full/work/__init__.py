"""Work of the demo: jobs, sweeps, schedules, pipelines, scorings, benches, and what all of it cost over weeks."""
