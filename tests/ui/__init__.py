"""The web application in a real browser, against a real platform: `make test-ui`."""
