"""SCRAM-SHA-256 verifiers, which PostgreSQL stores instead of passwords."""

import hashlib
import hmac
import os
import unicodedata
from base64 import b64encode

ITERATIONS = 4096


def verifier(password: str) -> str:
    """A new verifier with a random salt (RFC 5803)."""
    salt = os.urandom(16)
    normalized = unicodedata.normalize("NFKC", password).encode()
    salted = hashlib.pbkdf2_hmac("sha256", normalized, salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    encoded = [b64encode(value).decode() for value in (salt, stored_key, server_key)]
    return "SCRAM-SHA-256${}:{}${}:{}".format(ITERATIONS, *encoded)
