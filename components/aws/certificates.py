"""Amazon's certificate authorities for RDS, which ship with the project as data."""

from pathlib import Path

BUNDLE = Path(__file__).parent / "ca.pem"
"""Written by tools/refresh_rds_ca.py, each certificate below a line `# <its name>`."""
END = "-----END CERTIFICATE-----\n"


def authorities(region: str) -> str:
    """The CAs that sign RDS's certificates in that region; empty where the bundle has none."""
    blocks = [f"{block}{END}" for block in BUNDLE.read_text().split(END) if block]
    return "".join(block for block in blocks if block.startswith(f"# Amazon RDS {region} Root CA "))
