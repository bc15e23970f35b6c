"""The public certificate authorities of Azure Database for PostgreSQL, which ship with the program.

The servers' certificates chain to these roots; intermediates change without notice.
https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-ssl-tls
"""

from pathlib import Path

CA_BUNDLE = Path(__file__).with_name("ca.pem")
ROOTS = ("DigiCert Global Root G2", "Microsoft RSA Root Certificate Authority 2017")
"""Common names of the authorities in the bundle, each above its certificate as `# <name>`."""


def authorities() -> str:
    """The roots as PEM."""
    return CA_BUNDLE.read_text()
