"""HTTP/1.1 as the gateway speaks it: connections on the event loop, parsed by llhttp, handed to the application as exchanges."""
