"""Process plumbing that both planes share: logging, lifecycle, messages, durable files, counters, blobs."""
