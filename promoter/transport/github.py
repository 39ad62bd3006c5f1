"""PyGithub on bounded wires: one client per credential, whose every answer is bounded, plausible and from one host.

Rule 1: nothing is retried, slept on, redirected or followed here; PyGithub's own habits of that kind never see an answer
that would set them off (a 202, a 3xx, a next page elsewhere, a body that is no JSON).
Rule 2: the client is eager, because a lazy one "finds" what does not exist.
Rule 3: whatever goes wrong leaves `asking` as an `OutsideError`; tokens and keys stand in no text.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from github import Auth, Github, GithubIntegration
from github.GithubException import BadAttributeException, GithubException
from github.Repository import Repository
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse
from requests.structures import CaseInsensitiveDict
from urllib3 import Retry
from urllib3.util import parse_url

from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.bounded import bounded_session, outside_error
from promoter.transport.bounded_connection import allow
