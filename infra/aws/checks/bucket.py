"""A bucket that holds the assets already, as the stack will meet it."""

import json
import shlex
from collections.abc import Iterator

from checks.asking import Account, Finding, NotSeen, look, ok, stop
from checks.template import KEY_PARAMETER

ABSENT = ("NoSuchBucket", "404")


def exists(account: Account, bucket: str) -> bool:
    """Whether there is anything to look at; what may not be asked is told by each check."""
    try:
        return account.ask("s3", "get_bucket_location", "s3:GetBucketLocation", ABSENT, Bucket=bucket) is not None
    except NotSeen:
        return True


def region(account: Account, bucket: str) -> Iterator[Finding]:
    found = account.ask("s3", "get_bucket_location", "s3:GetBucketLocation", ABSENT, Bucket=bucket)
    if found is None:
        yield stop(f"There is no bucket {bucket}.", "Give the name of one of yours, or none: the stack makes one then.")
        return
    # Two regions have older names here.
    place = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(
        found.get("LocationConstraint"), found.get("LocationConstraint")
    )
    if place == account.region:
        yield ok(f"{bucket} is in {place}.")
    else:
        yield stop(
            f"{bucket} is in {place}, and the site is to be in {account.region}.", "Deploy into the bucket's region.",
            f"aws cloudformation deploy --region {place} ...",
        )


def encryption(account: Account, bucket: str) -> Iterator[Finding]:
    found = account.ask(
        "s3", "get_bucket_encryption", "s3:GetEncryptionConfiguration",
        ("ServerSideEncryptionConfigurationNotFoundError",), Bucket=bucket,
    )
    rules = found["ServerSideEncryptionConfiguration"]["Rules"] if found else []
    by_default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    key = by_default.get("KMSMasterKeyID", "")
    if by_default.get("SSEAlgorithm", "AES256") == "AES256":
        yield ok(f"{bucket} is encrypted with S3's own keys.")
        return
    if not key or key.endswith("alias/aws/s3"):
        yield ok(f"{bucket} is encrypted with AWS's key aws/s3, which is open to whoever may read the bucket.")
        return
    about = account.ask("kms", "describe_key", "kms:DescribeKey", ("NotFoundException",), KeyId=key)
    if about is None or about["KeyMetadata"]["KeyState"] != "Enabled":
        state = about["KeyMetadata"]["KeyState"] if about else "not there"
        yield stop(f"{bucket} is encrypted with the key {key}, which is {state}.", "Enable the key, or nothing can be read.")
    elif about["KeyMetadata"]["KeyManager"] == "AWS":
        yield ok(f"{bucket} is encrypted with AWS's key aws/s3, which is open to whoever may read the bucket.")
    elif KEY_PARAMETER:
        yield look(
            f"{bucket} is encrypted with a key of yours.",
            "Give it to the stack. If the key's policy does not let IAM decide, it must name the functions' roles.",
            f"... --parameter-overrides {KEY_PARAMETER}={about['KeyMetadata']['Arn']}",
        )
    else:
        yield stop(
            f"{bucket} is encrypted with a key of yours, which the functions' roles can't use.",
            "Let S3's own keys encrypt it, and copy onto themselves the objects that are there.",
        )


def versioning(account: Account, bucket: str) -> Iterator[Finding]:
    found = account.ask("s3", "get_bucket_versioning", "s3:GetBucketVersioning", Bucket=bucket)
    if found.get("Status") == "Enabled":
        yield ok(f"{bucket} keeps old versions.")
    else:
        yield look(
            f"{bucket} keeps no old versions: an asset deleted by mistake can't be had back.",
            "Turn them on, with a lifecycle rule that ends them.",
            f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled",
        )


def ownership(account: Account, bucket: str) -> Iterator[Finding]:
    found = account.ask(
        "s3", "get_bucket_ownership_controls", "s3:GetBucketOwnershipControls", ("OwnershipControlsNotFoundError",),
        Bucket=bucket,
    )
    rule = found["OwnershipControls"]["Rules"][0]["ObjectOwnership"] if found else "ObjectWriter"
    if rule == "BucketOwnerEnforced":
        yield ok(f"{bucket} owns its objects.")
    else:
        yield look(
            f"Objects in {bucket} may belong to other accounts that wrote them ({rule}): such can't be read.",
            "Let the bucket own them.",
            f"aws s3api put-bucket-ownership-controls --bucket {bucket} --ownership-controls "
            "'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'",
        )


def public_access(account: Account, bucket: str) -> Iterator[Finding]:
    found = account.ask(
        "s3", "get_public_access_block", "s3:GetBucketPublicAccessBlock", ("NoSuchPublicAccessBlockConfiguration",),
        Bucket=bucket,
    )
    wanted = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    held = found["PublicAccessBlockConfiguration"] if found else {}
    if all(held.get(one) for one in wanted):
        yield ok(f"{bucket} is closed to the public.")
    else:
        yield look(
            f"{bucket} may be opened to the public ({', '.join(one for one in wanted if not held.get(one))} is off): "
            "what a password guards here could then be had without it.",
            "Close it.",
            f"aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration "
            + ",".join(f"{one}=true" for one in wanted),
        )


def notifications(account: Account, bucket: str, prefix: str) -> Iterator[Finding]:
    found = account.ask("s3", "get_bucket_notification_configuration", "s3:GetBucketNotification", Bucket=bucket)
    held = {kind: value for kind, value in found.items() if kind != "ResponseMetadata"}
    for kind, where in (
        ("QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "TopicArn"),
        ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ):
        for one in held.get(kind, []):
            rules = one.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            begins = next((rule["Value"] for rule in rules if rule["Name"].lower() == "prefix"), "")
            told = f"{bucket} reports {', '.join(one['Events'])} below {begins or '/'} to {one[where]}"
            if begins.startswith(prefix) or prefix.startswith(begins):
                yield ok(f"{told}, which overlaps {prefix or 'the library'}: EventBridge does not disturb it.")
            else:
                yield ok(f"{told}.")
    if "EventBridgeConfiguration" in held:
        yield ok(f"{bucket} reports to EventBridge, by which the stack follows it.")
    else:
        # What S3 is told replaces what it knew, so that the rest must stand in it.
        whole = shlex.quote(json.dumps(held | {"EventBridgeConfiguration": {}}))
        yield look(
            f"{bucket} does not report to EventBridge: files that come later would not be seen.",
            "Turn it on. The command holds the bucket's present notifications, which it would replace.",
            f"aws s3api put-bucket-notification-configuration --bucket {bucket} --notification-configuration {whole}",
        )
