"""The sweep clears up deleted links, and links deleted by mistake are restored."""

from site_under_test import ORIGINALS, eventually


def test_the_scheduled_sweep_clears_up_what_a_deleted_link_left(user, library, client, site, recipient, restore):
    chosen = [asset["id"] for asset in user("consumer").assets("Press/Autumn")]
    link = user("consumer").share({"kind": "selection", "assets": chosen}, max_uses=2, **ORIGINALS)
    visitor = recipient(link)
    visitor.open().expect(303)
    visitor.zip_of_all()
    kept = lambda: client("s3").list_objects_v2(Bucket=site.outputs["BundlesBucket"], Prefix=f"bundles/{link['id']}")
    of = lambda begins: client("dynamodb").query(
        TableName=site.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"{begins}{link['id']}"}},
    )["Items"]
    rows = lambda: of("LINK#") + of("TOKEN#") + of("LIST#")
    assert kept()["KeyCount"] and len(of("LINK#")) > 1 and of("TOKEN#") and len(of("LIST#")) == 2
    hour_ago = copy_table(client, f"{site.stack}-restored", rows())
    user("consumer").ask("DELETE", f"/api/links/{link['id']}").expect(204)
    early = restore(hour_ago, site.outputs["TableName"], link["id"])
    assert early.returncode == 1 and "The sweep has not cleared up yet" in early.stderr
    visitor.ask("GET").expect(404)
    eventually("the sweep", lambda: not kept()["KeyCount"] and not rows(), patience=200)

    # The link was deleted by mistake, so the runbook restores it from the table of an hour ago.
    table, wanted = site.outputs["TableName"], link["id"]
    assert restore(hour_ago, table, wanted).stdout.endswith(" rows copied, 0 there already\n")
    assert restore(hour_ago, table, wanted).stdout.startswith("0 rows copied, ")
    refused = restore(hour_ago, table)
    assert refused.returncode == 1 and "has assets or links of its own" in refused.stderr
    again = recipient(link)
    again.open().expect(303)
    assert len(again.assets()) == len(chosen)
    assert len(again.zip_of_all().namelist()) == len(chosen)
    recipient(link).ask("GET").expect(410)


def test_a_table_that_was_lost_is_restored_as_a_whole(site, library, client, restore):
    old, new = site.outputs["TableName"], copy_table(client, f"{site.stack}-anew", [])
    scan = client("dynamodb").get_paginator("scan")
    rows = lambda table: {
        (row["pk"]["S"], row["sk"]["S"]): row for page in scan.paginate(TableName=table) for row in page["Items"]
    }
    before = rows(old)
    done = restore(old, new)
    assert done.returncode == 0, done.stderr
    after, copied = rows(old), rows(new)
    # Rows may have changed since; bundles are not copied, because they are built again on request.
    still = {key: row for key, row in before.items() if after.get(key) == row and not key[1].startswith("BUNDLE")}
    # Restored users are marked.
    users = [key for key in still if key[1] == "USER"]
    assert users and all(copied[key].pop("restored") == {"BOOL": True} for key in users)
    assert len(still) > 30 and {key: copied.get(key) for key in still} == still
    assert not copied.keys() - before.keys() - after.keys()
    # The new table has a library now, so a second copy is refused; an interrupted copy continues.
    assert restore(old, new).returncode == 1
    client("dynamodb").put_item(TableName=new, Item={"pk": {"S": "RESTORE"}, "sk": {"S": old}})
    assert restore(old, new, "a-link-that-is-nowhere").returncode == 1
    assert restore(old, new).stdout.startswith("0 rows copied, ")


def copy_table(client, name: str, rows: list[dict]) -> str:
    """Creates a table with these rows, as AWS's restore does."""
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
    )
    client("dynamodb").get_waiter("table_exists").wait(TableName=name)
    for row in rows:
        client("dynamodb").put_item(TableName=name, Item=row)
    return name
