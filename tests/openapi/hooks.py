"""Half of all requests name what is there: without it, most answers would be 404."""

import json
import os
import zlib

import requests
import schemathesis

# What check.py has made: names of things by the parameter that takes them.
THERE = json.loads(os.environ["THERE"])


def chosen(case, among: list):
    """One of several, always the same for the same request."""
    said = repr((case.method, case.path, case.path_parameters, case.query, case.body))
    return among[zlib.crc32(said.encode(errors="replace")) % len(among)]


@schemathesis.hook
def before_call(context, case, kwargs):
    if chosen(case, [True, False]):
        if case.path.startswith("/s/"):
            name_link(case)
        else:
            name_things(case)


def name_things(case) -> None:
    """Ids of users' things, in paths and bodies."""
    if "id" in case.path_parameters:
        if case.operation.label == "DELETE /api/links/{id}":
            case.path_parameters["id"] = link_to_delete()
        else:
            kind = case.path.split("/")[2]
            case.path_parameters["id"] = chosen(case, THERE[kind])
    if case.operation.label == "GET /api/share-options":
        asset = {"kind": "asset", **THERE["targets"]["asset"][0]}
        case.query = chosen(case, [{"link": chosen(case, THERE["links"])}, asset])
    elif str((case.query or {}).get("in", "")).startswith("folder:"):
        case.query["in"] = f"folder:{chosen(case, THERE['folders'])}"
    if isinstance(case.body, dict):
        for target in (case.body, case.body.get("target")):
            kind = target.get("kind") if isinstance(target, dict) else None
            if isinstance(kind, str) and kind in THERE["targets"]:
                target.update(chosen(case, THERE["targets"][kind]))
        if isinstance(case.body.get("to"), str):
            case.body["to"] = "anna@example.org"


def name_link(case) -> None:
    """A link with what it shares, and the visit that opened it."""
    link = chosen(case, THERE["shared"])
    case.path_parameters.update({name: link[name] for name in case.path_parameters if name in link})
    case.cookies.update(link["cookies"])
    if isinstance(case.body, dict) and "assets" in case.body:
        case.body["assets"] = chosen(case, ["all", [link["asset"]]])
    elif case.operation.label == "POST /s/{token}" and isinstance(case.body, dict) and link["uses"]:
        case.body = {"visit": nonce(link["token"])}


def nonce(token: str) -> str:
    gate = requests.get(f"{os.environ['SITE']}/s/{token}", headers={"accept": "application/json"}, timeout=20)
    gate.raise_for_status()
    return gate.json()["visit"]


def link_to_delete() -> str:
    body = {"target": {"kind": "folder", **THERE["targets"]["folder"][0]}, "title": "To be deleted"}
    headers = {"authorization": f"Bearer {os.environ['TOKEN']}"}
    made = requests.post(f"{os.environ['SITE']}/api/links", json=body, headers=headers, timeout=20)
    made.raise_for_status()
    return made.json()["id"]
