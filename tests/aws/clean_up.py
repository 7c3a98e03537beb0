"""Removes what a run on an AWS account made: only resources with the run's random name."""

import time
from collections.abc import Callable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from real_account import RUN

# Minutes to wait for a stack to be deleted.
PATIENCE = 40

LOG_GROUPS = ("/aws/lambda/", "/aws/apigateway/", "/aws/vendedlogs/apigateway/", "/aws/vendedlogs/")


class CleanUp:
    """Continues after refusals, and lists them at the end."""

    def __init__(self, client: Callable, run: str, say: Callable[[str], None]):
        assert RUN.fullmatch(run), run
        self.client, self.run, self.say = client, run, say
        self.refusals: list[str] = []

    def is_ours(self, name: str) -> bool:
        return name == self.run or name.startswith(f"{self.run}-")

    def all(self) -> list[str]:
        """Removes everything; returns what is left, and why."""
        # Twice, because a function may write while its stack is being deleted, and a bucket with objects can't be deleted.
        for _ in range(2):
            self.refusals.clear()
            for remove in (self.objects, self.protections, self.stacks, self.buckets, self.tables, self.pools,
                           self.log_groups, self.roles):
                self._try(remove.__name__.replace("_", " "), remove)
            left = [f"{kind} {name}" for kind, names in self.remaining().items() for name in names]
            if not left and not self.refusals:
                break
        return left + self.refusals

    def _try(self, what: str, remove: Callable[[], object]) -> None:
        try:
            remove()
        except (ClientError, BotoCoreError) as error:
            self.refusals.append(f"{what}: {error}")

    def _each(self, what: str, names: list[str], remove: Callable[[str], object]) -> None:
        for name in names:
            assert self.run in name, name
            self.say(f"removing {what} {name}")
            self._try(f"{what} {name}", lambda: remove(name))

    # -- lists --------------------------------------------------------------------------------------------------------

    def remaining(self) -> dict[str, list[str]]:
        """The names of resources of the run that still exist, by kind."""
        found = {}
        for kind, names in (
            ("stack", self._stacks), ("bucket", self._buckets), ("table", self._tables), ("log group", self._log_groups),
            ("user pool", lambda: [name for name, _ in self._pools()]), ("role", self._roles),
        ):
            try:
                found[kind] = list(names())
            except (ClientError, BotoCoreError) as error:
                self.refusals.append(f"{kind}s can't be listed: {error}")
        return {kind: names for kind, names in found.items() if names}

    def _pages(self, service: str, operation: str, key: str, **arguments) -> Iterator[dict | str]:
        for page in self.client(service).get_paginator(operation).paginate(**arguments):
            yield from page[key]

    def _stacks(self) -> list[str]:
        stacks = self._pages("cloudformation", "describe_stacks", "Stacks")
        return [one["StackName"] for one in stacks if self.is_ours(one["StackName"]) and one["StackStatus"] != "DELETE_COMPLETE"]

    def _buckets(self) -> list[str]:
        return [one["Name"] for one in self.client("s3").list_buckets()["Buckets"] if self.is_ours(one["Name"])]

    def _tables(self) -> list[str]:
        return [name for name in self._pages("dynamodb", "list_tables", "TableNames") if self.is_ours(name)]

    def _pools(self) -> list[tuple[str, str]]:
        pools = self._pages("cognito-idp", "list_user_pools", "UserPools", MaxResults=60)
        return [(pool["Name"], pool["Id"]) for pool in pools if self.is_ours(pool["Name"])]

    def _log_groups(self) -> list[str]:
        return [
            group["logGroupName"]
            for begins in LOG_GROUPS
            for group in self._pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=begins + self.run)
            if self.is_ours(group["logGroupName"].removeprefix(begins))
        ]

    def _roles(self) -> list[str]:
        return [role["RoleName"] for role in self._pages("iam", "list_roles", "Roles") if self.is_ours(role["RoleName"])]

    # -- removal ------------------------------------------------------------------------------------------------------

    def objects(self) -> None:
        """Before the stacks, because a stack can't delete a bucket with objects."""
        self._each("the objects of", self._buckets(), self._empty)

    def _empty(self, bucket: str) -> None:
        s3 = self.client("s3")
        for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            for upload in page.get("Uploads", []):
                s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = page.get("Versions", []) + page.get("DeleteMarkers", [])
            if found:
                objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
                done = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
                for error in done.get("Errors", [])[:3]:
                    self.refusals.append(f"{bucket}/{error['Key']}: {error['Code']}")

    def protections(self) -> None:
        """A stack can't be deleted while its table or pool is protected."""
        for table in self._tables():
            self._unprotect(table)
        for _, pool in self._pools():
            self._unprotect_pool(pool)

    def _unprotect(self, table: str) -> None:
        dynamodb = self.client("dynamodb")
        if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
            dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)

    def _unprotect_pool(self, pool: str) -> None:
        cognito = self.client("cognito-idp")
        about = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
        if about.get("DeletionProtection") == "ACTIVE":
            # An update resets settings that it does not name, which does not matter: the pool is deleted next.
            cognito.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")

    def stacks(self) -> None:
        stacks, formation = self._stacks(), self.client("cloudformation")
        for name in stacks:
            self._try(f"stack {name}", lambda: self._settle(name))
        self._each("stack", stacks, lambda name: formation.delete_stack(StackName=name))
        waiter = formation.get_waiter("stack_delete_complete")
        for name in stacks:
            self._try(f"stack {name}", lambda: waiter.wait(
                StackName=name, WaiterConfig={"Delay": 10, "MaxAttempts": PATIENCE * 6}
            ))

    def _settle(self, name: str) -> None:
        """Waits until a stack has been created or has failed; a deletion might miss resources that are still being created."""
        for _ in range(PATIENCE * 12):
            found = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
            if not found or not found[0]["StackStatus"].startswith(("CREATE_IN", "UPDATE_IN", "ROLLBACK_IN")):
                return
            time.sleep(5)

    def buckets(self) -> None:
        def remove(bucket: str) -> None:
            self._empty(bucket)
            self.client("s3").delete_bucket(Bucket=bucket)

        self._each("bucket", self._buckets(), remove)

    def tables(self) -> None:
        def remove(table: str) -> None:
            self._unprotect(table)
            self.client("dynamodb").delete_table(TableName=table)
            self.client("dynamodb").get_waiter("table_not_exists").wait(TableName=table)

        self._each("table", self._tables(), remove)

    def pools(self) -> None:
        cognito = self.client("cognito-idp")

        def remove(pool: str) -> None:
            self._unprotect_pool(pool)
            if domain := cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("Domain"):
                cognito.delete_user_pool_domain(Domain=domain, UserPoolId=pool)
            cognito.delete_user_pool(UserPoolId=pool)

        for name, pool in self._pools():
            self.say(f"removing user pool {name}")
            self._try(f"user pool {name}", lambda: remove(pool))

    def log_groups(self) -> None:
        self._each("log group", self._log_groups(), lambda name: self.client("logs").delete_log_group(logGroupName=name))

    def roles(self) -> None:
        """The roles that a story made to test a policy; those of the stacks are deleted with them."""
        iam = self.client("iam")

        def remove(role: str) -> None:
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                iam.delete_role_policy(RoleName=role, PolicyName=policy)
            iam.delete_role(RoleName=role)

        self._each("role", self._roles(), remove)

