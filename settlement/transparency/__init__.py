"""Anyone can check the journal: an RFC 6962 tree, kept in C2SP files that tools by other people can read.

What this room guarantees, in the order in which it happens:

1. *Sequence.* Leaves arrive with their numbers; nothing here chooses or changes an order.
2. *Integrate.* `tiles` puts leaves and tree hashes on the disk and never changes a byte that is there. After
   a crash the log has the size whose files are all there.
3. *Publish.* `guard` writes down and fsyncs the size and root before `checkpoint` signs them, and refuses a
   smaller size, or the same size with another root: a late log can be mended, a forked one cannot.

`merkle` is the tree itself, short and pure, for an auditor to read.
Verification raises; it never answers with a bool that a caller could forget to look at.
"""
