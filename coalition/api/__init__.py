"""Generated gRPC and protobuf modules: what travels on the wire."""
