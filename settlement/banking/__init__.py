"""Money out and money in: accounts at banks, payment files, statements of a bank, and which leg each line of them pays."""
