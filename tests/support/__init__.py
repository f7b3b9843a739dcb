"""What tests stand on: a real PostgreSQL, a real network, real partners."""
