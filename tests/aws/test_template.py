"""Rules for the template that linters don't know."""

import re

import pytest
import yaml

from conftest import REPO, TEMPLATE


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (`!Ref`) as long forms."""


def _long_form(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict:
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)
TEXT = TEMPLATE.read_text()
DOCUMENT = yaml.load(TEXT, _Loader)
RESOURCES = DOCUMENT["Resources"]


def of_type(kind: str) -> dict[str, dict]:
    return {name: body.get("Properties", {}) for name, body in RESOURCES.items() if body["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")
BUCKETS = of_type("AWS::S3::Bucket")


def policies():
    """Every statement that allows something, with the name of its resource."""
    for name, body in RESOURCES.items():
        properties = body.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", []) if isinstance(policy, dict)]
        if body["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            documents.append(properties["PolicyDocument"])
        for document in documents:
            for statement in statements(document):
                if statement["Effect"] == "Allow":
                    yield name, statement


def statements(document: dict) -> list[dict]:
    """A policy's statements, including conditional ones."""
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in document["Statement"]]


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def test_every_function_of_the_repo_is_deployed():
    crates = {path.name for path in (REPO / "functions").iterdir() if path.is_dir()}
    zips = {body["CodeUri"].split("/")[-2] for body in FUNCTIONS.values()}
    assert zips == crates


def test_zips_behind_the_api_are_small():
    # Lambda downloads the zip at a cold start, while somebody waits.
    integrations = of_type("AWS::ApiGatewayV2::Integration").values()
    functions = {integration["IntegrationUri"]["Fn::GetAtt"][0] for integration in integrations}
    assert len(functions) == 6
    zips = {name: TEMPLATE.parent / FUNCTIONS[name]["CodeUri"] for name in functions}
    assert {name: size for name, zip in zips.items() if (size := zip.stat().st_size) > 3_100_000} == {}


def test_every_function_has_a_role_of_its_own():
    roles = [body["Role"]["Fn::GetAtt"][0] for body in FUNCTIONS.values()]
    assert roles == [f"{name}Role" for name in FUNCTIONS]
    for role in roles:
        trust = RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert [statement["Principal"] for statement in trust] == [{"Service": "lambda.amazonaws.com"}]
        assert "ManagedPolicyArns" not in RESOURCES[role]["Properties"]


def test_no_permission_is_for_everything():
    for name, statement in policies():
        actions = as_list(statement["Action"])
        assert not any("*" in action for action in actions), (name, actions)
        if actions == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]:
            continue  # X-Ray knows no resources
        for resource in as_list(statement["Resource"]):
            assert resource != "*", (name, actions)
            text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
            text = text[0] if isinstance(text, list) else text
            assert text.count("*") <= 1, (name, text)
            if text.endswith(":identity/*"):
                # Limited by the sender's address instead.
                assert statement["Condition"]["StringEquals"].keys() == {"ses:FromAddress"}


def test_a_renderer_writes_renditions_and_nothing_else():
    writes = {}
    for name, statement in policies():
        if name == "IngestAssetRole":
            for action in as_list(statement["Action"]):
                if re.match(r"s3:(Put|Delete|Abort)", action):
                    writes[action] = statement["Resource"]
    assert set(writes) == {"s3:PutObject", "s3:DeleteObject"}
    assert all(resource["Fn::Sub"][0].endswith("/renditions/*") for resource in writes.values())


def test_only_two_functions_can_read_links_secrets():
    free = set()
    for role in (f"{name}Role" for name in FUNCTIONS):
        found = [s for policy in RESOURCES[role]["Properties"]["Policies"] for s in statements(policy["PolicyDocument"])]
        reads = any("dynamodb:" in action for s in found for action in as_list(s["Action"]) if s["Effect"] == "Allow")
        denied = [s for s in found if s["Effect"] == "Deny"]
        held = {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["TOKEN#*"]}}
        if reads and not any(s["Condition"] == held and s["Action"] == "dynamodb:*" for s in denied):
            free.add(role)
    assert free == {"ManageLinksRole", "SendEmailRole"}


def test_messages_stay_hidden_for_six_times_their_function():
    mapped = set()
    for name, body in FUNCTIONS.items():
        for event in body.get("Events", {}).values():
            queue = event["Properties"]["Queue"]["Fn::GetAtt"][0]
            mapped.add(queue)
            assert QUEUES[queue]["VisibilityTimeout"] >= 6 * body["Timeout"], queue
            assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"], queue
    assert mapped == {queue for queue in QUEUES if not queue.endswith("DeadLetters")}


def test_failed_messages_become_dead_letters_with_an_alarm():
    alarms = str(of_type("AWS::CloudWatch::Alarm"))
    for name, body in QUEUES.items():
        assert body["SqsManagedSseEnabled"] is True, name
        if name.endswith("DeadLetters"):
            assert f"'Fn::GetAtt': ['{name}', 'QueueName']" in alarms, name
        else:
            dead = body["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert dead in QUEUES and body["RedrivePolicy"]["maxReceiveCount"] == 5
    for schedule in of_type("AWS::Scheduler::Schedule").values():
        assert schedule["Target"]["DeadLetterConfig"]


def test_a_message_that_failed_can_be_put_off_by_its_function_alone():
    may = {
        (name, queue["Fn::GetAtt"][0])
        for name, statement in policies() if "sqs:ChangeMessageVisibility" in as_list(statement["Action"])
        for queue in as_list(statement["Resource"])
    }
    assert may == {
        (f"{name}Role", event["Properties"]["Queue"]["Fn::GetAtt"][0])
        for name, body in FUNCTIONS.items() for event in body.get("Events", {}).values()
    }


def test_a_message_that_waits_too_long_raises_an_alarm():
    source = (REPO / "shared/domain/src/event.rs").read_text()
    receives = int(re.search(r"MAX_RECEIVES: u32 = (\d+);", source)[1])
    # Retries alone raise none: 30 s after the first failure, and twice as long after each further one.
    waits = sum(min(30 * 2**n, 900) for n in range(receives - 1))
    bounds = {}
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage":
            assert (alarm["Namespace"], alarm["Statistic"]) == ("AWS/SQS", "Maximum")
            bounds[alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]] = alarm["Threshold"]
    assert set(bounds) == {name for name in QUEUES if not name.endswith("DeadLetters")}
    assert all(waits < bound <= 3600 for bound in bounds.values()), (waits, bounds)


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_its_alarms(metric):
    watched = [
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if (alarm.get("Namespace"), alarm.get("MetricName")) == ("AWS/Lambda", metric)
    ]
    assert sorted(watched) == sorted(FUNCTIONS)


def test_lambda_does_not_stop_a_backfill_as_a_loop():
    assert FUNCTIONS["IngestAsset"]["RecursiveLoop"] == "Allow"


def test_logs_are_kept_for_a_time():
    groups = of_type("AWS::Logs::LogGroup")
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    assert {body["LoggingConfig"]["LogGroup"]["Ref"] for body in FUNCTIONS.values()} < set(groups)
    format = next(iter(of_type("AWS::ApiGatewayV2::Stage").values()))["AccessLogSettings"]["Format"]
    assert not re.search(r"path|sourceIp|userAgent", format), "a path holds a link's secret, an address is personal"
    assert "error.message" not in format, "a message may have quotes, which end the line's JSON"
    # Under any other name each group adds to a resource policy of the account, whose size is limited.
    destination = next(iter(of_type("AWS::ApiGatewayV2::Stage").values()))["AccessLogSettings"]["DestinationArn"]
    group = RESOURCES[destination["Fn::GetAtt"][0]]["Properties"]["LogGroupName"]
    assert group["Fn::Sub"].startswith("/aws/vendedlogs/")


def test_buckets_are_private_encrypted_and_tls_only():
    held = {}
    for policy in of_type("AWS::S3::BucketPolicy").values():
        held[policy["Bucket"]["Ref"]] = policy["PolicyDocument"]["Statement"]
    for name, body in BUCKETS.items():
        assert len(body["PublicAccessBlockConfiguration"]) == 4 and all(body["PublicAccessBlockConfiguration"].values())
        assert body["BucketEncryption"] and body["OwnershipControls"]
        assert held[name][0]["Effect"] == "Deny" and held[name][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        aborts = [rule.get("AbortIncompleteMultipartUpload") for rule in body["LifecycleConfiguration"]["Rules"]]
        assert {"DaysAfterInitiation": 1} in aborts, name


def test_only_assets_links_and_users_survive_the_stack():
    kept = {name for name, body in RESOURCES.items() if body.get("DeletionPolicy", "Delete") != "Delete"}
    assert kept == {"AssetsBucket", "AssetsBucketPolicy", "Table", "UserPool"}
    assert {RESOURCES[name]["DeletionPolicy"] for name in kept} == {"RetainExceptOnCreate"}


def test_links_and_users_are_protected_by_default():
    assert DOCUMENT["Parameters"]["Protect"]["Default"] == "true"
    assert RESOURCES["Table"]["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["Protected", True, False]}
    assert RESOURCES["UserPool"]["Properties"]["DeletionProtection"] == {"Fn::If": ["Protected", "ACTIVE", "INACTIVE"]}


def test_a_new_account_of_ten_executions_keeps_some_for_the_site():
    taken = 0
    for body in FUNCTIONS.values():
        for event in body.get("Events", {}).values():
            parameter = DOCUMENT["Parameters"][event["Properties"]["ScalingConfig"]["MaximumConcurrency"]["Ref"]]
            assert parameter["MinValue"] == 2, "SQS takes no less"
            taken += parameter["Default"]
    # sweep-links and follow-users run besides, but seldom and for seconds.
    assert taken <= 8


def test_tracing_is_allowed_before_a_function_asks_for_it():
    # A separate policy may be attached to the role too late for Lambda's check.
    for role in (f"{name}Role" for name in FUNCTIONS):
        found = RESOURCES[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        traced = [one["Fn::If"] for one in found if "Fn::If" in one and one["Fn::If"][0] == "Traced"]
        assert len(traced) == 1 and traced[0][1]["Sid"] == "Trace", role
        assert traced[0][2] == {"Ref": "AWS::NoValue"}, role
    assert not of_type("AWS::IAM::ManagedPolicy")


def test_lambda_does_not_retry_the_sweep_which_runs_again_soon():
    assert FUNCTIONS["SweepLinks"]["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


def test_a_sweep_is_over_before_the_next_one_starts():
    minutes = re.fullmatch(r"rate\((\d+) minutes\)", DOCUMENT["Parameters"]["SweepEvery"]["Default"])
    assert FUNCTIONS["SweepLinks"]["Timeout"] <= 60 * int(minutes[1])


def test_an_existing_bucket_is_followed_by_eventbridge_within_the_library():
    rule = RESOURCES["ExistingBucketRule"]
    pattern = rule["Properties"]["EventPattern"]
    assert rule["Condition"] == "HasExistingBucket"
    assert pattern["detail-type"] == ["Object Created", "Object Deleted"]
    assert pattern["detail"]["bucket"] == {"name": [{"Ref": "ExistingBucket"}]}
    whole, part = pattern["detail"]["object"]["key"]["Fn::If"][1:]
    assert whole == [{"anything-but": {"prefix": "renditions/"}}] and part == [{"prefix": {"Ref": "LibraryPrefix"}}]
    allowed = [s for s in statements(RESOURCES["IngestQueuePolicy"]["Properties"]["PolicyDocument"])]
    assert allowed[1]["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed[1]["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["ExistingBucketRule", "Arn"]}}}


def test_only_functions_that_read_or_write_assets_use_a_customers_key_and_only_through_s3():
    readers = {
        name.removesuffix("Role") for name, statement in policies()
        if any(action.startswith("s3:GetObject") for action in as_list(statement["Action"]))
    }
    given = {}
    for policy in of_type("AWS::IAM::Policy").values():
        for statement in statements(policy["PolicyDocument"]):
            if statement["Resource"] == {"Ref": "KmsKeyArn"}:
                assert statement["Condition"]["StringEquals"].keys() == {"kms:ViaService"}
                for action in statement["Action"]:
                    given[action] = {role["Ref"].removesuffix("Role") for role in policy["Roles"]}
    own = RESOURCES["AssetsBucket"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    with_key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KmsKeyArn"}}
    assert own["ServerSideEncryptionByDefault"]["Fn::If"][:2] == ["HasKmsKey", with_key]
    assert given == {"kms:Decrypt": readers, "kms:GenerateDataKey": {"IngestAsset"}}


def test_old_versions_of_renditions_and_lone_delete_markers_are_removed():
    rules = {rule["Id"]: rule for rule in BUCKETS["AssetsBucket"]["LifecycleConfiguration"]["Rules"]}
    assert rules["old-versions"]["ExpiredObjectDeleteMarker"] is True
    assert rules["old-renditions"]["Prefix"] == "renditions/"
    assert rules["old-renditions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_an_invitation_names_the_sign_in_page_and_mfa():
    template = RESOURCES["UserPool"]["Properties"]["AdminCreateUserConfig"]["InviteMessageTemplate"]
    text, names = template["EmailMessage"]["Fn::Sub"]
    assert {"{username}", "{####}", "${Site}", "${Code}"} <= set(re.findall(r"\$?\{[^}]+\}", text))
    assert names["Code"]["Fn::If"][0] == "AsksForMfa" and "authenticator" in names["Code"]["Fn::If"][1]
    assert DOCUMENT["Parameters"]["Mfa"]["Default"] == "ON"


def test_the_dns_records_of_a_mail_domain_are_outputs():
    for n in (1, 2, 3):
        output = DOCUMENT["Outputs"][f"DkimRecord{n}"]
        assert output["Condition"] == "MakesMailDomain"
        assert output["Value"]["Fn::Sub"] == f"${{Identity.DkimDNSTokenName{n}}} CNAME ${{Identity.DkimDNSTokenValue{n}}}"


def test_one_mistyped_address_raises_no_alarm():
    alarm = RESOURCES["MailFailuresAlarm"]["Properties"]
    assert "Threshold" in alarm and "failed" in next(m["Expression"] for m in alarm["Metrics"] if m["Id"] == "share")


# Their names are only parts of another resource, or refer to it.
NAMED_WITHIN = {
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::Lambda::Permission",
    "AWS::SES::ConfigurationSetEventDestination",
}


def names(value, resource: str):
    """The names in a resource's properties at any depth, with their places."""
    kinds = ("Name", "BucketName", "FunctionName", "LogGroupName", "AlarmName", "TopicName", "DashboardName", "UserPoolName")
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        # The `Name` of a dimension or of a user's attribute names no resource.
        if key in kinds and not (key == "Name" and {"Value", "Priority", "AttributeDataType"} & value.keys()):
            yield resource, inner
        yield from names(inner, f"{resource}.{key}")


def test_names_begin_with_the_stacks():
    """Two stacks of one account must not have the same names, so every name begins with the stack's."""
    found = []
    for resource, body in RESOURCES.items():
        if body["Type"] in NAMED_WITHIN:
            continue
        found += names(body.get("Properties", {}), resource)
    assert len(found) > 30
    for place, value in found:
        assert "${AWS::StackName}" in str(value) or value == {"Ref": "AWS::StackName"}, (place, value)
        # CloudFront's names are shared by all regions.
        if RESOURCES[place.split(".")[0]]["Type"].startswith("AWS::CloudFront::"):
            assert "${AWS::Region}" in str(value), (place, value)


def test_the_table_has_the_indexes_that_the_code_uses():
    source = (REPO / "shared/aws/src/rows/indexes.rs").read_text()
    wanted = re.findall(r'Index \{ name: "(\w+)", pk: "(\w+)", sk: "(\w+)" \}', source)
    projected = sorted(re.findall(r'^pub\(crate\) const (?:CARD|ATTRIBUTES): &str = "(\w+)";', source, re.MULTILINE))
    table = next(iter(of_type("AWS::DynamoDB::Table").values()))
    found = [
        (index["IndexName"], *(key["AttributeName"] for key in index["KeySchema"]))
        for index in table["GlobalSecondaryIndexes"]
    ]
    assert len(wanted) == 4 and sorted(found) == sorted(wanted)
    for index in table["GlobalSecondaryIndexes"]:
        projection = index["Projection"]
        assert (projection["ProjectionType"], sorted(projection["NonKeyAttributes"])) == ("INCLUDE", projected)
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_routes_are_those_of_the_local_gateway():
    source = (REPO / "infra/local/src/functions.rs").read_text()
    wanted = {
        f"ANY {path}": (function, guarded == "true")
        for path, function, guarded in re.findall(r'Route \{ path: "([^"]+)", function: "([^"]+)", sign_in: (\w+) \}', source)
    }
    wanted["$default"] = (re.search(r'DEFAULT: &str = "([^"]+)"', source)[1], False)
    found = {}
    for route in of_type("AWS::ApiGatewayV2::Route").values():
        integration = re.search(r"\$\{(\w+)\}", route["Target"]["Fn::Sub"])[1]
        function = RESOURCES[integration]["Properties"]["IntegrationUri"]["Fn::GetAtt"][0]
        zipped = FUNCTIONS[function]["CodeUri"].split("/")[-2]
        found[route["RouteKey"]] = (zipped, route.get("AuthorizationType") == "JWT")
    assert len(wanted) > 10 and found == wanted


def test_no_parameter_is_a_secret():
    for name, parameter in DOCUMENT["Parameters"].items():
        assert "NoEcho" not in parameter and not re.search(r"password|secret|token", name, re.IGNORECASE)
