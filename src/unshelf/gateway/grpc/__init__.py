"""The Open Inference Protocol V2 over gRPC, imported only where a server is given a port for it."""
