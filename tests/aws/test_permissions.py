"""Each function's role allows what the function did during the stories, and nothing more.

The functions log every request that they send and every URL that they sign (`aws::calls`). The roles are read as they are
deployed. Runs after the stories.
"""

import fnmatch
import json

import pytest

from emulator import ACCOUNT, REGION
from test_template import FUNCTIONS, as_list

NAMES = sorted(body["CodeUri"].split("/")[-2] for body in FUNCTIONS.values())

OBJECTS = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListParts": "s3:ListMultipartUploadParts",
}
LISTINGS = {"ListObjectsV2": "s3:ListBucket", "ListMultipartUploads": "s3:ListBucketMultipartUploads"}
INNER = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
WRITES = INNER | {"BatchWrite": "BatchWriteItem"}
# Rows that no story here writes, with the reason.
NOT_WRITTEN = {("sweep-links", "ASSET#"): "for assets whose files went 30 days ago"}
READS = {"GetItem", "BatchGetItem", "Query"}
# Rows that no story here reads, with the reason.
NOT_READ = {
    ("ingest-asset", "WORD#"): "for assets that lost words 15 minutes ago",
}

# Functions that read objects; the others only sign URLs for browsers.
READERS = {"bundle-assets", "ingest-asset"}

# Permissions that AWS itself uses in a function's name, or that no story needs, with the reason.
NOT_CALLED = {
    "logs:CreateLogStream": "Lambda does it",
    "logs:PutLogEvents": "Lambda does it",
    "sqs:ReceiveMessage": "the event source does it",
    "sqs:DeleteMessage": "the event source does it",
    "sqs:GetQueueAttributes": "the event source does it",
    "sqs:ChangeMessageVisibility": "for messages that fail, which most stories have not",
    ("bundle-assets", "s3:DeleteObject"): "for bundles whose link was deleted while they were built",
    ("bundle-assets", "s3:AbortMultipartUpload"): "for bundles that fail, which no story here has",
    ("ingest-asset", "dynamodb:BatchGetItem"): "for words that are tidied 15 minutes after a change",
    ("ingest-asset", "dynamodb:DeleteItem"): "for words that an asset lost 15 minutes ago",
    ("ingest-asset", "sqs:SendMessage"): "for large files, which no story here has",
    ("sweep-links", "dynamodb:DeleteItem"): "for links and bundles that ended, which no story here has",
    ("sweep-links", "s3:AbortMultipartUpload"): "for orphaned uploads, which no story here has",
    ("bundle-assets", "s3:ListMultipartUploadParts"): "for messages that are delivered twice, which no story here has",
}


def lines(client, stack: str, name: str):
    """The log lines of a function's requests."""
    pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{stack}-{name}")
    for event in (event for page in pages for event in page["events"]):
        try:
            line = json.loads(event["message"])
        except ValueError:
            continue
        if not isinstance(line, dict) or line.get("target") != "aws::calls":
            continue
        yield line


def calls(client, stack: str, name: str) -> set[tuple[str, str]]:
    """The permissions that a function's requests need: action and resource."""
    needed = set()
    for fields in lines(client, stack, name):
        service, operation = fields["call"].split(".", 1)
        resource = fields.get("resource", "")
        match service:
            case "DynamoDB":
                inner = fields.get("inner", "").split(",") if operation == "TransactWriteItems" else []
                for action in [INNER[kind] for kind in inner] or [operation]:
                    needed.add((f"dynamodb:{action}", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{resource}"))
            case "S3":
                action = OBJECTS.get(operation) or LISTINGS[operation]
                bucket = resource.split("/")[0]
                needed.add((action, f"arn:aws:s3:::{bucket if operation in LISTINGS else resource}"))
                if operation == "HeadObject" or operation == "GetObject" and name in READERS:
                    # 404 is a normal answer to these, which S3 gives only to a role that may list the bucket.
                    needed.add(("s3:ListBucket", f"arn:aws:s3:::{bucket}"))
                if source := fields.get("source"):
                    needed.add(("s3:GetObject", f"arn:aws:s3:::{source}"))
                    needed.add(("s3:ListBucket", f"arn:aws:s3:::{source.split('/')[0]}"))
            case "SQS":
                needed.add((f"sqs:{operation.removesuffix('Batch')}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{resource}"))
            case "Cognito":
                needed.add((f"cognito-idp:{operation}", f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{resource}"))
            case "SES":
                needed.add((f"ses:{operation}", f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/*"))
            case _:
                raise AssertionError(f"what may {fields['call']} need?")
    return needed


def statements(client, site, name: str) -> list[dict]:
    """The statements of a function's role, as deployed."""
    resources = client("cloudformation").describe_stack_resources(StackName=site.stack)["StackResources"]
    logical = next(key for key, body in FUNCTIONS.items() if body["CodeUri"].split("/")[-2] == name)
    role = next(r["PhysicalResourceId"] for r in resources if r["LogicalResourceId"] == f"{logical}Role")
    iam = client("iam")
    assert not iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    return [statement for document in documents for statement in document["Statement"]]


def allowed(client, site, name: str) -> set[tuple[str, str]]:
    """The permissions that a function's role gives: action and resource."""
    return {
        (action, arn)
        for statement in statements(client, site, name)
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        for arn in as_list(statement["Resource"])
    }


def covers(pattern: str, resource: str) -> bool:
    return pattern == resource or fnmatch.fnmatchcase(resource, pattern) or pattern == f"{resource}*"


@pytest.mark.parametrize("name", NAMES)
def test_a_role_allows_what_its_function_does_and_no_more(client, site, library, name):
    needed, given = calls(client, site.stack, name), allowed(client, site, name)
    if name != "serve-app":
        assert needed, "no story called this function"
    missing = {
        one for one in needed if not any(one[0] == action and covers(arn, one[1]) for action, arn in given)
    }
    assert not missing, f"called and not allowed: {sorted(missing)}"
    unused = {
        one for one in given
        if one[0] not in NOT_CALLED and (name, one[0]) not in NOT_CALLED
        and not one[1].endswith(":configuration-set/" + site.stack + "-mail")
        and not any(one[0] == action and covers(one[1], arn) for action, arn in needed)
    }
    assert not unused, f"allowed and never called: {sorted(unused)}"


@pytest.mark.parametrize("name", NAMES)
def test_a_role_names_the_rows_that_its_function_writes_and_no_others(client, site, library, name):
    """The emulator does not evaluate `dynamodb:LeadingKeys`, so the written rows are compared with it here."""
    written = set()
    for line in lines(client, site.stack, name):
        for write in filter(None, (line.get("writes") or "").split(",")):
            kind, begins = write.split(" ")
            written.add((f"dynamodb:{WRITES[kind]}", begins))
    given = set()
    for statement in statements(client, site, name):
        actions = set(as_list(statement["Action"])) & {f"dynamodb:{action}" for action in WRITES.values()}
        if statement["Effect"] == "Allow" and actions:
            condition = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            given |= {(action, pattern.rstrip("*")) for action in actions for pattern in as_list(condition)}
    assert written <= given, f"written and not allowed: {sorted(written - given)}"
    unused = {begins for _, begins in given if (name, begins) not in NOT_WRITTEN} - {begins for _, begins in written}
    assert not unused, f"allowed and never written: {sorted(unused)}"


@pytest.mark.parametrize("name", NAMES)
def test_a_role_names_the_rows_that_its_function_reads_and_no_others(client, site, library, name):
    """The same for rows that are read: by their key, or by a query of the table or an index."""
    read = set()
    for line in lines(client, site.stack, name):
        operation = line["call"].removeprefix("DynamoDB.")
        if operation in READS:
            for begins in filter(None, (line.get("reads") or "").split(",")):
                read.add((f"dynamodb:{operation}", line["resource"].partition("/")[2], begins))
    given = set()
    for statement in statements(client, site, name):
        actions = set(as_list(statement["Action"])) & {f"dynamodb:{operation}" for operation in READS}
        if statement["Effect"] == "Allow" and actions:
            (condition,) = statement["Condition"]["ForAllValues:StringLike"].values()
            for resource in as_list(statement["Resource"]):
                within = resource.partition(":table/")[2].partition("/")[2]
                for pattern in as_list(condition):
                    # The log cuts a key behind its first mark.
                    begins = pattern[: pattern.index("#") + 1] if "#" in pattern else pattern
                    given |= {(action, within, begins) for action in actions}
    assert read <= given, f"read and not allowed: {sorted(read - given)}"
    where = lambda entries: {(within, begins) for _, within, begins in entries if (name, begins) not in NOT_READ}
    unused = where(given) - where(read)
    assert not unused, f"allowed and never read: {sorted(unused)}"
