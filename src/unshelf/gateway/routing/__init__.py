"""The routing state as gateways use it."""
