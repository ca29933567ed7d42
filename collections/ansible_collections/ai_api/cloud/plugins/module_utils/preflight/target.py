"""Where a target is: a cloud that there is, and a region that is named as this cloud names them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import botocore.session

from ..aws.session import REGION
from ..azure.session import SUBSCRIPTIONS, Session
from ..core.finding import Finding, failed
from ..gcp.session import REGION as GCP_REGION


class Regions(NamedTuple):
    """How a cloud names its regions; ``known`` are those to suggest, not all that there are."""

    one: str
    pattern: re.Pattern[str]
    known: Callable[[], Sequence[str]]
    example: str


def malformed_region(cloud: object, region: object) -> Iterator[Finding]:
    """A region that is no name of one; a cloud that is not known has none to compare with."""
    regions = REGIONS.get(str(cloud))
    if regions and isinstance(region, str) and not regions.pattern.fullmatch(region):
        yield _no_region(regions, region, _closest(region, regions.known()))


def unknown_region(connection: Mapping[str, Any]) -> Iterator[Finding]:
    """A region that the cloud does not offer to this account, where it can be asked. Raises CloudError."""
    if connection["cloud"] == "azure":
        session, region = Session(connection), connection["region"]
        listed = session.listed(f"{session.subscription}/locations", SUBSCRIPTIONS, "the regions of Azure")
        names = [each["name"] for each in listed]
        if region not in names:
            yield _no_region(REGIONS["azure"], region, _closest(region, names))


def _no_region(regions: Regions, region: str, meant: str | None) -> Finding:
    suggestion = (
        f"Did you mean {meant}?" if meant else f"Set it beside the host, for example {regions.example}"
    )
    return failed(
        "target_region",
        expected=f"the name of {regions.one}",
        found=repr(region),
        next_step=suggestion,
    )


def _aws_regions() -> list[str]:
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    return [name for part in partitions for name in session.get_available_regions("cloudformation", part)]


def _closest(region: str, known: Sequence[str]) -> str | None:
    """The region that ``region`` is a slip of: upper case, other or no separators, a zone's letter."""
    letters = {re.sub(r"[^a-z0-9]", "", name): name for name in known}
    slip = re.sub(r"[^a-z0-9]", "", region.lower())
    match = difflib.get_close_matches(slip, letters, n=1, cutoff=0.8)
    return letters[match[0]] if match else None


AZURE_REGIONS = """
australiacentral australiaeast australiasoutheast brazilsouth canadacentral canadaeast centralindia centralus
eastasia eastus eastus2 francecentral germanywestcentral israelcentral italynorth japaneast japanwest
koreacentral mexicocentral newzealandnorth northcentralus northeurope norwayeast polandcentral qatarcentral
southafricanorth southcentralus southeastasia southindia spaincentral swedencentral switzerlandnorth uaenorth
uksouth ukwest westcentralus westeurope westus westus2 westus3
""".split()  # noqa: SIM905 forty lines as a list
GCP_REGIONS = """
africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 asia-south2
asia-southeast1 asia-southeast2 australia-southeast1 australia-southeast2 europe-central2 europe-north1
europe-southwest1 europe-west1 europe-west10 europe-west12 europe-west2 europe-west3 europe-west4 europe-west6
europe-west8 europe-west9 me-central1 me-central2 me-west1 northamerica-northeast1 northamerica-northeast2
southamerica-east1 southamerica-west1 us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2
us-west3 us-west4
""".split()  # noqa: SIM905 forty lines as a list
REGIONS = {
    "aws": Regions("an AWS region", REGION, _aws_regions, "us-east-1"),
    "gcp": Regions("a Google Cloud region", GCP_REGION, lambda: GCP_REGIONS, "us-central1"),
    "azure": Regions("an Azure region", re.compile(r"[a-z]{5,}\d?"), lambda: AZURE_REGIONS, "westeurope"),
}
