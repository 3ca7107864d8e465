"""Members: who has which role on the installation, projects and models, by name."""
