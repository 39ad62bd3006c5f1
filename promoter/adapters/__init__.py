"""Thin facades over the world, one library each; none imports another. `wiring.py` is the only place that names them."""
