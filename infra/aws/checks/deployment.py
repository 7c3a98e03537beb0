"""The account as the stack needs it: names that are free, concurrency, quotas, logs, a trail.

Each check asks for one thing, so that a missing permission hides no other.
"""

import re
from collections.abc import Iterator

from checks.asking import Account, Finding, NotSeen, look, ok, stop
from checks.template import LOG_GROUPS, QUEUES

# The one policy to which log groups of APIs are added, and the most that it holds
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html).
DELIVERY_POLICY, MOST_CHARACTERS, MOST_POLICIES = "AWSLogDeliveryWrite20150319", 5120, 10
# What one more log group takes in it.
ONE_MORE_GROUP = 300

# Below this much beside the queues, a site is slow for a few people at once.
FOR_THE_SITE = 20


def caller(account: Account) -> Iterator[Finding]:
    told = account.ask("sts", "get_caller_identity", "valid credentials")
    account.id, account.partition = told["Account"], told["Arn"].split(":")[1]
    yield ok(f"You are {told['Arn']}, and the region is {account.region}.")
    if told["Arn"].endswith(":root"):
        yield look("These are the root user's credentials.", "Deploy as a role or user of less power.")


def name(account: Account) -> Iterator[Finding]:
    stack = account.stack
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,25}", stack):
        yield stop(
            f"The stack's name {stack!r} can't begin buckets' names.",
            "Take small letters, digits and hyphens, a letter first, at most 26.",
        )
    elif taken := re.search("aws|amazon|cognito", stack):
        yield stop(
            f"The stack's name has {taken[0]!r} in it, which Cognito refuses in a sign-in page's address.",
            "Take another name, or give a SignInPrefix without it.",
        )
    elif longest := [bucket for bucket in account.buckets.values() if len(bucket) > 63]:
        yield stop(f"The bucket's name {longest[0]} would have more than 63 characters.", "Take a shorter stack name.")
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
            f"The stack {account.stack} is {status}.", "Mend what its events name, and let it go on.",
            f"aws cloudformation continue-update-rollback --stack-name {account.stack}",
        )
    elif status.endswith("_IN_PROGRESS"):
        yield stop(f"The stack {account.stack} is {status}.", "Wait until it is done.")
    else:
        yield ok(f"The stack {account.stack} is {status}: a deployment updates it.")


def is_new(account: Account) -> bool:
    """Whether the stack is still to be made, so that its names must be free."""
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
                f"There is a bucket {wanted} already, such as a deleted stack leaves.",
                "Give it as ExistingBucket, or take another stack name.",
                f"infra/aws/doctor --stack {account.stack} --bucket {wanted}",
            )
        else:
            yield stop(
                f"There is a bucket {wanted} already.", "Delete it, or take another stack name.",
                f"aws s3 rb s3://{wanted} --force",
            )


def names_of_log_groups(account: Account) -> Iterator[Finding]:
    if not is_new(account):
        return
    taken = []
    for group in (pattern.replace("${AWS::StackName}", account.stack) for pattern in LOG_GROUPS):
        # In the order of names, so that the group itself comes first.
        told = account.ask("logs", "describe_log_groups", "logs:DescribeLogGroups", logGroupNamePrefix=group, limit=1)
        taken += [one["logGroupName"] for one in told["logGroups"] if one["logGroupName"] == group]
    for group in taken:
        yield stop(
            f"There is a log group {group} already, which the stack wants to make.", "Delete it.",
            f"aws logs delete-log-group --log-group-name {group}",
        )
    if not taken:
        yield ok("The names of its log groups are free.")


def sign_in_page(account: Account) -> Iterator[Finding]:
    if not is_new(account):
        return
    prefix = f"{account.stack}-{account.id}"
    found = account.ask(
        "cognito-idp", "describe_user_pool_domain", "cognito-idp:DescribeUserPoolDomain", Domain=prefix
    )
    if found.get("DomainDescription", {}).get("UserPoolId"):
        yield stop(
            f"Another user pool has the sign-in page {prefix}, such as one that a deleted stack left.",
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
    told = f"{free} functions may run at once in this account and region; the stack's queues take up to {queues} of them"
    # Two is the least that AWS takes for a queue.
    smaller = "".join(f" {parameter}=2" for parameter, most in QUEUES.items() if most > 2 and parameter.isidentifier())
    until = f"; until then deploy with{smaller}." if smaller else "."
    if left <= 0:
        yield stop(f"{told}: a large upload would leave none for the site.", f"Ask AWS for more{until}", raised)
    elif left < FOR_THE_SITE:
        yield look(f"{told}, which leaves {left} for people.", f"Ask AWS for more{until}", raised)
    else:
        yield ok(f"{told}.")


def quotas(account: Account) -> Iterator[Finding]:
    for what, need, (service, code, region), listed in (
        ("tables", 1, ("dynamodb", "L-F98FE922", ""), ("dynamodb", "list_tables", "dynamodb:ListTables", "TableNames")),
        ("user pools", 1, ("cognito-idp", "L-627C1657", ""),
         ("cognito-idp", "list_user_pools", "cognito-idp:ListUserPools", "UserPools")),
        # S3 counts the buckets of all regions, in one.
        ("buckets", 2, ("s3", "L-DC2B2D3D", "us-east-1" if account.partition == "aws" else ""),
         ("s3", "list_buckets", "s3:ListAllMyBuckets", "Buckets")),
    ):
        try:
            asked = {"ServiceCode": service, "QuotaCode": code, "region": region}
            none = ("NoSuchResourceException",)
            told = account.ask(
                "service-quotas", "get_service_quota", "servicequotas:GetServiceQuota", none, **asked
            ) or account.ask(
                "service-quotas", "get_aws_default_service_quota", "servicequotas:GetAWSDefaultServiceQuota", none, **asked
            )
            if told is None:
                continue
            few = {"PaginationConfig": {"PageSize": 60}} if service == "cognito-idp" else {}
            yield room(what, account.count(*listed, **few), int(told["Quota"]["Value"]), need,
                       f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code}"
                       + (f" --region {region}" if region else "") + " --desired-value MORE")
        except NotSeen as why:
            yield look(f"Could not look at the quota of {what}: {why}")


def roles(account: Account) -> Iterator[Finding]:
    told = account.ask("iam", "get_account_summary", "iam:GetAccountSummary")["SummaryMap"]
    # One for each function, and those of schedules and rules.
    yield room("roles", told["Roles"], told["RolesQuota"], 12,
               "aws service-quotas request-service-quota-increase --region us-east-1 --service-code iam "
               "--quota-code L-FE177D64 --desired-value MORE")


def room(what: str, used: int, most: int, need: int, command: str) -> Finding:
    told = f"{used} of {most} {what} are in use"
    if used + need > most:
        return stop(f"{told}, and the stack needs {need} more.", "Ask AWS for more.", command)
    if used + need > most * 0.9:
        return look(f"{told}.", "It is enough for this stack; ask AWS for more soon.", command)
    return ok(f"{told}.")


def log_policies(account: Account) -> Iterator[Finding]:
    told = account.ask("logs", "describe_resource_policies", "logs:DescribeResourcePolicies", limit=50)
    policies = {policy["policyName"]: policy["policyDocument"] for policy in told["resourcePolicies"]}
    held = policies.get(DELIVERY_POLICY, "")
    own = any("/aws/vendedlogs/" in group for group in LOG_GROUPS)
    if own and "/aws/vendedlogs/" in held:
        yield ok("The API may write its access log: log groups below /aws/vendedlogs/ are open to it.")
    elif not held and len(policies) >= MOST_POLICIES:
        yield stop(
            f"There are {len(policies)} resource policies of CloudWatch Logs, and AWS wants to add one for access logs.",
            "Delete one that nothing needs.", "aws logs describe-resource-policies; aws logs delete-resource-policy ...",
        )
    # AWS itself opens /aws/vendedlogs/ as a whole when the policy becomes full.
    elif not own and len(held) + ONE_MORE_GROUP > MOST_CHARACTERS:
        yield stop(
            f"The policy {DELIVERY_POLICY} has {len(held)} of {MOST_CHARACTERS} characters: no log group fits in.",
            "Shorten it: a statement on /aws/vendedlogs/* and one on each other beginning do for all groups below.",
            f"aws logs describe-resource-policies; aws logs put-resource-policy --policy-name {DELIVERY_POLICY} ...",
        )
    else:
        yield ok(f"The API's access log can be added: {len(held)} of {MOST_CHARACTERS} characters of policy are in use.")


def trail(account: Account) -> Iterator[Finding]:
    told = account.ask("cloudtrail", "describe_trails", "cloudtrail:DescribeTrails", includeShadowTrails=True)
    for found in told["trailList"]:
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
            yield ok(f"The trail {found['Name']} tells of users who are disabled or deleted in Cognito, at once.")
            return
    yield look(
        "No trail records this region's management events: users disabled or deleted in Cognito lose their links once a "
        "day, not at once.",
        "Make a trail (the first one's management events are free), or disable users in Vitrine as well.",
        "aws cloudtrail create-trail --name management --s3-bucket-name BUCKET --is-multi-region-trail && "
        "aws cloudtrail start-logging --name management",
    )


def of_management(fields: list[dict]) -> bool:
    """Whether an advanced selector takes in the management events that write."""
    held = {field["Field"]: field for field in fields}
    reads_only = "true" in held.get("readOnly", {}).get("Equals", [])
    return "Management" in held.get("eventCategory", {}).get("Equals", []) and not reads_only
