"""Reasons for which a connection to a place is refused; those that are not here say why a place could not be reached."""

NOT_GRANTED = "it is not granted"
BY_POLICY = "the operator's policy (UNSHELF_EGRESS_ALLOW) does not let it be reached"
