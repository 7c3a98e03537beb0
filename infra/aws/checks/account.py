"""Asking AWS with bounds, and what is said about the answer."""

from typing import NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Seconds to connect and to read; one look makes no more than MOST_PAGES requests.
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
    """Why something could not be looked at."""


class Account:
    """Whom the credentials belong to, and clients that ask with bounds."""

    def __init__(self, client, region: str, stack: str):
        self.client, self.region, self.stack = client, region, stack
        self.id, self.partition = "", "aws"

    def ask(self, service: str, operation: str, permission: str, absent: tuple = (), region: str = "", **what):
        """One answer; None where the error says that there is no such thing."""
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
        """How many there are in a list of pages."""
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
        """The names of the buckets that a new stack makes, by what they are for."""
        return {kind: f"{self.stack}-{kind}-{self.id}-{self.region}" for kind in ("assets", "bundles")}
