"""Bounded wires that adapters share: HTTP with a total deadline and a byte cap, git with a time limit."""
