"""A replay of real shopping: `baskets` reads it, `plan` says beforehand what the books must come to."""
