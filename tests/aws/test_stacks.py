"""Two stacks in one account, and what a deleted stack leaves."""

import json

from conftest import jpeg
from site_under_test import ORIGINALS, Recipient, User


def test_the_buckets_policies_refuse_plain_http(site, client):
    for bucket in ["AssetsBucket", "BundlesBucket"]:
        policy = json.loads(client("s3").get_bucket_policy(Bucket=site.outputs[bucket])["Policy"])
        statement = policy["Statement"][0]
        assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_second_stack_keeps_to_itself_and_leaves_only_the_assets(deploy, client, emulator, user, press, site):
    name = "second"
    further = {"AppOnCloudFront": "true", "AlarmEmail": "ops@example.org", "Protect": "false"}
    second = deploy(name, MailFrom="second@example.org", **further)
    assert second.url != site.url and second.outputs["AppUrl"].startswith("https://")
    # Links and users of one stack are unknown to the other.
    link = user("consumer").share(press, **ORIGINALS)
    strange = Recipient(second, {"url": second.url + link["url"].removeprefix(site.url)})
    strange.ask("GET").expect(404)
    User(second, user("consumer").token).ask("GET", "/api/me").expect(401)

    bucket = second.outputs["AssetsBucket"]
    client("s3").put_object(Bucket=bucket, Key="library/kept.jpg", Body=jpeg(7))
    owner = User(second, second.sign_in(emulator.url, *second.make_user("ada", "administrator"))["id_token"])
    owner.ready("", 1)
    client("s3").put_object(Bucket=second.outputs["BundlesBucket"], Key="bundles/x.zip", Body=b"x")
    assert remaining(client, name) > {"function", "table", "queue", "role", "alarm", "topic", "log group", "user pool"}

    # The bundles first, as infra/aws/README.md says.
    client("s3").delete_object(Bucket=second.outputs["BundlesBucket"], Key="bundles/x.zip")
    client("cloudformation").delete_stack(StackName=name)
    client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert remaining(client, name) == {f"bucket {bucket}", "table", "user pool"}
    client("dynamodb").delete_table(TableName=second.outputs["TableName"])
    client("cognito-idp").delete_user_pool(UserPoolId=second.outputs["UserPoolId"])
    assert remaining(client, name) == {f"bucket {bucket}"}
    assert client("s3").head_object(Bucket=bucket, Key="library/kept.jpg")["ContentLength"] > 0
    # The other stack still works.
    user("consumer").ask("GET", f"/api/links/{link['id']}").expect(200)


def remaining(client, stack: str) -> set[str]:
    """The kinds of resources whose names begin with the stack's, and its buckets by name."""
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
