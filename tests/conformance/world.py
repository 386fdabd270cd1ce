"""Accounts, users, roles and keys of one seed, for tests of who may do what.

A test declares what it is about where it stands, as module-level names; the seed is written from
all declarations when the server starts. Nothing is shared between tests unless they say so.
"""

import json
import uuid

from support import ACCOUNT, REGION, Server, boto_client

A, B = ACCOUNT, "444455556666"
VERSION = "2012-10-17"


def root_arn(account=A):
    return f"arn:aws:iam::{account}:root"


def statement(effect, action, resource="*", condition=None, **more):
    """One statement; `Action` and `Resource` unless they are None."""
    made = {"Effect": effect, **more}
    if action is not None:
        made["Action"] = action
    if resource is not None:
        made["Resource"] = resource
    if condition is not None:
        made["Condition"] = condition
    return made


def allow(action, resource="*", condition=None, **more):
    return statement("Allow", action, resource, condition, **more)


def deny(action, resource="*", condition=None, **more):
    return statement("Deny", action, resource, condition, **more)


def document(*statements, version=VERSION):
    made = {"Statement": list(statements)}
    return {"Version": version, **made} if version else made


def to(principal, made):
    """The statement with a principal: for key policies and trust policies."""
    name = principal if isinstance(principal, str) else principal.arn
    return made | {"Principal": "*" if name == "*" else {"AWS": name}}


class Caller:
    """Somebody with credentials; other names are the operations of boto3's KMS client."""

    def __init__(self, world, account):
        self.world, self.account = world, account
        self._clients = {}

    def client(self, service="kms", endpoint=None, region=REGION, **config):
        key = (service, endpoint, region, tuple(sorted(config.items())))
        if key not in self._clients:
            access_key, secret, token = self.credentials()
            endpoint = endpoint or self.world.server.endpoint
            self._clients[key] = boto_client(
                service, endpoint, access_key, region, secret, token, **config
            )
        return self._clients[key]

    def __getattr__(self, operation):
        if operation.startswith("_"):
            raise AttributeError(operation)
        return getattr(self.client(), operation)


class Root(Caller):
    def __init__(self, world, account):
        super().__init__(world, account)
        self.arn = root_arn(account)

    def credentials(self):
        return f"AKIAROOT{self.account}", f"root-secret-{self.account}".ljust(40, "0"), None


class User(Caller):
    def __init__(self, world, account, name, statements, boundary, tags, version, groups):
        super().__init__(world, account)
        self.name, self.number = name, world.next()
        self.arn = f"arn:aws:iam::{account}:user/{name}"
        self.declared = {
            "tags": tags or {},
            "access_keys": [dict(zip(("id", "secret"), self.credentials()))],
            "policies": {"own": document(*statements, version=version)} if statements else {},
        }
        if boundary:
            self.declared["permissions_boundary"] = document(*boundary)
        if groups:
            self.declared["groups"] = groups

    def credentials(self):
        return f"AKIAUSER{self.number:012}", f"user-secret-{self.number}".ljust(40, "0"), None


class Role:
    def __init__(self, world, account, name, statements, boundary, tags):
        self.world, self.account, self.name = world, account, name
        self.arn = f"arn:aws:iam::{account}:role/{name}"
        self.door = world.user("door", account=account)
        self.declared = {
            "tags": tags or {},
            "trust": document(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": self.door.arn},
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                }
            ),
            "policies": {"own": document(*statements)} if statements else {},
        }
        if boundary:
            self.declared["permissions_boundary"] = document(*boundary)

    def session_arn(self, name):
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{name}"

    def session(self, name, *statements, **more):
        """A session, with a session policy if there are statements."""
        if statements:
            more["Policy"] = json.dumps(document(*statements))
        return Session(self, name, more)


class Session(Caller):
    def __init__(self, role, name, more):
        super().__init__(role.world, role.account)
        self.arn = role.session_arn(name)
        sts = role.door.client("sts")
        made = sts.assume_role(RoleArn=role.arn, RoleSessionName=name, **more)["Credentials"]
        self.made = made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]

    def credentials(self):
        return self.made


class Key:
    def __init__(self, account, policy, more):
        self.account, self.id = account, str(uuid.uuid4())
        self.arn = f"arn:aws:kms:{REGION}:{account}:key/{self.id}"
        self.declared = {"id": self.id, **more}
        self.policy = policy


class World:
    def __init__(self):
        self.count = 0
        self.users, self.roles, self.keys = [], [], []
        self.groups = {}
        self.roots = {account: Root(self, account) for account in (A, B)}
        self.server = None

    def next(self):
        self.count += 1
        return self.count

    def user(self, stem, *statements, account=A, boundary=(), tags=None, version=VERSION, groups=()):
        name = f"{stem}-{self.count + 1}"
        made = User(self, account, name, statements, boundary, tags, version, list(groups))
        self.users.append(made)
        return made

    def role(self, *statements, account=A, boundary=(), tags=None):
        made = Role(self, account, f"Dev-{self.next()}", statements, boundary, tags)
        self.roles.append(made)
        return made

    def key(self, *statements, default=None, account=A, **more):
        """A key whose policy is the statements; without any, or with `default`, the default ones too.

        A statement may be a function of the key, for policies that name it.
        """
        made = Key(account, None, more)
        if statements:
            own = [one(made) if callable(one) else one for one in statements]
            if default:
                own.insert(0, to(root_arn(account), allow("kms:*")))
            made.policy = document(*own)
        self.keys.append(made)
        return made

    def seed(self):
        accounts = {}
        for account, root in self.roots.items():
            access_key, secret, _ = root.credentials()
            keys = [
                key.declared | ({"policy": key.policy} if key.policy else {})
                for key in self.keys
                if key.account == account
            ]
            accounts[account] = {
                "root": {"access_keys": [{"id": access_key, "secret": secret}]},
                "users": {user.name: user.declared for user in self.users if user.account == account},
                "roles": {role.name: role.declared for role in self.roles if role.account == account},
                "regions": {REGION: {"keys": keys}},
            }
        # A seed is YAML, of which JSON is a part.
        return json.dumps({"accounts": accounts}, indent=1)

    def start(self, directory, *arguments):
        """A server that enforces, with everything that was declared."""
        seed = directory / "seed.yaml"
        seed.write_text(self.seed())
        return Server.dev(directory / "data", "--enforce", "--seed", seed, *arguments)


# --- What is said to those who may not (authorization.md §6) ---------------------------------


def _refused(caller, action, resource):
    return f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"


KINDS = {
    "ID": ("identity-based policy", "an identity-based policy"),
    "RB": ("resource-based policy", "a resource-based policy"),
    "PB": ("permissions boundary", "a permissions boundary"),
    "SP": ("session policy", "a session policy"),
}


def implicit(kind, caller, action, resource):
    arn = getattr(resource, "arn", resource)
    return _refused(caller, action, arn) + f" because no {KINDS[kind][0]} allows the {action} action"


def explicit(kind, caller, action, resource):
    arn = getattr(resource, "arn", resource)
    return _refused(caller, action, arn) + f" with an explicit deny in {KINDS[kind][1]}"


def hidden(caller, action):
    return (
        f"User: {caller.arn} is not authorized to perform: {action} on this resource because the "
        "resource does not exist in this Region, no resource-based policies allow access, or a "
        "resource-based policy explicitly denies access"
    )


CIPHERTEXT_HIDDEN = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this "
    "region, or you are not allowed to access."
)
