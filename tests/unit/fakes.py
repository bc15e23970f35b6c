"""The pretended clouds, by the name that the setting `cloud` has."""

from tests.unit.aws import Aws
from tests.unit.azure import Azure
from tests.unit.fake_cloud import FakeCloud
from tests.unit.gcp import Gcp

FAKES: dict[str, type[FakeCloud]] = {each.name: each for each in (Aws, Azure, Gcp)}
