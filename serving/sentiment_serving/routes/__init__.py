"""The HTTP interface: the table of endpoints, their `respond` functions, and their registration in Flask."""
