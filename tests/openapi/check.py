"""Asks a site for whatever its OpenAPI document allows, and for what it does not: no answer may be an error of the
server, or one that the document does not tell of. The site is the program itself, on a sample library.

    python check.py PROGRAM
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests

HERE = Path(__file__).parent
# How long a start, or the reading of the sample library, may take.
PATIENCE = 120


class Site:
    """The program, with everything that it keeps in a temporary folder."""

    def __init__(self, program: str, folder: Path):
        self.log = folder / "log"
        command = [program, "--port", "0", "--data", str(folder / "data"), "--log", "warn"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        told = threading.Event()
        threading.Thread(target=self._listen, args=(told,), daemon=True).start()
        if not told.wait(PATIENCE):
            self.stop()
            raise SystemExit(f"The site did not start: {self.log.read_text()}")

    def _listen(self, told: threading.Event) -> None:
        # To the end, so that the program never waits for a reader.
        for line in self.process.stdout:
            if found := re.match(r"Vitrine is at (\S+)", line):
                self.url = found[1]
                told.set()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class User:
    """A sample user, signed in."""

    def __init__(self, url: str, name: str):
        self.url = url
        answer = requests.post(f"{url}/auth/token", json={"user": name}, timeout=20)
        answer.raise_for_status()
        self.token = answer.json()["access_token"]

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        headers = {"authorization": f"Bearer {self.token}"}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def get(self, path: str) -> dict:
        return self.ask("GET", path)


def open_link(link: dict, password: str | None = None) -> dict:
    """The cookies of a recipient who has opened a link."""
    session = requests.Session()
    gate = session.get(link["url"], headers={"accept": "application/json"}, timeout=20).json()
    form = {"visit": gate["visit"], "password": password or ""}
    session.post(link["url"], data=form, allow_redirects=False, timeout=20).raise_for_status()
    if "visit" not in session.cookies:
        raise SystemExit("A link could not be opened.")
    return dict(session.cookies)


def bundle(link: dict, cookies: dict) -> str:
    """A zip of everything that a link shares, once it is ready."""
    place, until = f"{link['url']}/bundles", time.monotonic() + PATIENCE
    answer = requests.post(place, json={"assets": "all"}, cookies=cookies, timeout=20).json()
    while answer["status"] == "preparing" and time.monotonic() < until:
        time.sleep(0.2)
        answer = requests.get(f"{place}/{answer['id']}", cookies=cookies, timeout=20).json()
    if answer["status"] != "ready":
        raise SystemExit(f"A zip is not ready: {answer}")
    return answer["id"]


def make(url: str, ada: User) -> dict:
    """Links of each kind, and the names of what is there."""
    until = time.monotonic() + PATIENCE
    while (ingest := ada.get("/api/ingest"))["processing"] or not ingest["total"]:
        if time.monotonic() > until:
            raise SystemExit(f"The library is not read: {ingest}")
        time.sleep(0.2)
    folders = [folder for folder in ada.get("/api/folders")["items"] if folder["asset_count"]]
    assets = ada.get(f"/api/assets?in=folder:{folders[0]['id']}")["items"]
    targets = {
        "asset": [{"id": asset["id"]} for asset in assets[:3]],
        "folder": [{"id": folder["id"]} for folder in folders],
        "selection": [{"assets": [asset["id"] for asset in assets[:2]]}],
    }

    def share(terms: dict) -> dict:
        target = {"kind": "folder", **targets["folder"][0]}
        return ada.ask("POST", "/api/links", {"target": target, "title": "Press kit", **terms})

    free, closed, counted = share({}), share({"password": "secret"}), share({"max_uses": 1_000})

    def shared(link: dict, cookies: dict, bundle: str) -> dict:
        token = link["url"].rsplit("/", 1)[1]
        uses = link is counted
        return {"token": token, "asset": assets[0]["id"], "bundle": bundle, "cookies": cookies, "uses": uses}

    over = share({"max_uses": 1})
    open_link(over)
    ready = bundle(free, {})
    entered = open_link(counted)
    # Edited and mailed are links that nobody else here needs; one has uses that are spent.
    edited = [share({})["id"], share({"password": "secret", "max_uses": 3})["id"], over["id"]]
    # They may be disabled and deleted. Ada asks, and can do neither to herself.
    users = [User(url, name).get("/api/me")["id"] for name in ("ada", "prue", "bree")]
    return {
        "links": edited,
        "users": users,
        "folders": [folder["id"] for folder in folders],
        "assets": [asset["id"] for asset in assets],
        "targets": targets,
        "shared": [
            shared(free, {}, ready),
            shared(closed, open_link(closed, "secret"), ready),
            shared(closed, {}, ready),
            shared(counted, entered, bundle(counted, entered)),
            shared(over, {}, ready),
        ],
    }


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="vitrine-openapi-") as folder:
        site = Site(sys.argv[1], Path(folder))
        try:
            ada = User(site.url, "ada")
            there = make(site.url, ada)
            given = {"TOKEN": ada.token, "SITE": site.url, "THERE": json.dumps(there), "HOOKS": str(HERE / "hooks.py")}
            command = [
                Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "schemathesis.toml",
                "run", f"{site.url}/api/openapi.json", *sys.argv[2:],
            ]
            code = subprocess.run(command, env=os.environ | given, cwd=folder).returncode
        finally:
            site.stop()
        if code:
            print("What the site logged:", site.log.read_text()[-5_000:], sep="\n")
        return code


if __name__ == "__main__":
    sys.exit(main())
