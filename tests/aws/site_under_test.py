"""A deployed site, and those who use it: users with a token, recipients with nothing but a link."""

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


def eventually(what: str, ask: Callable[[], T], patience: float = PATIENCE) -> T:
    """Asks until there is an answer (anything true); fails naming what did not come."""
    end = time.monotonic() + patience
    while True:
        if answer := ask():
            return answer
        assert time.monotonic() < end, f"still waiting for {what}"
        time.sleep(0.2)


class Answer:
    """What came back, redirects not followed."""

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
        assert self.status == status, f"{self.status} in place of {status}: {self.body[:600]!r}"
        return self


class Http:
    """Sends requests to a site by the name it has, at the emulator's address. `ca`: the system's own unless given."""

    def __init__(self, ca: str | None):
        self.pool = urllib3.PoolManager(ca_certs=ca, timeout=60, retries=False, num_pools=10, maxsize=64)

    def __call__(self, method: str, url: str, headers: dict | None = None, body: bytes | str | None = None) -> Answer:
        parts = urlsplit(url)
        headers = dict(headers or {})
        address = url
        if (parts.hostname or "").endswith(".localhost"):
            # Not every resolver knows that these are this machine.
            headers["Host"] = parts.netloc
            address = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
        return Answer(self.pool.request(method, address, headers=headers, body=body, redirect=False))


class Site:
    """What a stack's outputs say, with clients for it."""

    def __init__(self, stack: str, outputs: dict[str, str], client: Callable, http: Http, has_pages: bool):
        self.stack, self.outputs, self.client, self.http = stack, outputs, client, http
        # AWS's own sign-in pages are for browsers; there, its API signs users in.
        self.has_pages = has_pages
        self.url = outputs["SiteUrl"]

    def make_user(self, name: str, level: str | None, full_name: str = "") -> tuple[str, str]:
        """Makes a user in the pool, as an administrator would; gives address and password."""
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
        """The OIDC code flow with PKCE as the app does it, at Cognito's own sign-in page; gives the tokens."""
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
        ask = {
            "grant_type": "authorization_code", "client_id": client, "code": answer["code"][0], "redirect_uri": back,
        }
        wrong = self.http("POST", f"{emulator}/oauth2/token", kind, urlencode(ask | {"code_verifier": "x" * 50}))
        assert wrong.status == 400, "a code without its verifier is worth nothing"
        sent = self.http("POST", f"{emulator}/login", kind, urlencode(form)).expect(302)
        ask["code"] = parse_qs(urlsplit(sent.headers["location"]).query)["code"][0]
        return self.http("POST", f"{emulator}/oauth2/token", kind, urlencode(ask | {"code_verifier": verifier})).expect(200).json


class User:
    """Somebody of the organisation, with their token."""

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
        # A folder goes with its last asset, perhaps in between.
        return [] if answer.status == 404 else answer.expect(200).json["items"]

    def ready(self, folder: str, count: int) -> list[dict]:
        """The folder's assets, once there are so many and all are rendered."""

        def look() -> list[dict] | None:
            assets = self.assets(folder)
            done = len(assets) == count and all(asset["state"] != "processing" for asset in assets)
            return assets if done else None

        return eventually(f"{count} assets in {folder}", look)

    def share(self, target: dict, **terms) -> dict:
        body = {"target": target, "title": "A link", **terms}
        return self.ask("POST", "/api/links", body).expect(201).json


class Recipient:
    """Somebody with a link; keeps its cookies as a browser would."""

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
        asked = self.ask("POST", "/bundles", wanted, **{"Content-Type": "application/json"}).expect(202).json

        def ready() -> bool:
            bundle = self.ask("GET", f"/bundles/{asked['id']}").expect(200).json
            assert bundle["status"] != "failed", bundle
            return bundle["status"] == "ready"

        eventually("the bundle", ready)
        return zipfile.ZipFile(io.BytesIO(self.save(f"/bundles/{asked['id']}/file").body))
