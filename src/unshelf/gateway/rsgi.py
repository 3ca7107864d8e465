"""The types of Granian's RSGI interface, under one name each."""

from granian._granian import RSGIHeaders, RSGIHTTPProtocol, RSGIProtocolClosed, RSGIProtocolError
from granian.rsgi import Scope as Scope

Headers = RSGIHeaders
HTTPProtocol = RSGIHTTPProtocol
GONE = (RSGIProtocolClosed, RSGIProtocolError)
"""What reading and writing raise when the client left, or broke the rules of HTTP."""
