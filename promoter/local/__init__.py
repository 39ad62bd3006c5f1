"""A whole world on one machine, speaking the real protocols on loopback: registry, forge, signing authority.

`promoter demo` and the tests use it; the bot cannot tell it from the real thing. It is no fake of our own ports.
"""
