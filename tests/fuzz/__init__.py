"""Fuzzing: whatever bytes come in, the answer is a documented one, soon, and in little memory.

Cases are real envelopes, leaves, notes, files and bundles with a few changes that know their structure. `python -m tests.fuzz`
runs them in a process of its own, whose memory can be measured; `test_fuzz.py` starts it. A case that breaks a law is printed
as a literal, to be pasted into a regression test.
"""
