"""Generated passwords."""

from collections.abc import Mapping

import pulumi
import pulumi_random as random


def generated_password(
    name: str, opts: pulumi.ResourceOptions, keepers: Mapping[str, str] | None = None
) -> random.RandomPassword:
    """32 characters that need no escaping in a URL, at least one of each kind.

    Another value of `keepers` generates another password.
    """
    return random.RandomPassword(
        name,
        length=32,
        override_special="-_~",
        min_lower=1,
        min_upper=1,
        min_numeric=1,
        min_special=1,
        keepers=keepers,
        opts=opts,
    )
