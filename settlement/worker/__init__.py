"""What the clock drives: closing and cutting cycles, starting tariffs, sweeping up what is due, publishing the journal.

It holds the log key and never posts an act.
"""
