"""The gateway's names for what HTTP hands it."""

from unshelf.gateway.http.exchange import Exchange, Gone, Stream

Headers = dict[str, str]
HTTPProtocol = Exchange
StreamBody = Stream
Scope = Exchange
GONE = (Gone,)
"""What reading and writing raise when the client left, or broke the rules of HTTP."""
