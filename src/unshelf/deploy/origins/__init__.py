"""Origins of web pages whose scripts may call a model."""
