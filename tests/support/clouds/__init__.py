"""The clouds as the end-to-end tests see them."""

from tests.support.clouds.aws import Aws
from tests.support.clouds.cloud import Cloud

CLOUDS: dict[str, type[Cloud]] = {"aws": Aws}
