"""What people do with a site on AWS: the real zips, the real template, each function with its own role."""

import base64
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from conftest import MAIL_FROM, jpeg
from site_under_test import Recipient, User, eventually

ORIGINALS = {"access": "download", "options": {"original": True}}


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
        # Each of the two functions may be the first to see it.
        asked = {"After": "/api/me", "After all": f"/api/links/{link['id']}"}[name]
        told = after.ask("GET", asked).expect(200).json
        assert told.get("name", told.get("creator", {}).get("name")) == name


def test_the_app_and_its_settings_are_served(site, emulator):
    page = site.http("GET", site.url).expect(200)
    assert '<div id="app">' in page.text
    script = re.search(r'src="(/app/[^"]+/main\.js)"', page.text)[1]
    assert "immutable" in site.http("GET", site.url + script).expect(200).headers["cache-control"]
    config = site.http("GET", f"{site.url}/config.json").expect(200).json
    assert config["client_id"] == site.outputs["UserPoolClientId"]
    assert config["issuer"].endswith(site.outputs["UserPoolId"])
    policy = page.headers["content-security-policy"]
    assert f".auth.{emulator.region}.amazoncognito.com" in policy and "unsafe" not in policy


def test_the_authoriser_refuses_what_is_no_token_of_ours(site, user):
    good = user("consumer").token
    header, claims, signature = good.split(".")
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=="))
    decoded["cognito:groups"] = ["administrator"]
    forged = base64.urlsafe_b64encode(json.dumps(decoded).encode()).rstrip(b"=").decode()
    for token in ["", "garbage", f"{header}.{forged}.{signature}", f"{header}.{claims}."]:
        assert User(site, token).ask("GET", "/api/me").status == 401, token
    site.http("GET", f"{site.url}/api/links").expect(401)


def test_levels_hold(site, user, press):
    user("browser").ask("POST", "/api/links", {"target": press, "title": "x"}).expect(403)
    email_address, password = site.make_user("nobody", None)
    tokens = site.sign_in(site.client("s3").meta.endpoint_url, email_address, password)
    User(site, tokens["id_token"]).ask("GET", "/api/folders").expect(403)


def test_files_put_into_the_bucket_are_indexed_and_rendered(library, user, site):
    assets = {asset["name"]: asset for asset in user("consumer").assets("Press/Autumn")}
    assert set(assets) == set(library)
    newest = user("consumer").ask("GET", "/api/assets?sort=-created").expect(200).json["items"]
    # As times: a fraction of a second is written without the zeros at its end.
    created = [datetime.fromisoformat(asset["created"]) for asset in newest]
    assert len(created) >= 3 and created == sorted(created, reverse=True)
    for asset in assets.values():
        assert (asset["state"], asset["width"], asset["height"]) == ("ready", 1200, 800)
        shown = site.http("GET", asset["thumbnail_url"]).expect(200)
        assert shown.body.startswith(b"\xff\xd8")


def test_a_file_that_is_removed_leaves_the_library(put, user, client, site):
    put("Gone/only.jpg", jpeg(9))
    user("consumer").ready("Gone", 1)
    client("s3").delete_object(Bucket=site.outputs["AssetsBucket"], Key="library/Gone/only.jpg")
    eventually("the asset to go", lambda: not user("consumer").assets("Gone"))


def test_a_link_opens_for_anybody_and_downloads_one_file(user, press, library, recipient):
    link = user("consumer").share(press, title="Autumn", **ORIGINALS)
    visitor = recipient(link)
    assert "Autumn" in visitor.page().expect(200).text
    assets = visitor.assets()
    assert {asset["name"] for asset in assets} == set(library)
    newest = visitor.ask("GET", "/assets?sort=-created").expect(200).json["items"]
    assert len(newest) == len(assets)
    for asset in assets:
        saved = visitor.save(f"/assets/{asset['id']}/original")
        assert saved.body == library[asset["name"]]
        assert saved.headers["content-disposition"].startswith("attachment")
        assert visitor.http("GET", asset["preview"]["url"]).expect(200).body.startswith(b"\xff\xd8")
    user("browser").ask("GET", f"/api/links/{link['id']}").expect(404)


def test_a_signed_url_can_be_neither_changed_nor_used_late(user, press, recipient):
    soon = datetime.now(timezone.utc) + timedelta(seconds=20)
    link = user("consumer").share(press, expires=soon.isoformat(timespec="seconds"), **ORIGINALS)
    visitor = recipient(link)
    asset = visitor.assets()[0]["id"]
    url = visitor.ask("GET", f"/assets/{asset}/original").expect(302).headers["location"]
    visitor.http("GET", url).expect(200)
    visitor.http("GET", re.sub(r"library/[^?]+", "library/other.jpg", url)).expect(403)
    late = eventually("the link to end", lambda: visitor.ask("GET").status == 410 or None)
    assert late
    time.sleep(1)
    visitor.http("GET", url).expect(403)


def test_a_password_hides_everything_until_it_is_given(user, press, recipient):
    link = user("consumer").share(press, title="Secret title", password="hunter2 hunter2", **ORIGINALS)
    visitor = recipient(link)
    page = visitor.page().expect(200).text
    assert "Secret title" not in page and "dune" not in page
    visitor.ask("GET", "/assets").expect(401)
    visitor.open("wrong").expect(401)
    visitor.open("hunter2 hunter2").expect(303)
    assert len(visitor.assets()) == 3


def test_wrong_passwords_run_out(user, press, recipient):
    link = user("consumer").share(press, password="hunter2 hunter2", **ORIGINALS)
    visitor = recipient(link)
    answers = [visitor.open("wrong").status for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert int(visitor.open("hunter2 hunter2").expect(429).headers["retry-after"]) > 0


def test_of_many_who_race_for_the_uses_just_so_many_get_in(user, press, recipient):
    link = user("consumer").share(press, max_uses=3, **ORIGINALS)
    visitors = [recipient(link) for _ in range(20)]
    nonces = [visitor.nonce() for visitor in visitors]
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda pair: pair[0].open(nonce=pair[1]).status, zip(visitors, nonces)))
    assert (answers.count(303), answers.count(410)) == (3, 17), answers
    read = user("consumer").ask("GET", f"/api/links/{link['id']}").expect(200).json
    assert (read["used"], read["uses_left"], read["status"]) == (3, 0, "used_up")
    inside = [visitor for visitor, answer in zip(visitors, answers) if answer == 303]
    assert all(len(visitor.assets()) == 3 for visitor in inside), "a visit holds after the last use"
    again = inside[0].open(nonce=nonces[visitors.index(inside[0])])
    assert again.status == 303, "the same nonce again spends nothing"


def test_everything_downloads_as_one_zip(user, press, library, recipient):
    link = user("consumer").share(press, title="Autumn zip", **ORIGINALS)
    archive = recipient(link).zip_of_all()
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == library


def test_large_files_are_copied_inside_s3(put, user, recipient):
    # Two of more than S3's smallest part, so that the plan has copies.
    files = {f"large {n}.bin": bytes([n]) * (6 * 1024 * 1024 + n) for n in range(2)}
    for name, content in files.items():
        put(f"Large/{name}", content)
    user("consumer").ready("Large", 2)
    target = {"kind": "folder", "id": user("consumer").folder("Large")["id"]}
    archive = recipient(user("consumer").share(target, **ORIGINALS)).zip_of_all()
    assert {name: archive.read(name) for name in archive.namelist()} == files


def test_a_selection_and_one_asset_can_be_shared(user, library, press, recipient):
    owner = user("consumer")
    assets = owner.assets("Press/Autumn")
    chosen = [assets[2]["id"], assets[0]["id"]]
    options = {"original": True, "preview": True}
    selection = owner.share({"kind": "selection", "assets": chosen}, access="download", options=options)
    assert owner.ask("GET", f"/api/links/{selection['id']}").expect(200).json["target"]["assets"] == chosen
    visitor = recipient(selection)
    assert [asset["id"] for asset in visitor.assets()] == chosen
    assert visitor.save(f"/assets/{chosen[0]}/preview").body.startswith(b"\xff\xd8")
    assert len(visitor.zip_of_all("original", "preview").namelist()) == 4
    one = user("consumer").share({"kind": "asset", "id": chosen[0]}, access="view_only")
    visitor = recipient(one)
    assert len(visitor.assets()) == 1
    visitor.ask("GET", f"/assets/{chosen[0]}/original").expect(403)


def test_links_are_listed_edited_and_deleted(user, press, recipient):
    owner, title = user("consumer"), "Listed and deleted"
    link = owner.share(press, title=title, max_uses=2, **ORIGINALS)
    recipient(link).open().expect(303)
    owner.ask("PATCH", f"/api/links/{link['id']}", {"max_uses": 3}).expect(200)
    for query in ["", "?sort=title", "?status=active", "?q=Listed"]:
        items = owner.ask("GET", f"/api/links{query}").expect(200).json["items"]
        assert any(item["id"] == link["id"] and item["uses_left"] == 2 for item in items), query
    for query in ["?owner=all", "?owner=all&sort=title"]:
        items = user("administrator").ask("GET", f"/api/links{query}").expect(200).json["items"]
        assert any(item["id"] == link["id"] for item in items), query
    options = owner.ask("GET", f"/api/share-options?kind=folder&id={press['id']}").expect(200).json
    assert options["original"] is True
    owner.ask("DELETE", f"/api/links/{link['id']}").expect(204)
    recipient(link).ask("GET").expect(404)


def test_a_link_is_mailed_to_each_address_alone(user, press, recipient, mailbox):
    owner = user("consumer")
    link = owner.share(press, title="Autumn by mail", **ORIGINALS)
    path, to = f"/api/links/{link['id']}/emails", ["anna@example.com", "ben@example.com"]
    owner.ask("POST", path, {"to": ", ".join(to), "message": "Have a look"}).expect(202)
    bad = owner.ask("POST", path, {"to": "cleo@example.com, not an address"}).expect(422)
    assert "not an address" in bad.json["errors"][0]["message"]
    eventually("the mails to be sent", lambda: statuses(owner, path) == dict.fromkeys(to, "sent"))
    eventually("the mails to arrive", lambda: len(mailbox.titled("Autumn by mail")) == 2)
    mails = mailbox.titled("Autumn by mail")
    assert sorted(mail["to"] for mail in mails) == to
    for mail in mails:
        assert MAIL_FROM in mail["from"] and "consumer-1@example.org" in mail["reply-to"]
        for kind in ["text/plain", "text/html"]:
            text = next(part for part in mail.walk() if part.get_content_type() == kind).get_content()
            assert link["url"] in text and "Have a look" in text
    assert len(recipient(link).assets()) == 3


def test_a_bounce_and_a_complaint_come_back_to_the_list(user, press, client, site, mailbox):
    topic = next(t["TopicArn"] for t in client("sns").list_topics()["Topics"] if t["TopicArn"].endswith("-mail-events"))
    # The emulator tells of bounces where an identity asks for them, not where a configuration set does.
    for kind in ["Bounce", "Complaint"]:
        client("ses").set_identity_notification_topic(Identity=MAIL_FROM, NotificationType=kind, SnsTopic=topic)
    owner = user("consumer")
    link = owner.share(press, title="To bounce", **ORIGINALS)
    path, to = f"/api/links/{link['id']}/emails", "bounce@simulator.amazonses.com, late@example.com"
    owner.ask("POST", path, {"to": to}).expect(202)
    eventually("the bounce", lambda: statuses(owner, path)["bounce@simulator.amazonses.com"] == "bounced")
    # What SES itself sends for a configuration set.
    late = eventually("the other mail", lambda: [m for m in mailbox.titled("To bounce") if "late@" in m["to"]])[0]
    event = {
        "eventType": "Bounce",
        "mail": {"messageId": late["message-id"].strip("<>"), "timestamp": "2026-11-24T10:00:00.000Z"},
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "timestamp": "2026-11-24T10:00:01.000Z",
            "bouncedRecipients": [{"emailAddress": "late@example.com", "diagnosticCode": "smtp; 550 5.1.1 unknown"}],
        },
    }
    client("sns").publish(TopicArn=topic, Message=json.dumps(event))
    eventually("the late bounce", lambda: statuses(owner, path)["late@example.com"] == "bounced")


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


def test_the_scheduled_sweep_clears_up_what_a_deleted_link_left(user, library, client, site, recipient, restore):
    chosen = [asset["id"] for asset in user("consumer").assets("Press/Autumn")]
    link = user("consumer").share({"kind": "selection", "assets": chosen}, max_uses=2, **ORIGINALS)
    visitor = recipient(link)
    visitor.open().expect(303)
    visitor.zip_of_all()
    kept = lambda: client("s3").list_objects_v2(Bucket=site.outputs["BundlesBucket"], Prefix=f"bundles/{link['id']}")
    of = lambda begins: client("dynamodb").query(
        TableName=site.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"{begins}{link['id']}"}},
    )["Items"]
    rows = lambda: of("LINK#") + of("TOKEN#") + of("SET#selection#")
    assert kept()["KeyCount"] and len(of("LINK#")) > 1 and of("TOKEN#") and len(of("SET#selection#")) > 3
    hour_ago = a_copy(client, f"{site.stack}-restored", rows())
    user("consumer").ask("DELETE", f"/api/links/{link['id']}").expect(204)
    early = restore(hour_ago, site.outputs["TableName"], link["id"])
    assert early.returncode == 1 and "The sweep has not cleared up yet" in early.stderr
    visitor.ask("GET").expect(404)
    eventually("the sweep", lambda: not kept()["KeyCount"] and not rows(), patience=200)

    # It was deleted by mistake: from the table as it was, by the runbook.
    table, wanted = site.outputs["TableName"], link["id"]
    assert restore(hour_ago, table, wanted).stdout.endswith(" rows copied, 0 there already\n")
    assert restore(hour_ago, table, wanted).stdout.startswith("0 rows copied, ")
    refused = restore(hour_ago, table)
    assert refused.returncode == 1 and "has assets or links of its own" in refused.stderr
    again = recipient(link)
    again.open().expect(303)
    assert len(again.assets()) == len(chosen)
    assert len(again.zip_of_all().namelist()) == len(chosen)
    recipient(link).ask("GET").expect(410)


def test_a_table_that_was_lost_is_restored_as_a_whole(site, library, client, restore):
    old, new = site.outputs["TableName"], a_copy(client, f"{site.stack}-anew", [])
    scan = client("dynamodb").get_paginator("scan")
    rows = lambda table: {
        (row["pk"]["S"], row["sk"]["S"]): row for page in scan.paginate(TableName=table) for row in page["Items"]
    }
    before = rows(old)
    done = restore(old, new)
    assert done.returncode == 0, done.stderr
    after, copied = rows(old), rows(new)
    # Rows may change meanwhile; and zips are made, and counted, again when they are asked for.
    still = {key: row for key, row in before.items() if after.get(key) == row and not key[1].startswith("BUNDLE")}
    # Users say that they were restored.
    users = [key for key in still if key[1] == "USER"]
    assert users and all(copied[key].pop("restored") == {"BOOL": True} for key in users)
    assert len(still) > 30 and {key: copied.get(key) for key in still} == still
    assert not copied.keys() - before.keys() - after.keys()
    # It is a library now, and no copy goes into it; one that was broken off goes on.
    assert restore(old, new).returncode == 1
    client("dynamodb").put_item(TableName=new, Item={"pk": {"S": "RESTORE"}, "sk": {"S": old}})
    assert restore(old, new, "a-link-that-is-nowhere").returncode == 1
    assert restore(old, new).stdout.startswith("0 rows copied, ")


def a_copy(client, name: str, rows: list[dict]) -> str:
    """A table as AWS restores it from these rows."""
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
    )
    client("dynamodb").get_waiter("table_exists").wait(TableName=name)
    for row in rows:
        client("dynamodb").put_item(TableName=name, Item=row)
    return name


def test_the_buckets_policies_refuse_plain_http(site, client):
    for bucket in ["AssetsBucket", "BundlesBucket"]:
        policy = json.loads(client("s3").get_bucket_policy(Bucket=site.outputs[bucket])["Policy"])
        statement = policy["Statement"][0]
        assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.parametrize("prefix", ["", "photos/"])
def test_a_bucket_that_was_there_before_is_indexed(deploy, client, emulator, prefix):
    bucket = f"before-{'part' if prefix else 'whole'}"
    region = {"LocationConstraint": client("s3").meta.region_name}
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=region)
    for n in range(12):
        client("s3").put_object(Bucket=bucket, Key=f"{prefix}Old/Deep/{n:02}.jpg", Body=jpeg(n))
    client("s3").put_object(Bucket=bucket, Key="elsewhere/x.txt", Body=b"x")
    site = deploy(f"index-{bucket}", ExistingBucket=bucket, LibraryPrefix=prefix)
    owner = User(site, site.sign_in(emulator.url, *site.make_user("prue", "consumer"))["id_token"])
    # One object can't be read, which keeps no other waiting; it follows once it can be.
    key = f"{prefix}Old/Deep/00.jpg"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/{key}"}
    policy = {"Version": "2012-10-17", "Statement": [deny]}
    client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    client("sqs").send_message(QueueUrl=site.outputs["IngestQueueUrl"], MessageBody='{"backfill": {}}')
    assert "00.jpg" not in [asset["name"] for asset in owner.ready("Old/Deep", 11)]
    client("s3").delete_bucket_policy(Bucket=bucket)
    client("sqs").send_message(QueueUrl=site.outputs["IngestQueueUrl"], MessageBody=json.dumps({"index": key}))
    assert all(asset["state"] == "ready" for asset in owner.ready("Old/Deep", 12))
    assert (owner.folder("elsewhere") is None) == bool(prefix)
    # What comes later is told of by EventBridge, once it is switched on beside what the bucket has, as the README says.
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    others = client("sqs").create_queue(
        QueueName=f"{bucket}-others",
        Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [anybody]})},
    )["QueueUrl"]
    told = {"QueueArn": f"arn:aws:sqs:eu-west-1:000000000000:{bucket}-others", "Events": ["s3:ObjectCreated:*"]}
    configure = client("s3").put_bucket_notification_configuration
    configure(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [told]})
    has = client("s3").get_bucket_notification_configuration(Bucket=bucket)
    has.pop("ResponseMetadata")
    configure(Bucket=bucket, NotificationConfiguration=has | {"EventBridgeConfiguration": {}})
    # Keys stand there as they are.
    names = ["new.jpg", "a+b 100%25 ü.jpg"]
    for name in names:
        client("s3").put_object(Bucket=bucket, Key=f"{prefix}Old/Deep/{name}", Body=jpeg(99))
    assert set(names) < {asset["name"] for asset in owner.ready("Old/Deep", 14)}
    client("s3").delete_object(Bucket=bucket, Key=f"{prefix}Old/Deep/{names[1]}")
    owner.ready("Old/Deep", 13)
    queue = client("sqs").get_queue_attributes(QueueUrl=others, AttributeNames=["ApproximateNumberOfMessages"])
    assert int(queue["Attributes"]["ApproximateNumberOfMessages"]) >= 2, "who was told before still is"
    # A second backfill finds nothing to do.
    before = {asset["id"]: asset["created"] for asset in owner.assets("Old/Deep")}
    client("sqs").send_message(QueueUrl=site.outputs["IngestQueueUrl"], MessageBody='{"backfill": {}}')
    time.sleep(3)
    assert {asset["id"]: asset["created"] for asset in owner.assets("Old/Deep")} == before


def test_a_second_stack_keeps_to_itself_and_leaves_only_the_assets(deploy, client, emulator, user, press, site):
    name = "second"
    further = {"AppOnCloudFront": "true", "AlarmEmail": "ops@example.org", "Protect": "false"}
    second = deploy(name, MailFrom="second@example.org", **further)
    assert second.url != site.url and second.outputs["AppUrl"].startswith("https://")
    # A link and a user of the one are unknown to the other.
    link = user("consumer").share(press, **ORIGINALS)
    strange = Recipient(second, {"url": second.url + link["url"].removeprefix(site.url)})
    strange.ask("GET").expect(404)
    User(second, user("consumer").token).ask("GET", "/api/me").expect(401)

    bucket = second.outputs["AssetsBucket"]
    client("s3").put_object(Bucket=bucket, Key="library/kept.jpg", Body=jpeg(7))
    owner = User(second, second.sign_in(emulator.url, *second.make_user("ada", "administrator"))["id_token"])
    owner.ready("", 1)
    client("s3").put_object(Bucket=second.outputs["BundlesBucket"], Key="bundles/x.zip", Body=b"x")
    assert standing(client, name) > {"function", "table", "queue", "role", "alarm", "topic", "log group", "user pool"}

    # As the README tells: the bundles first.
    client("s3").delete_object(Bucket=second.outputs["BundlesBucket"], Key="bundles/x.zip")
    client("cloudformation").delete_stack(StackName=name)
    client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert standing(client, name) == {f"bucket {bucket}", "table", "user pool"}
    client("dynamodb").delete_table(TableName=second.outputs["TableName"])
    client("cognito-idp").delete_user_pool(UserPoolId=second.outputs["UserPoolId"])
    assert standing(client, name) == {f"bucket {bucket}"}
    assert client("s3").head_object(Bucket=bucket, Key="library/kept.jpg")["ContentLength"] > 0
    # The other stack did not notice.
    user("consumer").ask("GET", f"/api/links/{link['id']}").expect(200)


def test_an_issuer_of_ones_own_says_who_somebody_is(deploy, site, emulator, client):
    # The other stack's user pool stands for it, and their names for groups.
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
    # The app signs in there.
    assert own.http("GET", f"{own.url}/config.json").expect(200).json["issuer"] == issuer["OidcIssuer"]
    assert "/".join(issuer["OidcIssuer"].split("/")[:3]) in own.http("GET", own.url).headers["content-security-policy"]


def standing(client, stack: str) -> set[str]:
    """The kinds of things that bear a stack's name, and its buckets by name."""
    begins = f"{stack}-"
    named = {
        "function": [f["FunctionName"] for f in client("lambda").list_functions(MaxItems=200)["Functions"]],
        "table": client("dynamodb").list_tables()["TableNames"],
        "queue": [url.rsplit("/", 1)[1] for url in client("sqs").list_queues(MaxResults=1000).get("QueueUrls", [])],
        "role": [r["RoleName"] for page in client("iam").get_paginator("list_roles").paginate() for r in page["Roles"]],
        "alarm": [a["AlarmName"] for a in client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]],
        "topic": [t["TopicArn"].rsplit(":", 1)[1] for t in client("sns").list_topics()["Topics"]],
        "schedule": [s["Name"] for s in client("scheduler").list_schedules()["Schedules"]],
        "log group": [
            group["logGroupName"].rsplit("/", 1)[1] + "-"
            for prefix in ["/aws/lambda/", "/aws/vendedlogs/apigateway/"]
            for group in client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        ],
        "user pool": [p["Name"] + "-" for p in client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]],
        "API": [api["Name"] + "-" for api in client("apigatewayv2").get_apis()["Items"]],
    }
    kinds = {kind for kind, names in named.items() if any(name.startswith(begins) for name in names)}
    buckets = [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
    return kinds | {f"bucket {bucket}" for bucket in buckets if bucket.startswith(begins)}


def statuses(owner: User, path: str) -> dict[str, str]:
    items = owner.ask("GET", path).expect(200).json["items"]
    return {item["address"]: item["status"] for item in items}
