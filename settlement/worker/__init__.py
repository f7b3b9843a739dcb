"""What the clock drives: cutting closed cycles and publishing the journal. Holds the log key; never posts an act."""
