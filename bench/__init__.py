"""How fast the parent's side is, as ratios to references measured in the same run: `make bench`.

The product never imports it. Everything runs on the loopback, and each process it starts is ended by its id.
"""
