"""Rules of alias names, common to CreateAlias, UpdateAlias and DeleteAlias (operations.md §3.2.1)."""

import pytest
from support import at_least, at_most, bad, invalid, matching, null, refused

PATTERN = matching("^[a-zA-Z0-9:/_-]+$")
NO_PREFIX = (
    'Alias must start with the prefix "alias/". Please see '
    "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)


class AliasNameRules:
    """`name(self, kms, alias_name)` calls the operation with that name and otherwise in order."""

    def name(self, kms, alias_name):
        raise NotImplementedError

    def test_the_constraints_of_the_name(self, kms):
        with invalid(null("aliasName")):
            self.name(kms, None)
        with invalid(bad("aliasName", "", at_least(1)), bad("aliasName", "", PATTERN)):
            self.name(kms, "")
        with invalid(bad("aliasName", "alias/a b", PATTERN)):
            self.name(kms, "alias/a b")
        long = "alias/" + "n" * 251
        with invalid(bad("aliasName", long, at_most(256))):
            self.name(kms, long)
        both = "alias/ü" + long
        with invalid(bad("aliasName", both, at_most(256)), bad("aliasName", both, PATTERN)):
            self.name(kms, both)

    @pytest.mark.parametrize("name", ["no-prefix", "Alias/x", "aliasx", "/alias/x", "alias", "a:b"])
    def test_the_prefix_is_missing(self, kms, name):
        with refused("ValidationException", NO_PREFIX):
            self.name(kms, name)

    def test_a_colon_is_in_the_name(self, kms):
        for name in ("alias/my:alias", "alias/a:", "alias/:"):
            with refused("ValidationException", f"{name} contains invalid characters for an alias"):
                self.name(kms, name)

    def test_nothing_follows_the_prefix(self, kms):
        with refused("ValidationException", "Invalid identifier"):
            self.name(kms, "alias/")

    @pytest.mark.parametrize("name", ["alias/aws/s3", "alias/aws/made-up", "alias/aws/"])
    def test_names_of_aws_are_reserved(self, kms, name):
        with refused("NotAuthorizedException", None):
            self.name(kms, name)
