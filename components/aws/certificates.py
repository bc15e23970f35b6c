"""Amazon's certificate authorities for RDS, which ship with the program."""

from pathlib import Path

CA_BUNDLE = Path(__file__).with_name("ca.pem")
"""Amazon's CAs for RDS, each below a line `# <its name>`."""
_END = "-----END CERTIFICATE-----\n"


def regional_authorities(region: str) -> str:
    """Amazon's CAs for RDS in that region as PEM; empty where the bundle has none."""
    blocks = [f"{block}{_END}" for block in CA_BUNDLE.read_text().split(_END) if block]
    return "".join(block for block in blocks if block.startswith(f"# Amazon RDS {region} Root CA "))
