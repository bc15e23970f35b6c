"""Quantities of Kubernetes are compared as numbers."""

from decimal import Decimal

import pytest

from components.kubernetes.quantities import amount


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("1", "1"),
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("100m", "0.1"),
        ("1k", "1000"),
        ("64Mi", "67108864"),
        ("1Gi", "1073741824"),
        ("128974848", "128974848"),
        ("129e6", "129000000"),
        ("1E", "1000000000000000000"),
    ],
)
def test_a_quantity_is_a_number(quantity: str, number: str) -> None:
    assert amount(quantity) == Decimal(number)


@pytest.mark.parametrize("text", ["", "1GB", "1 Gi", "m", "-1", "1mi", "1e", "1KI", "٣"])
def test_everything_else_is_none(text: str) -> None:
    assert amount(text) is None
