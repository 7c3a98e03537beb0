"""Files that are added to the bucket and removed, and the app that shows them."""

import json
import re
import time
from datetime import datetime
from urllib.parse import quote

import pytest

from conftest import jpeg
from site_under_test import ORIGINALS, User, eventually


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


def test_files_put_into_the_bucket_are_indexed_and_rendered(library, user, site):
    assets = {asset["name"]: asset for asset in user("consumer").assets("Press/Autumn")}
    assert set(assets) == set(library)
    newest = user("consumer").ask("GET", "/api/assets?sort=-created").expect(200).json["items"]
    # Compared as times, because fractions of a second are written without trailing zeros.
    created = [datetime.fromisoformat(asset["created"]) for asset in newest]
    assert len(created) >= 3 and created == sorted(created, reverse=True)
    for asset in assets.values():
        assert (asset["state"], asset["width"], asset["height"]) == ("ready", 1200, 800)
        shown = site.http("GET", asset["thumbnail_url"]).expect(200)
        assert shown.body.startswith(b"\xff\xd8")


def test_the_library_is_listed_and_searched(library, user, recipient):
    consumer = user("consumer")
    press, top = consumer.folder("Press"), consumer.folder("")
    below = consumer.ask("GET", f"/api/folders?parent={press['id']}").expect(200).json["items"]
    assert "Press/Autumn" in [folder["path"] for folder in below]
    (first, *_) = consumer.assets("Press/Autumn")
    assert consumer.ask("GET", f"/api/assets/{first['id']}").expect(200).json["name"] == first["name"]
    word = first["name"].split(".")[0].split(" ")[0][:6]
    found = consumer.ask("GET", f"/api/assets?q={quote(word)}").expect(200).json["items"]
    assert first["id"] in [asset["id"] for asset in found]
    autumn = consumer.folder("Press/Autumn")
    newest = consumer.ask("GET", f"/api/assets?in=folder:{autumn['id']}&sort=-created").expect(200).json["items"]
    assert first["id"] in [asset["id"] for asset in newest]
    link = consumer.share({"kind": "folder", "id": top["id"], "include_subfolders": True}, **ORIGINALS)
    visitor = recipient(link)
    assert visitor.ask("GET", "/assets?sort=-created").expect(200).json["items"]
    found = visitor.ask("GET", f"/assets?q={quote(word)}").expect(200).json["items"]
    assert first["id"] in [asset["id"] for asset in found]


def test_a_file_that_is_removed_leaves_the_library(put, user, client, site):
    put("Gone/only.jpg", jpeg(9))
    user("consumer").ready("Gone", 1)
    client("s3").delete_object(Bucket=site.outputs["AssetsBucket"], Key="library/Gone/only.jpg")
    eventually("the asset to go", lambda: not user("consumer").assets("Gone"))


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
    # One object can't be read, which must not delay the others; it is indexed later, when it can be read.
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
    # New objects come by EventBridge, switched on beside the bucket's other notifications as infra/aws/README.md describes.
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    others = client("sqs").create_queue(
        QueueName=f"{bucket}-others",
        Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [anybody]})},
    )["QueueUrl"]
    notification = {"QueueArn": f"arn:aws:sqs:eu-west-1:000000000000:{bucket}-others", "Events": ["s3:ObjectCreated:*"]}
    configure = client("s3").put_bucket_notification_configuration
    configure(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [notification]})
    has = client("s3").get_bucket_notification_configuration(Bucket=bucket)
    has.pop("ResponseMetadata")
    configure(Bucket=bucket, NotificationConfiguration=has | {"EventBridgeConfiguration": {}})
    # EventBridge does not encode keys.
    names = ["new.jpg", "a+b 100%25 ü.jpg"]
    for name in names:
        client("s3").put_object(Bucket=bucket, Key=f"{prefix}Old/Deep/{name}", Body=jpeg(99))
    assert set(names) < {asset["name"] for asset in owner.ready("Old/Deep", 14)}
    client("s3").delete_object(Bucket=bucket, Key=f"{prefix}Old/Deep/{names[1]}")
    owner.ready("Old/Deep", 13)
    queue = client("sqs").get_queue_attributes(QueueUrl=others, AttributeNames=["ApproximateNumberOfMessages"])
    assert int(queue["Attributes"]["ApproximateNumberOfMessages"]) >= 2, "the other notifications still work"
    # A second backfill finds nothing to do.
    before = {asset["id"]: asset["created"] for asset in owner.assets("Old/Deep")}
    client("sqs").send_message(QueueUrl=site.outputs["IngestQueueUrl"], MessageBody='{"backfill": {}}')
    time.sleep(3)
    assert {asset["id"]: asset["created"] for asset in owner.assets("Old/Deep")} == before
