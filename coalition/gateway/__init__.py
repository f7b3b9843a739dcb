"""The door: gRPC in, gRPC out, and nobody else speaks it on the server's side.

`admission` is the ladder of checks that every call climbs before anything is recorded; `services` maps each method of the proto
to its handler; `server` runs them, with `tls`. `visitor` and `limits` say who stands there and how often one may; `door_log`,
`metrics` and `gauges` count. Checks run inside the handlers, never in an interceptor, whose thread all calls share.
"""
