"""The exchange: takes admitted acts to the one lane of their shard. What arrived while a batch committed is the next.

A lone call waits for nobody; a busy lane gets batch speed. Every act gets its verdict exactly once, after the commit.
"""
