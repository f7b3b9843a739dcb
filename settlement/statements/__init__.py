"""Statements: what one closed cycle means for one participant, as JSON and CSV that are the same bytes for ever.

`cyclebook` holds the values of a cycle and puts them together, `build` makes statements of them, `spelling` writes their bytes:
all three are pure, so that whoever has the journal's leaves recomputes the same bytes. `reading` takes the values from the books.
"""
