"""What only AWS itself can show; `tests/aws/run --real` runs this and the stories of the emulator."""

import base64
import json
import re
import time
import zlib
from datetime import datetime, timezone
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import jpeg, make_bucket
from site_under_test import Recipient, User, eventually

pytestmark = pytest.mark.real

ORIGINALS = {"access": "download", "options": {"original": True}}
MINUTE = 60


@pytest.fixture(scope="session")
def signed_early(user, press, site):
    """A download URL and when it was signed, for the test that waits for its end."""
    visitor = Recipient(site, user("consumer").share(press, title="Signed early", **ORIGINALS))
    asset = visitor.assets()[0]["id"]
    url = visitor.ask("GET", f"/assets/{asset}/original").expect(302).headers["location"]
    return url, time.monotonic()


@pytest.fixture(scope="session")
def probe(client, emulator):
    """Makes clients of a role that has only the given statements; a new policy takes effect after some seconds."""
    role = f"{emulator.run}-probe"
    iam, sts = client("iam"), client("sts")
    account = sts.get_caller_identity()["Account"]
    partition = sts.get_caller_identity()["Arn"].split(":")[1]
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]

    def acting(service: str, *statements: dict):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=role, PolicyName="probe", PolicyDocument=document)

        def assumed() -> dict | None:
            try:
                return sts.assume_role(RoleArn=arn, RoleSessionName="probe")["Credentials"]
            except ClientError:
                return None

        keys = eventually("the role to be taken on", assumed)
        return boto3.client(
            service, emulator.region, aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"],
        )

    return acting


def refusal(call, **arguments) -> str:
    """The error code of a call, or an empty text."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


def resource(client, site, logical: str) -> str:
    described = client("cloudformation").describe_stack_resource(StackName=site.stack, LogicalResourceId=logical)
    return described["StackResourceDetail"]["PhysicalResourceId"]


def role_of(client, site, logical: str) -> list[dict]:
    """The statements of a role of the stack, as deployed."""
    role, iam = resource(client, site, logical), client("iam")
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    return [statement for document in documents for statement in document["Statement"]]


def test_a_download_works_as_it_was_signed(signed_early, site):
    site.http("GET", signed_early[0]).expect(200)


def test_an_absent_object_is_403_without_the_list_and_404_with_it(probe, client, site):
    bucket, there, absent = site.outputs["BundlesBucket"], "bundles/probe", "bundles/none"
    arn = f"arn:{client('sts').get_caller_identity()['Arn'].split(':')[1]}:s3:::{bucket}"
    client("s3").put_object(Bucket=bucket, Key=there, Body=b"x")
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/*"}
    seen = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn}
    reader = probe("s3", read)
    eventually("the role to read", lambda: not refusal(reader.head_object, Bucket=bucket, Key=there))
    assert refusal(reader.head_object, Bucket=bucket, Key=absent) == "403"
    lister = probe("s3", read, seen)
    eventually("a 404", lambda: refusal(lister.head_object, Bucket=bucket, Key=absent) == "404")
    client("s3").delete_object(Bucket=bucket, Key=there)


def test_the_gates_role_may_write_its_rows_in_one_transaction_and_no_others(probe, client, site):
    statements, table = role_of(client, site, "OpenLinkRole"), site.outputs["TableName"]
    kinds = {"dynamodb:PutItem": "Put", "dynamodb:UpdateItem": "Update", "dynamodb:ConditionCheckItem": "ConditionCheck"}
    items = []
    for statement in statements:
        patterns = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
        kind = next((kinds[action] for action in statement["Action"] if action in kinds), None)
        for pattern in patterns if statement["Effect"] == "Allow" and kind else []:
            key = {"pk": {"S": pattern.replace("*", "probe")}, "sk": {"S": "PROBE"}}
            always = {"TableName": table, "ConditionExpression": "attribute_not_exists(never_there)"}
            items.append({kind: always | ({"Item": key} if kind == "Put" else {"Key": key}) | (
                {"UpdateExpression": "SET probe = :probe", "ExpressionAttributeValues": {":probe": {"N": "1"}}}
                if kind == "Update" else {}
            )})
    assert items
    dynamodb = probe("dynamodb", *statements)
    # If IAM tested each statement's condition with the keys of the whole transaction, none would be allowed.
    eventually("the transaction", lambda: not refusal(dynamodb.transact_write_items, TransactItems=items))
    for begins in ["TOKEN#", "ASSET#"]:
        item = {"pk": {"S": f"{begins}probe"}, "sk": {"S": "PROBE"}}
        assert refusal(dynamodb.put_item, TableName=table, Item=item) == "AccessDeniedException", begins
        # One forbidden row makes the whole transaction fail.
        mixed = [*items, {"Put": {"TableName": table, "Item": item}}]
        assert refusal(dynamodb.transact_write_items, TransactItems=mixed) == "AccessDeniedException", begins
    for item in items:
        (written,) = item.values()
        client("dynamodb").delete_item(TableName=table, Key=written.get("Key") or written["Item"])


def test_a_zip_of_copied_parts_has_the_checksum_of_the_whole(put, user, recipient, client, site):
    # Files above and below the smallest part that S3 copies.
    files = {f"copied {n}.bin": bytes([n + 1]) * (20 << 20) for n in range(2)} | {f"sent {n}.txt": b"x" * 1000 for n in range(3)}
    for name, content in files.items():
        put(f"Checksums/{name}", content)
    user("consumer").ready("Checksums", len(files))
    link = user("consumer").share({"kind": "folder", "id": user("consumer").folder("Checksums")["id"]}, **ORIGINALS)
    archive = recipient(link).zip_of_all()
    assert {name: archive.read(name) for name in archive.namelist()} == files
    bucket = site.outputs["BundlesBucket"]
    listed = client("s3").list_objects_v2(Bucket=bucket, Prefix=f"bundles/{link['id']}")["Contents"]
    key = next(one["Key"] for one in listed if one["Size"] > 40 << 20)
    head = client("s3").head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    whole = zlib.crc32(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()).to_bytes(4, "big")
    assert (head["ChecksumType"], head["ChecksumCRC32"]) == ("FULL_OBJECT", base64.b64encode(whole).decode())
    assert int(head["ETag"].strip('"').split("-")[1]) >= 3


def test_plain_http_is_refused_by_the_buckets(signed_early, site):
    assert site.http("GET", urlsplit(signed_early[0])._replace(scheme="http").geturl()).status == 403


def test_cognito_answers_at_the_addresses_in_the_apps_configuration(site):
    issuer = site.http("GET", f"{site.url}/config.json").expect(200).json["issuer"]
    metadata = site.http("GET", f"{issuer}/.well-known/openid-configuration").expect(200).json
    policy = site.http("GET", site.url).expect(200).headers["content-security-policy"]
    for endpoint in ["token_endpoint", "end_session_endpoint"]:
        parts = urlsplit(metadata[endpoint])
        assert f"{parts.scheme}://{parts.netloc}" in policy, endpoint
    page = site.http(
        "GET",
        f"{metadata['authorization_endpoint']}?response_type=code&scope=openid&client_id={site.outputs['UserPoolClientId']}"
        f"&redirect_uri={site.url}/signed-in&code_challenge_method=S256&code_challenge={'x' * 43}",
    )
    assert page.status in (200, 302) and "error" not in page.headers.get("location", ""), page.headers


def test_the_access_log_has_requests_and_no_secrets(site, user, press, recipient, client):
    link = user("consumer").share(press, **ORIGINALS)
    answer = recipient(link).ask("GET").expect(200)
    group = resource(client, site, "AccessLogs")
    request = answer.headers["apigw-requestid"]

    def line() -> dict | None:
        events = client("logs").filter_log_events(logGroupName=group, filterPattern=f'"{request}"')["events"]
        return json.loads(events[0]["message"]) if events else None

    logged = eventually("the line of the access log", line, patience=5 * MINUTE)
    assert (logged["route"], logged["status"]) == ("ANY /s/{token}", "200")
    assert link["url"].rsplit("/", 1)[1] not in json.dumps(logged)


def test_lines_of_logs_become_metrics(site, user, press, recipient, client):
    recipient(user("consumer").share(press, max_uses=1, **ORIGINALS)).open().expect(303)
    query = {"Namespace": "Vitrine", "Dimensions": [{"Name": "Stack", "Value": site.stack}]}
    names = lambda: {one["MetricName"] for one in client("cloudwatch").list_metrics(**query)["Metrics"]}
    eventually("the metrics", lambda: {"VisitsOpened", "LinksCreated", "AssetsIngested"} <= names(), patience=15 * MINUTE)


def test_the_results_of_the_ses_simulators_addresses_are_shown(site, user, press, mail_from):
    owner = user("consumer")
    link = owner.share(press, title="To the simulator", **ORIGINALS)
    path = f"/api/links/{link['id']}/emails"
    wanted = {"success": "sent", "bounce": "bounced", "complaint": "bounced"}
    to = {f"{name}@simulator.amazonses.com": status for name, status in wanted.items()}
    owner.ask("POST", path, {"to": ", ".join(to)}).expect(202)

    def is_settled() -> bool:
        items = owner.ask("GET", path).expect(200).json["items"]
        status = {item["address"]: item["status"] for item in items}
        return all(status[address] != "sent" if to[address] == "bounced" else status[address] == "sent" for address in to)

    eventually("SES's answers", is_settled, patience=5 * MINUTE)


def test_a_bucket_that_was_there_before_is_followed_by_eventbridge(deploy, client, emulator):
    bucket = emulator.name("before")
    make_bucket(client, bucket)
    held = {"EventBridgeConfiguration": {}}
    client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=held)
    put = lambda key: client("s3").put_object(Bucket=bucket, Key=key, Body=jpeg(3))
    put("photos/Old/before ü.jpg")
    site = deploy("existing", ExistingBucket=bucket, LibraryPrefix="photos/")
    owner = User(site, site.sign_in(emulator.url, *site.make_user("prue", "consumer"))["id_token"])
    client("sqs").send_message(QueueUrl=site.outputs["IngestQueueUrl"], MessageBody='{"backfill": {}}')
    owner.ready("Old", 1)
    put("photos/Old/after ü & co.jpg")
    put("elsewhere/not ours.jpg")
    assert "after ü & co.jpg" in {asset["name"] for asset in owner.ready("Old", 2)}
    client("s3").delete_object(Bucket=bucket, Key="photos/Old/after ü & co.jpg")
    eventually("the asset to go", lambda: len(owner.assets("Old")) == 1)
    assert owner.folder("elsewhere") is None
    now = client("s3").get_bucket_notification_configuration(Bucket=bucket)
    assert {key: value for key, value in now.items() if key != "ResponseMetadata"} == held, "the stack does not change it"


@pytest.mark.late
def test_a_signed_url_lives_for_fifteen_minutes(signed_early, site):
    url, since = signed_early
    wait = lambda minutes: time.sleep(max(0, since + minutes * MINUTE - time.monotonic()))
    if time.monotonic() < since + 14 * MINUTE:
        wait(14)
        site.http("GET", url).expect(200)
    wait(16)
    site.http("GET", url).expect(403)


@pytest.mark.late
def test_a_deleted_link_is_restored_from_the_table_of_an_earlier_time(site, user, press, recipient, client, restore, emulator):
    dynamodb, table, before = client("dynamodb"), site.outputs["TableName"], emulator.name("as-it-was")
    link = user("consumer").share(press, title="Deleted by mistake", **ORIGINALS)
    recipient(link).ask("GET").expect(200)
    made = datetime.now(timezone.utc)

    def restorable() -> bool:
        backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        latest = backups["PointInTimeRecoveryDescription"].get("LatestRestorableDateTime")
        return bool(latest) and latest > made

    # The latest time is about five minutes ago.
    eventually("a time to restore", restorable, patience=15 * MINUTE)
    user("consumer").ask("DELETE", f"/api/links/{link['id']}").expect(204)
    gone = {"pk": {"S": f"LINK#{link['id']}"}, "sk": {"S": "DELETED"}}
    dynamodb.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=before, RestoreDateTime=made)
    dynamodb.get_waiter("table_exists").wait(TableName=before, WaiterConfig={"Delay": 30, "MaxAttempts": 120})
    eventually("the sweep", lambda: "Item" not in dynamodb.get_item(TableName=table, Key=gone), patience=10 * MINUTE)
    recipient(link).ask("GET").expect(404)
    done = restore(before, table, link["id"])
    assert done.returncode == 0 and re.match(r"[1-9]\d* rows copied, 0 there already", done.stdout), done
    assert len(recipient(link).assets()) == 3
