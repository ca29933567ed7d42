"""The clouds as the end-to-end tests see them."""

from tests.support.clouds.aws import Aws
from tests.support.clouds.azure import Azure
from tests.support.clouds.cloud import Cloud
from tests.support.clouds.gcp import Gcp

CLOUDS: dict[str, type[Cloud]] = {"aws": Aws, "gcp": Gcp, "azure": Azure}
