"""SCRAM-SHA-256 verifiers: what PostgreSQL keeps of a password."""

import hashlib
import hmac
import os
import unicodedata
from base64 import b64encode

ITERATIONS = 4096


def verifier(password: str) -> str:
    """A new verifier (RFC 5803), with which a password can be checked and not found out."""
    salt = os.urandom(16)
    normal = unicodedata.normalize("NFKC", password).encode()
    salted = hashlib.pbkdf2_hmac("sha256", normal, salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    encoded = [b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return "SCRAM-SHA-256${}:{}${}:{}".format(ITERATIONS, *encoded)
