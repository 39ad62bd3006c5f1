"""Which of two demands is stricter: a partial order over everything that a policy says.

Rule 1: stricter means that whatever passes after the change would have passed before it, on any evidence and at any
time. It is proven field by field, from small orders (`lattice`), and tested against the checks themselves.
Rule 2: what cannot be compared is never called stricter: it counts as weaker, and somebody has to look at it.
"""
