"""What the clock drives: cutting closed cycles, starting tariffs, publishing the journal.

It holds the log key and never posts an act.
"""
