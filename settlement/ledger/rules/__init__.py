"""The pure rules on members and points, one file for each subject: what an act does to the book, or why it is refused.

Rules stand in the order of the proto's comments; the first that says no is the refusal. `decide` picks the rule.
"""
