"""How fast the parent's side is, as ratios against references taken in the same run: `make bench`.

Never imported by the product. Everything runs on the loopback and ends by its own process id.
"""
