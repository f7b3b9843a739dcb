"""The network under fire: what it must withstand, and who judges whether it did."""
