"""A deployed site and the people who use it: users with a token, recipients with a link."""

import base64
import hashlib
import html
import io
import json
import re
import secrets
import time
import zipfile
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import urllib3

from real_account import sign_in_as_administrator

PATIENCE = 90

# Terms of a link whose originals can be downloaded.
ORIGINALS = {"access": "download", "options": {"original": True}}

T = TypeVar("T")


def eventually(what: str, attempt: Callable[[], T], patience: float = PATIENCE) -> T:
    """Repeats `attempt` until it returns something true; after `patience` seconds fails and names `what`."""
    end = time.monotonic() + patience
    while True:
        if answer := attempt():
            return answer
        assert time.monotonic() < end, f"still waiting for {what}"
        time.sleep(0.2)


class Answer:
    """An answer; redirects are not followed."""

    def __init__(self, response: urllib3.BaseHTTPResponse):
        self.status = response.status
        self.headers = response.headers
        self.body = response.data

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    def expect(self, status: int) -> "Answer":
        assert self.status == status, f"{self.status} instead of {status}: {self.body[:600]!r}"
        return self


class Http:
    """Sends requests to a site by its name, at the emulator's address. `ca` is the authority to trust, else the system's."""

    def __init__(self, ca: str | None):
        self.pool = urllib3.PoolManager(ca_certs=ca, timeout=60, retries=False, num_pools=10, maxsize=64)

    def __call__(self, method: str, url: str, headers: dict | None = None, body: bytes | str | None = None) -> Answer:
        parts = urlsplit(url)
        headers = dict(headers or {})
        address = url
        if (parts.hostname or "").endswith(".localhost"):
            # Not every resolver maps these names to this machine.
            headers["Host"] = parts.netloc
            address = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
        return Answer(self.pool.request(method, address, headers=headers, body=body, redirect=False))


class Site:
    """A stack's outputs, with clients for it."""

    def __init__(self, stack: str, outputs: dict[str, str], client: Callable, http: Http, has_pages: bool):
        self.stack, self.outputs, self.client, self.http = stack, outputs, client, http
        # On AWS the sign-in pages need a browser, so there users sign in by Cognito's API.
        self.has_pages = has_pages
        self.url = outputs["SiteUrl"]

    def make_user(self, name: str, level: str | None, full_name: str = "") -> tuple[str, str]:
        """Creates a user in the pool, as an administrator would; returns address and password."""
        cognito, pool = self.client("cognito-idp"), self.outputs["UserPoolId"]
        email, password = f"{name}@example.org", f"Correct-Horse-9-{secrets.token_urlsafe(12)}"
        attributes = [("email", email), ("email_verified", "true"), ("name", full_name or name.capitalize())]
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes],
            MessageAction="SUPPRESS",
        )
        cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
        if level:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=level)
        return email, password

    def sign_in(self, emulator: str, email: str, password: str) -> dict:
        """Signs in by the OIDC code flow with PKCE, as the app does, at Cognito's sign-in page; returns the tokens."""
        if not self.has_pages:
            pool, app = self.outputs["UserPoolId"], self.outputs["UserPoolClientId"]
            return sign_in_as_administrator(self.client, pool, app, email, password)
        client, back = self.outputs["UserPoolClientId"], f"{self.url}/signed-in"
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code", "client_id": client, "redirect_uri": back, "scope": "openid email profile",
            "state": secrets.token_urlsafe(), "code_challenge": challenge, "code_challenge_method": "S256",
        }
        page = self.http("GET", f"{emulator}/oauth2/authorize?{urlencode(query)}").expect(200).text
        form = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
        form |= {"username": email, "password": password}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        sent = self.http("POST", f"{emulator}/login", kind, urlencode(form)).expect(302)
        answer = parse_qs(urlsplit(sent.headers["location"]).query)
        assert sent.headers["location"].startswith(back) and answer["state"] == [query["state"]]
        request = {
            "grant_type": "authorization_code", "client_id": client, "code": answer["code"][0], "redirect_uri": back,
        }
        wrong = self.http("POST", f"{emulator}/oauth2/token", kind, urlencode(request | {"code_verifier": "x" * 50}))
        assert wrong.status == 400, "a code needs its verifier"
        sent = self.http("POST", f"{emulator}/login", kind, urlencode(form)).expect(302)
        request["code"] = parse_qs(urlsplit(sent.headers["location"]).query)["code"][0]
        return self.http("POST", f"{emulator}/oauth2/token", kind, urlencode(request | {"code_verifier": verifier})).expect(200).json


class User:
    """A user of the organisation, with a token."""

    def __init__(self, site: Site, token: str):
        self.site, self.token = site, token

    def ask(self, method: str, path: str, body: dict | None = None, **headers: str) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.site.http(method, self.site.url + path, headers, None if body is None else json.dumps(body))

    def folder(self, path: str) -> dict | None:
        folders = self.ask("GET", "/api/folders").expect(200).json["items"]
        return next((folder for folder in folders if folder["path"] == path), None)

    def assets(self, folder: str) -> list[dict]:
        found = self.folder(folder)
        if found is None:
            return []
        answer = self.ask("GET", f"/api/assets?in=folder:{found['id']}&limit=200")
        # A folder disappears with its last asset, perhaps since the request above.
        return [] if answer.status == 404 else answer.expect(200).json["items"]

    def ready(self, folder: str, count: int) -> list[dict]:
        """Waits until the folder has this many assets and all are rendered; returns them."""

        def read() -> list[dict] | None:
            assets = self.assets(folder)
            done = len(assets) == count and all(asset["state"] != "processing" for asset in assets)
            return assets if done else None

        return eventually(f"{count} assets in {folder}", read)

    def share(self, target: dict, **terms) -> dict:
        body = {"target": target, "title": "A link", **terms}
        return self.ask("POST", "/api/links", body).expect(201).json


class Recipient:
    """A recipient with a link; keeps its cookies as a browser does."""

    def __init__(self, site: Site, link: dict):
        self.http, self.url, self.cookie = site.http, link["url"], None

    def ask(self, method: str, rest: str = "", body: str | None = None, **headers: str) -> Answer:
        headers.setdefault("Accept", "application/json")
        if self.cookie:
            headers["Cookie"] = self.cookie
        return self.http(method, self.url + rest, headers, body)

    def page(self) -> Answer:
        return self.ask("GET", Accept="text/html")

    def nonce(self) -> str:
        return re.search(r'name="visit" value="([^"]+)"', self.page().expect(200).text)[1]

    def open(self, password: str = "", nonce: str | None = None) -> Answer:
        form = f"visit={quote(nonce or self.nonce())}&password={quote(password)}"
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        answer = self.ask("POST", body=form, **kind)
        if cookie := answer.headers.get("set-cookie"):
            self.cookie = cookie.split(";")[0]
        return answer

    def assets(self) -> list[dict]:
        return self.ask("GET", "/assets?limit=200").expect(200).json["items"]

    def save(self, rest: str) -> Answer:
        sent = self.ask("GET", rest).expect(302)
        return self.http("GET", sent.headers["location"]).expect(200)

    def zip_of_all(self, *renditions: str) -> zipfile.ZipFile:
        wanted = json.dumps({"assets": "all", "renditions": renditions or ["original"]})
        bundle = self.ask("POST", "/bundles", wanted, **{"Content-Type": "application/json"}).expect(202).json

        def ready() -> bool:
            progress = self.ask("GET", f"/bundles/{bundle['id']}").expect(200).json
            assert progress["status"] != "failed", progress
            return progress["status"] == "ready"

        eventually("the bundle", ready)
        return zipfile.ZipFile(io.BytesIO(self.save(f"/bundles/{bundle['id']}/file").body))
