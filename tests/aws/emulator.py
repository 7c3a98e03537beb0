"""MiniStack, an emulator of AWS, as a child process on a free port of this machine.

With AUTH=true it checks every request against the IAM policies of its signer, and each function runs with credentials of
its own role. So a story fails if it needs a permission that the template does not give.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

from certificates import Certificates

ACCOUNT = "000000000000"
REGION = "eu-west-1"

# The emulator's credentials of the account's owner.
OWNER = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


class Emulator:
    """A running emulator: `url` is the address of its services, `environment` makes programs use it."""

    region, run = REGION, "vitrine"

    def __init__(self, log: Path, certificates: Certificates, smtp: str):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self.ca = str(certificates.ca)
        self.log = log
        self.environment = os.environ | OWNER | {"AWS_ENDPOINT_URL": self.url, "AWS_CA_BUNDLE": self.ca}
        self.session = boto3.Session(OWNER["AWS_ACCESS_KEY_ID"], OWNER["AWS_SECRET_ACCESS_KEY"], region_name=REGION)
        settings = {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "localhost",
            "LAMBDA_EXECUTOR": "local",
            "IOT_MTLS_ENABLED": "0",
            # Its SES delivers to this server.
            "SMTP_HOST": smtp,
            # Passed on to the functions, so that their SDKs find the emulator.
            "AWS_ENDPOINT_URL": self.url,
            "AWS_CA_BUNDLE": self.ca,
            "SSL_CERT_FILE": self.ca,
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(certificates.cert),
            "MINISTACK_SSL_KEY": str(certificates.key),
            "MINISTACK_REGION": REGION,
        }
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("ministack_mended.py"))],
            env=inherited | settings,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
            # One process group with the functions that it starts, so that all can be ended together.
            start_new_session=True,
        )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        trust = ssl.create_default_context(cafile=self.ca)
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError(f"the emulator ended at once: {self.log.read_text()[-2000:]}")
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5, context=trust).read()
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
                continue
            # Another program may have taken the port, so the log must name it.
            if f"port {self.port}" in self.log.read_text():
                return
        raise RuntimeError(f"the emulator does not answer: {self.log.read_text()[-2000:]}")

    def client(self, service: str):
        """A client of the account's owner."""
        return self.session.client(service, endpoint_url=self.url, verify=self.ca)

    def name(self, name: str) -> str:
        return name

    def parameters(self, _template: str, parameters: dict[str, str]) -> dict[str, str]:
        return parameters

    def complaint(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:]

    def stop(self) -> None:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                break
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue
