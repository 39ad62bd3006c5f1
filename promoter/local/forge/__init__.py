"""A GitHub-compatible forge on loopback: the REST subset the bot uses, git over smart HTTP, a page per pull request.

The bot cannot tell it from GitHub by its answers; it keeps its records in memory and its commits in bare repositories.
"""

from promoter.local.forge.accounts import AppKey, Kind, Role
from promoter.local.forge.forge import LocalForge

__all__ = ["AppKey", "Kind", "LocalForge", "Role"]
