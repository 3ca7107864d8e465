"""Steps of pipelines that the platform carries out: deploy, compare, approval, release."""
