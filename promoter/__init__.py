"""Promoter: verified digests become digest-pinned promotion pull requests with their evidence.

registry -> candidate -> evidence -> verdict -> eligibility -> plan -> proposal -> ledger

Three sentences teach the layout: decisions are in `core`; the world is on one page, `ports.py`; `reconcile.py`
joins them.
"""

__version__ = "0.1.0"
