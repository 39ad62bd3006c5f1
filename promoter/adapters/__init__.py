"""Thin facades over the world, one library each; none imports another. Only `wiring.py` names them."""
