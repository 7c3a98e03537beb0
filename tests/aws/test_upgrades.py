"""A site that exists must survive an update by the template: infra/aws/kept.yaml lists what it would lose otherwise."""

import pytest
import yaml

from conftest import TEMPLATE
from test_template import DOCUMENT, RESOURCES

KEPT_FILE = TEMPLATE.with_name("kept.yaml")
KEPT = yaml.safe_load(KEPT_FILE.read_text())
LIST_IT = "List it in infra/aws/kept.yaml, which infra/aws/UPGRADING.md explains."

# The types of resources that hold something, or have an address that others know. For each, the properties whose change
# makes CloudFormation replace the resource, as far as the template has them ("Update requires: Replacement" in
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/).
HOLDS = {
    "AWS::DynamoDB::Table": ["TableName", "KeySchema"],
    "AWS::S3::Bucket": ["BucketName"],
    "AWS::Cognito::UserPool": ["UsernameAttributes", "UsernameConfiguration"],
    "AWS::Cognito::UserPoolClient": ["UserPoolId", "GenerateSecret"],
    "AWS::Cognito::UserPoolDomain": ["UserPoolId", "Domain"],
    "AWS::Cognito::UserPoolGroup": ["UserPoolId", "GroupName"],
    "AWS::SQS::Queue": ["QueueName", "FifoQueue"],
    "AWS::ApiGatewayV2::Api": ["ProtocolType"],
    "AWS::ApiGatewayV2::DomainName": ["DomainName"],
    "AWS::CloudFront::Distribution": [],
    "AWS::SES::EmailIdentity": ["EmailIdentity"],
    "AWS::Logs::LogGroup": ["LogGroupName"],
}


def holding(resources: dict) -> dict:
    """The resources that hold something, each with its type and the properties that fix it."""
    found = {}
    for name, body in resources.items():
        if body["Type"] in HOLDS:
            properties = body.get("Properties", {})
            fixed = {key: properties[key] for key in HOLDS[body["Type"]] if key in properties}
            found[name] = {"Type": body["Type"], **fixed}
    return found


def indexes(table: dict) -> dict:
    """The table's indexes by name: keys and projection."""
    return {
        index["IndexName"]: {"keys": [key["AttributeName"] for key in index["KeySchema"]], "projection": index["Projection"]}
        for index in table["Properties"]["GlobalSecondaryIndexes"]
    }


def faults(kept: dict, now: dict, what: str) -> list[str]:
    """How the template differs from the list, with what to do."""
    found = [f"{what} {name} is gone: an update would lose it. See infra/aws/UPGRADING.md." for name in kept if name not in now]
    found += [
        f"{what} {name} would be replaced: it was {kept[name]} and is {now[name]}. See infra/aws/UPGRADING.md."
        for name in kept
        if name in now and kept[name] != now[name]
    ]
    return found + [f"{what} {name} is new. {LIST_IT}" for name in now if name not in kept]


def index_changes(released: dict, now: dict) -> set[str]:
    """The indexes that an update from the last release adds, removes, or both."""
    return {name for name in released.keys() | now.keys() if released.get(name) != now.get(name)}


NOW = {
    "resource": holding(RESOURCES),
    "index": indexes(RESOURCES["Table"]),
    "parameter": dict.fromkeys(DOCUMENT["Parameters"]),
    "output": dict.fromkeys(DOCUMENT["Outputs"]),
}
LISTED = {
    "resource": KEPT["resources"],
    "index": KEPT["indexes"],
    "parameter": dict.fromkeys(KEPT["parameters"]),
    "output": dict.fromkeys(KEPT["outputs"]),
}


@pytest.mark.parametrize("what", NOW)
def test_an_update_of_a_site_finds_everything_again(what):
    found = faults(LISTED[what], NOW[what], what)
    assert not found, "\n".join(found)


def test_a_release_changes_at_most_one_index():
    # CloudFormation refuses an update with two: "Cannot perform more than one GSI creation or deletion in a single update".
    # Before the first release there is no site to update.
    released = KEPT["released_indexes"]
    changes = index_changes(KEPT["indexes"] if released is None else released, NOW["index"])
    assert len(changes) <= 1, f"{sorted(changes)} change in one release. See infra/aws/UPGRADING.md."


def test_the_expiring_attribute_of_rows_stays():
    # Changing it takes an hour in which DynamoDB accepts no other change, and rows that have the old one stay for ever.
    assert RESOURCES["Table"]["Properties"]["TimeToLiveSpecification"]["AttributeName"] == "ttl"


def test_what_would_be_lost_is_told_by_name():
    table = {"Type": "AWS::DynamoDB::Table", "KeySchema": "pk, sk"}
    kept = {"Table": table, "Bucket": {"Type": "AWS::S3::Bucket"}}
    renamed = faults(kept, {"Rows": table, "Bucket": {"Type": "AWS::S3::Bucket"}}, "resource")
    assert renamed == [
        "resource Table is gone: an update would lose it. See infra/aws/UPGRADING.md.",
        f"resource Rows is new. {LIST_IT}",
    ]
    [replaced] = faults({"Table": table}, {"Table": {**table, "KeySchema": "pk"}}, "resource")
    assert replaced.startswith("resource Table would be replaced") and replaced.endswith("See infra/aws/UPGRADING.md.")
    assert faults(kept, kept, "resource") == []


def test_an_index_that_changes_counts_once():
    one, other = {"keys": ["a"]}, {"keys": ["b"]}
    assert index_changes({"x": one}, {"x": one}) == set()
    assert index_changes({"x": one}, {"x": one, "y": one}) == {"y"}
    assert index_changes({"x": one, "y": one}, {"x": other}) == {"x", "y"}
