"""Sets what a user may do: the lines on standard input, and nothing beside them.

A line is `RESOURCE NAME OPERATION,OPERATION`; a name that ends with `*` is a prefix.
"""

import argparse
import sys

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "cluster": ResourceType.BROKER,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("principal")
    parser.add_argument("--bootstrap", required=True)
    return parser.parse_args()


def bindings(line, principal):
    resource, name, operations = line.split()
    pattern = ResourcePatternType.PREFIXED if name.endswith("*") else ResourcePatternType.LITERAL
    for operation in operations.split(","):
        yield AclBinding(
            RESOURCES[resource],
            name.rstrip("*"),
            pattern,
            principal,
            "*",
            AclOperation[operation],
            AclPermissionType.ALLOW,
        )


def main():
    given = arguments()
    admin = AdminClient({"bootstrap.servers": given.bootstrap})
    everything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, given.principal, None, AclOperation.ANY, AclPermissionType.ANY
    )
    for future in admin.delete_acls([everything], request_timeout=10).values():
        future.result()
    wanted = [binding for line in sys.stdin if line.strip() for binding in bindings(line, given.principal)]
    for future in admin.create_acls(wanted, request_timeout=10).values() if wanted else []:
        future.result()


main()
