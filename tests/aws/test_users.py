"""Users and levels: Cognito's users, an own OIDC issuer, disabled accounts."""

import base64
import json

from site_under_test import ORIGINALS, User, eventually


def test_users_sign_in_by_the_code_flow_with_pkce(user):
    for level in ["administrator", "consumer", "browser"]:
        me = user(level).ask("GET", "/api/me").expect(200).json
        assert me["level"] == level
        assert (me["name"], me["email"]) == (f"{level.capitalize()} One", f"{level}-1@example.org")


def test_a_new_name_is_taken_over_from_the_pool(site, user, emulator, press):
    person = site.make_user("renamed", "consumer", "Before")
    before = User(site, site.sign_in(emulator.url, *person)["id_token"])
    link = before.share(press, **ORIGINALS)
    assert link["creator"]["name"] == "Before"
    for name in ["After", "After all"]:
        attribute = {"Name": "name", "Value": name}
        pool = site.outputs["UserPoolId"]
        site.client("cognito-idp").admin_update_user_attributes(UserPoolId=pool, Username=person[0], UserAttributes=[attribute])
        after = User(site, site.sign_in(emulator.url, *person)["id_token"])
        # Each of these two functions may be the first to see the new name.
        path = {"After": "/api/me", "After all": f"/api/links/{link['id']}"}[name]
        document = after.ask("GET", path).expect(200).json
        assert document.get("name", document.get("creator", {}).get("name")) == name


def test_the_authoriser_refuses_forged_and_missing_tokens(site, user):
    good = user("consumer").token
    header, claims, signature = good.split(".")
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=="))
    decoded["cognito:groups"] = ["administrator"]
    forged = base64.urlsafe_b64encode(json.dumps(decoded).encode()).rstrip(b"=").decode()
    for token in ["", "garbage", f"{header}.{forged}.{signature}", f"{header}.{claims}."]:
        assert User(site, token).ask("GET", "/api/me").status == 401, token
    site.http("GET", f"{site.url}/api/links").expect(401)


def test_levels_are_enforced(site, user, press):
    user("browser").ask("POST", "/api/links", {"target": press, "title": "x"}).expect(403)
    email_address, password = site.make_user("nobody", None)
    tokens = site.sign_in(site.client("s3").meta.endpoint_url, email_address, password)
    User(site, tokens["id_token"]).ask("GET", "/api/folders").expect(403)


def test_an_administrator_disables_enables_and_deletes_an_account(emulator, site, press, recipient):
    def newcomer(name: str, level: str) -> User:
        return User(site, site.sign_in(emulator.url, *site.make_user(name, level))["id_token"])

    head, leaver = newcomer("head", "administrator"), newcomer("leaver", "consumer")
    head.ask("GET", "/api/users").expect(200)
    link = leaver.share(press, **ORIGINALS)
    visitor = recipient(link)
    visitor.page().expect(200)
    account = eventually(
        "the leaver in the list",
        lambda: [one for one in head.ask("GET", "/api/users?limit=200").expect(200).json["items"] if one["name"] == "Leaver"],
    )[0]
    path = f"/api/users/{account['id']}"
    assert head.ask("GET", path).expect(200).json == account and account["enabled"]
    leaver.ask("GET", "/api/users").expect(403)
    head.ask("PATCH", path, {"enabled": False}).expect(200)
    visitor.page().expect(410)
    leaver.ask("GET", "/api/links").expect(403)
    head.ask("PATCH", path, {"enabled": True}).expect(200)
    visitor.page().expect(200)
    head.ask("DELETE", path).expect(204)
    visitor.page().expect(410)
    leaver.ask("GET", "/api/links").expect(403)
    head.ask("GET", path).expect(404)


def test_users_of_an_own_issuer_sign_in(deploy, site, emulator, client):
    # The other stack's user pool is the issuer, and users' names are their groups.
    tokens = [
        site.sign_in(emulator.url, *site.make_user(f"olga-{level}", None, level))["id_token"]
        for level in ["consumer", "king"]
    ]
    claims = json.loads(base64.urlsafe_b64decode(tokens[0].split(".")[1] + "=="))
    issuer = {"OidcIssuer": claims["iss"], "OidcClientId": claims["aud"], "OidcGroupsClaim": "name"}
    own = deploy("own-issuer", **issuer)
    assert not {"UserPoolId", "UserPoolClientId"} & own.outputs.keys()
    for token, level in zip(tokens, ["consumer", "no_access"]):
        assert User(own, token).ask("GET", "/api/me").expect(200).json["level"] == level
        assert User(site, token).ask("GET", "/api/me").expect(200).json["level"] == "no_access"
    User(own, tokens[0]).ask("GET", "/api/links").expect(200)
    User(own, tokens[1]).ask("GET", "/api/links").expect(403)
    User(own, f"{tokens[0]}x").ask("GET", "/api/me").expect(401)
    # The app uses that issuer.
    assert own.http("GET", f"{own.url}/config.json").expect(200).json["issuer"] == issuer["OidcIssuer"]
    assert "/".join(issuer["OidcIssuer"].split("/")[:3]) in own.http("GET", own.url).headers["content-security-policy"]
