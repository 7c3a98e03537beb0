"""Checks of an existing bucket with assets."""

import json
import shlex
from collections.abc import Iterator

from checks.account import Account, Finding, NotSeen, look, ok, stop
from checks.template import KEY_PARAMETER

ABSENT = ("NoSuchBucket", "404")


def exists(account: Account, bucket: str) -> bool:
    """Whether the bucket exists. True if that can't be read, since each check then reports its missing permission."""
    try:
        return account.ask("s3", "get_bucket_location", "s3:GetBucketLocation", ABSENT, Bucket=bucket) is not None
    except NotSeen:
        return True


def region(account: Account, bucket: str) -> Iterator[Finding]:
    found = account.ask("s3", "get_bucket_location", "s3:GetBucketLocation", ABSENT, Bucket=bucket)
    if found is None:
        yield stop(f"There is no bucket {bucket}.", "Give the name of a bucket of yours, or none, so that the stack makes one.")
        return
    # S3 answers older names for two regions.
    place = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(
        found.get("LocationConstraint"), found.get("LocationConstraint")
    )
    if place == account.region:
        yield ok(f"{bucket} is in {place}.")
    else:
        yield stop(
            f"{bucket} is in {place}, and the site would be in {account.region}.", "Deploy into the bucket's region.",
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
        yield ok(f"{bucket} is encrypted with AWS's key aws/s3, which everybody may use who may read the bucket.")
        return
    about = account.ask("kms", "describe_key", "kms:DescribeKey", ("NotFoundException",), KeyId=key)
    if about is None or about["KeyMetadata"]["KeyState"] != "Enabled":
        state = about["KeyMetadata"]["KeyState"] if about else "not there"
        yield stop(f"{bucket} is encrypted with the key {key}, which is {state}.", "Enable the key. Without it nothing can be read.")
    elif about["KeyMetadata"]["KeyManager"] == "AWS":
        yield ok(f"{bucket} is encrypted with AWS's key aws/s3, which everybody may use who may read the bucket.")
    elif KEY_PARAMETER:
        yield look(
            f"{bucket} is encrypted with a key of yours.",
            "Give it to the stack. If the key's policy does not let IAM decide, it must name the functions' roles.",
            f"... --parameter-overrides {KEY_PARAMETER}={about['KeyMetadata']['Arn']}",
        )
    else:
        yield stop(
            f"{bucket} is encrypted with a key of yours, which the functions' roles can't use.",
            "Let S3's own keys encrypt it, and copy each existing object onto itself.",
        )


def versioning(account: Account, bucket: str) -> Iterator[Finding]:
    found = account.ask("s3", "get_bucket_versioning", "s3:GetBucketVersioning", Bucket=bucket)
    if found.get("Status") == "Enabled":
        yield ok(f"{bucket} keeps old versions.")
    else:
        yield look(
            f"{bucket} keeps no old versions: an asset that is deleted by mistake can't be restored.",
            "Turn versioning on, with a lifecycle rule that deletes old versions.",
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
            f"Objects in {bucket} belong to the accounts that wrote them ({rule}): those of other accounts can't be read.",
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
            "files of a link with a password could then be read without it.",
            "Block public access.",
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
            report = f"{bucket} reports {', '.join(one['Events'])} below {begins or '/'} to {one[where]}"
            if begins.startswith(prefix) or prefix.startswith(begins):
                yield ok(f"{report}, which overlaps {prefix or 'the library'}. EventBridge does not affect that.")
            else:
                yield ok(f"{report}.")
    if "EventBridgeConfiguration" in held:
        yield ok(f"{bucket} reports its changes to EventBridge.")
    else:
        # The command replaces all notifications, so it must have the existing ones too.
        whole = shlex.quote(json.dumps(held | {"EventBridgeConfiguration": {}}))
        yield look(
            f"{bucket} does not report to EventBridge: later changes would not reach the library.",
            "Turn it on. The command replaces the bucket's notifications, so it has the existing ones in it.",
            f"aws s3api put-bucket-notification-configuration --bucket {bucket} --notification-configuration {whole}",
        )
