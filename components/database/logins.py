"""The two logins that are used in turn, with generated passwords."""

import pulumi

from components.connection import Login
from components.database import generations
from components.server.passwords import generated_password, password_digest


def logins(
    name: str,
    database: str,
    generation: int,
    digest_key: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> dict[str, Login]:
    """Both logins by their colour, each with the password of its own generation."""

    def login(colour: str, generation: int) -> Login:
        keepers = {generations.KEEPER: str(generation)}
        password = generated_password(f"{name}-{colour}", opts, keepers).result
        return Login(
            secret_name=f"coder-db-{colour}",
            username=f"{database}_{colour}",
            password=pulumi.Output.secret(password),
            password_digest=password_digest(digest_key, password),
            generation=generation,
        )

    generated = generations.by_colour(generation)
    return {colour: login(colour, own) for colour, own in generated.items()}
