"""Checks of the account: names, concurrency, quotas, logs and a trail.

Each check reads one thing, so that a missing permission does not hide other findings.
"""

import re
from collections.abc import Iterator

from checks.account import Account, Finding, NotSeen, look, ok, stop
from checks.template import LOG_GROUPS, QUEUES

# The policy to which AWS adds log groups of APIs, its largest size, and the most policies of an account
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html).
DELIVERY_POLICY, MOST_CHARACTERS, MOST_POLICIES = "AWSLogDeliveryWrite20150319", 5120, 10
# How many characters one more log group needs in that policy.
ONE_MORE_GROUP = 300

# With fewer concurrent calls beside those of the queues, the site is slow even for a few people.
FOR_THE_SITE = 20


def caller(account: Account) -> Iterator[Finding]:
    identity = account.ask("sts", "get_caller_identity", "valid credentials")
    account.id, account.partition = identity["Account"], identity["Arn"].split(":")[1]
    yield ok(f"You are {identity['Arn']}, and the region is {account.region}.")
    if identity["Arn"].endswith(":root"):
        yield look("These are the root user's credentials.", "Deploy as a role or user with fewer permissions.")


def name(account: Account) -> Iterator[Finding]:
    stack = account.stack
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,25}", stack):
        yield stop(
            f"The stack's name {stack!r} can't be the beginning of buckets' names.",
            "Choose a name of small letters, digits and hyphens that begins with a letter and has at most 26 characters.",
        )
    elif reserved := re.search("aws|amazon|cognito", stack):
        yield stop(
            f"The stack's name has {reserved[0]!r} in it, which Cognito refuses in a sign-in page's address.",
            "Choose another name, or give a SignInPrefix without it.",
        )
    elif longest := [bucket for bucket in account.buckets.values() if len(bucket) > 63]:
        yield stop(f"The bucket's name {longest[0]} would have more than 63 characters.", "Choose a shorter stack name.")
    else:
        yield ok(f"{stack} can be the stack's name.")


def stack_itself(account: Account) -> Iterator[Finding]:
    found = account.ask(
        "cloudformation", "describe_stacks", "cloudformation:DescribeStacks", ("ValidationError",), StackName=account.stack
    )
    if not found or found["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE":
        yield ok(f"There is no stack {account.stack} yet.")
        return
    status = found["Stacks"][0]["StackStatus"]
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        yield stop(
            f"The stack {account.stack} is {status}, from which it can't be updated.", "Delete it first.",
            f"aws cloudformation delete-stack --stack-name {account.stack}",
        )
    elif status == "UPDATE_ROLLBACK_FAILED":
        yield stop(
            f"The stack {account.stack} is {status}.", "Repair the cause that its events name, then continue the rollback.",
            f"aws cloudformation continue-update-rollback --stack-name {account.stack}",
        )
    elif status.endswith("_IN_PROGRESS"):
        yield stop(f"The stack {account.stack} is {status}.", "Wait until it is done.")
    else:
        yield ok(f"The stack {account.stack} is {status}: a deployment updates it.")


def is_new(account: Account) -> bool:
    """Whether the stack does not exist yet, so that its names must be free."""
    found = account.ask(
        "cloudformation", "describe_stacks", "cloudformation:DescribeStacks", ("ValidationError",), StackName=account.stack
    )
    return not found or found["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def names_of_buckets(account: Account, bucket: str) -> Iterator[Finding]:
    if not is_new(account):
        return
    for kind, wanted in account.buckets.items():
        if kind == "assets" and bucket:
            continue
        if account.ask("s3", "head_bucket", "s3:ListBucket", ("404", "NoSuchBucket"), Bucket=wanted) is None:
            yield ok(f"The name {wanted} is free.")
        elif kind == "assets":
            yield stop(
                f"There is a bucket {wanted} already, perhaps of a deleted stack.",
                "Give it as ExistingBucket, or choose another stack name.",
                f"infra/aws/doctor --stack {account.stack} --bucket {wanted}",
            )
        else:
            yield stop(
                f"There is a bucket {wanted} already.", "Delete it, or choose another stack name.",
                f"aws s3 rb s3://{wanted} --force",
            )


def names_of_log_groups(account: Account) -> Iterator[Finding]:
    if not is_new(account):
        return
    taken = []
    for group in (pattern.replace("${AWS::StackName}", account.stack) for pattern in LOG_GROUPS):
        # The answer is in the order of names, so that the group itself is the first.
        answer = account.ask("logs", "describe_log_groups", "logs:DescribeLogGroups", logGroupNamePrefix=group, limit=1)
        taken += [one["logGroupName"] for one in answer["logGroups"] if one["logGroupName"] == group]
    for group in taken:
        yield stop(
            f"There is a log group {group} already, which the stack would make.", "Delete it.",
            f"aws logs delete-log-group --log-group-name {group}",
        )
    if not taken:
        yield ok("The names of the stack's log groups are free.")


def sign_in_page(account: Account) -> Iterator[Finding]:
    if not is_new(account):
        return
    prefix = f"{account.stack}-{account.id}"
    found = account.ask(
        "cognito-idp", "describe_user_pool_domain", "cognito-idp:DescribeUserPoolDomain", Domain=prefix
    )
    if found.get("DomainDescription", {}).get("UserPoolId"):
        yield stop(
            f"Another user pool has the sign-in page {prefix}, perhaps one of a deleted stack.",
            "Give another SignInPrefix, or delete that page's domain.",
            f"aws cognito-idp delete-user-pool-domain --domain {prefix} --user-pool-id "
            + found["DomainDescription"]["UserPoolId"],
        )
    else:
        yield ok(f"The sign-in page's prefix {prefix} is free.")


def concurrency(account: Account) -> Iterator[Finding]:
    limit = account.ask("lambda", "get_account_settings", "lambda:GetAccountSettings")["AccountLimit"]
    free, queues = limit["UnreservedConcurrentExecutions"], sum(QUEUES.values())
    left = free - queues
    raised = (
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 "
        "--desired-value 1000"
    )
    summary = f"{free} functions may run at once in this account and region; the stack's queues use up to {queues} of them"
    # Two is AWS's minimum for a queue.
    smaller = "".join(f" {parameter}=2" for parameter, most in QUEUES.items() if most > 2 and parameter.isidentifier())
    until = f"; until then deploy with{smaller}." if smaller else "."
    if left <= 0:
        yield stop(f"{summary}: during a large upload there would be none for the site.", f"Ask AWS for more{until}", raised)
    elif left < FOR_THE_SITE:
        yield look(f"{summary}, which leaves {left} for people.", f"Ask AWS for more{until}", raised)
    else:
        yield ok(f"{summary}.")


def quotas(account: Account) -> Iterator[Finding]:
    for what, need, (service, code, region), listed in (
        ("tables", 1, ("dynamodb", "L-F98FE922", ""), ("dynamodb", "list_tables", "dynamodb:ListTables", "TableNames")),
        ("user pools", 1, ("cognito-idp", "L-627C1657", ""),
         ("cognito-idp", "list_user_pools", "cognito-idp:ListUserPools", "UserPools")),
        # S3 counts the buckets of all regions together.
        ("buckets", 2, ("s3", "L-DC2B2D3D", "us-east-1" if account.partition == "aws" else ""),
         ("s3", "list_buckets", "s3:ListAllMyBuckets", "Buckets")),
    ):
        try:
            asked = {"ServiceCode": service, "QuotaCode": code, "region": region}
            none = ("NoSuchResourceException",)
            answer = account.ask(
                "service-quotas", "get_service_quota", "servicequotas:GetServiceQuota", none, **asked
            ) or account.ask(
                "service-quotas", "get_aws_default_service_quota", "servicequotas:GetAWSDefaultServiceQuota", none, **asked
            )
            if answer is None:
                continue
            few = {"PaginationConfig": {"PageSize": 60}} if service == "cognito-idp" else {}
            yield compare_with_quota(what, account.count(*listed, **few), int(answer["Quota"]["Value"]), need,
                       f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code}"
                       + (f" --region {region}" if region else "") + " --desired-value MORE")
        except NotSeen as why:
            yield look(f"Could not check the quota of {what}: {why}")


def roles(account: Account) -> Iterator[Finding]:
    answer = account.ask("iam", "get_account_summary", "iam:GetAccountSummary")["SummaryMap"]
    # One role for each function, and those of schedules and rules.
    yield compare_with_quota("roles", answer["Roles"], answer["RolesQuota"], 12,
               "aws service-quotas request-service-quota-increase --region us-east-1 --service-code iam "
               "--quota-code L-FE177D64 --desired-value MORE")


def compare_with_quota(what: str, used: int, most: int, need: int, command: str) -> Finding:
    summary = f"{used} of {most} {what} are in use"
    if used + need > most:
        return stop(f"{summary}, and the stack needs {need} more.", "Ask AWS for more.", command)
    if used + need > most * 0.9:
        return look(f"{summary}.", "That is enough for this stack. Ask AWS for more soon.", command)
    return ok(f"{summary}.")


def log_policies(account: Account) -> Iterator[Finding]:
    answer = account.ask("logs", "describe_resource_policies", "logs:DescribeResourcePolicies", limit=50)
    policies = {policy["policyName"]: policy["policyDocument"] for policy in answer["resourcePolicies"]}
    held = policies.get(DELIVERY_POLICY, "")
    own = any("/aws/vendedlogs/" in group for group in LOG_GROUPS)
    if own and "/aws/vendedlogs/" in held:
        yield ok("The API may write its access log: log groups below /aws/vendedlogs/ are open to it.")
    elif not held and len(policies) >= MOST_POLICIES:
        yield stop(
            f"There are {len(policies)} resource policies of CloudWatch Logs, and AWS needs to add one for access logs.",
            "Delete one that is not needed.", "aws logs describe-resource-policies; aws logs delete-resource-policy ...",
        )
    # When the policy becomes full, AWS itself allows all of /aws/vendedlogs/ in it.
    elif not own and len(held) + ONE_MORE_GROUP > MOST_CHARACTERS:
        yield stop(
            f"The policy {DELIVERY_POLICY} has {len(held)} of {MOST_CHARACTERS} characters: no other log group fits in.",
            "Shorten it: one statement for /aws/vendedlogs/* and one for each other prefix cover all their log groups.",
            f"aws logs describe-resource-policies; aws logs put-resource-policy --policy-name {DELIVERY_POLICY} ...",
        )
    else:
        yield ok(f"The API's access log can be added: the policy has {len(held)} of {MOST_CHARACTERS} characters.")


def trail(account: Account) -> Iterator[Finding]:
    answer = account.ask("cloudtrail", "describe_trails", "cloudtrail:DescribeTrails", includeShadowTrails=True)
    for found in answer["trailList"]:
        arn = found["TrailARN"]
        if not found.get("IsMultiRegionTrail") and found.get("HomeRegion") != account.region:
            continue
        status = account.ask("cloudtrail", "get_trail_status", "cloudtrail:GetTrailStatus", Name=arn)
        if not status["IsLogging"]:
            continue
        kept = account.ask("cloudtrail", "get_event_selectors", "cloudtrail:GetEventSelectors", TrailName=arn)
        plain = any(
            one.get("IncludeManagementEvents", True) and one.get("ReadWriteType", "All") != "ReadOnly"
            for one in kept.get("EventSelectors") or ()
        )
        if plain or any(of_management(one["FieldSelectors"]) for one in kept.get("AdvancedEventSelectors") or ()):
            yield ok(f"The trail {found['Name']} reports at once that a user was disabled or deleted in Cognito.")
            return
    yield look(
        "No trail records this region's management events: links of users who are disabled or deleted in Cognito stop "
        "opening within a day, not at once.",
        "Make a trail (management events of the first one are free), or disable users in Vitrine as well.",
        "aws cloudtrail create-trail --name management --s3-bucket-name BUCKET --is-multi-region-trail && "
        "aws cloudtrail start-logging --name management",
    )


def of_management(fields: list[dict]) -> bool:
    """Whether an advanced selector includes the management events that write."""
    held = {field["Field"]: field for field in fields}
    reads_only = "true" in held.get("readOnly", {}).get("Equals", [])
    return "Management" in held.get("eventCategory", {}).get("Equals", []) and not reads_only
