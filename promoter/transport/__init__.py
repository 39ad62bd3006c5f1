"""Bounded wires that adapters share: HTTP with a total deadline and a byte cap, git as a child process with a time limit."""
