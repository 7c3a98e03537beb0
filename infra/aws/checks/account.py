"""The account to check: requests to AWS with limits, and findings about the answers."""

from typing import NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Seconds to connect and to read. A check of a list makes at most MOST_PAGES requests.
BOUNDS = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
MOST_PAGES = 50

DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"}


class Finding(NamedTuple):
    level: str
    text: str
    do: str = ""
    command: str = ""


def ok(text: str) -> Finding:
    return Finding("ok", text)


def look(text: str, do: str = "", command: str = "") -> Finding:
    return Finding("look", text, do, command)


def stop(text: str, do: str = "", command: str = "") -> Finding:
    return Finding("stop", text, do, command)


class NotSeen(Exception):
    """Something could not be read from AWS; the message says why."""


class Account:
    """The account of the credentials, and its clients."""

    def __init__(self, client, region: str, stack: str):
        self.client, self.region, self.stack = client, region, stack
        self.id, self.partition = "", "aws"

    def ask(self, service: str, operation: str, permission: str, absent: tuple = (), region: str = "", **what):
        """Makes one request. None if the error's code is in `absent`, which means that there is no such resource."""
        try:
            return getattr(self.client(service, region or self.region), operation)(**what)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in absent:
                return None
            if code in DENIED:
                raise NotSeen(f"needs {permission}") from error
            raise NotSeen(f"{service} answered {code}: {error.response['Error'].get('Message', '')}") from error
        except BotoCoreError as error:
            raise NotSeen(str(error)) from error

    def count(self, service: str, operation: str, permission: str, key: str, **what) -> int:
        """Counts the entries of a list with pages."""
        found = 0
        try:
            pages = self.client(service, self.region).get_paginator(operation).paginate(**what)
            for page, _ in zip(pages, range(MOST_PAGES)):
                found += len(page[key])
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise NotSeen(f"needs {permission}" if code in DENIED else f"{service} answered {code}") from error
        except BotoCoreError as error:
            raise NotSeen(str(error)) from error
        return found

    @property
    def buckets(self) -> dict[str, str]:
        """The names of the buckets that a new stack makes, by their kind."""
        return {kind: f"{self.stack}-{kind}-{self.id}-{self.region}" for kind in ("assets", "bundles")}
