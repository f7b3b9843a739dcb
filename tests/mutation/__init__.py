"""`make mutation`: the pure rules are changed in every small way, one at a time, and the tests must notice."""
