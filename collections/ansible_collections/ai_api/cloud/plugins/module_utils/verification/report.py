"""The outcome of a verification as JUnit XML and JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from ..core.errors import CloudError
from ..core.finding import Finding


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many passed, failed and were skipped."""
    seen = Counter(finding.outcome for finding in findings)
    return {"passed": seen["passed"], "failed": seen["failed"], "skipped": seen["skipped"]}


def write(folder: Path, target: str, url: str, began: datetime, findings: Sequence[Finding]) -> list[str]:
    """Write ``verify-<target>.xml`` and ``.json`` into ``folder``; the paths of both. Raises CloudError."""
    name = "verify-" + re.sub(r"[^A-Za-z0-9.-]+", "-", target)
    texts = {
        folder / f"{name}.xml": junit(target, began, findings),
        folder / f"{name}.json": as_json(target, url, began, findings),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text)
    except OSError as error:
        raise CloudError(
            f"Cannot write the report into {folder}: {error.strerror}",
            next_step="Make the folder writable, or choose another one (verify_report_folder).",
        ) from error
    return [str(path) for path in texts]


def junit(target: str, began: datetime, findings: Sequence[Finding]) -> str:
    total = counts(findings)
    suite = ET.Element(
        "testsuite",
        name=f"verify {target}",
        timestamp=began.isoformat(timespec="seconds"),
        tests=str(len(findings)),
        failures=str(total["failed"]),
        errors="0",
        skipped=str(total["skipped"]),
        time=f"{sum(finding.seconds for finding in findings):.3f}",
    )
    for finding in findings:
        case = ET.SubElement(
            suite, "testcase", classname="verify", name=finding.name, time=f"{finding.seconds:.3f}"
        )
        if finding.outcome == "failed":
            ET.SubElement(case, "failure", message=str(finding))
        elif finding.outcome == "skipped":
            ET.SubElement(case, "skipped", message=finding.found)
        else:
            ET.SubElement(case, "system-out").text = finding.found
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def as_json(target: str, url: str, began: datetime, findings: Sequence[Finding]) -> str:
    total = counts(findings)
    report = {
        "target": target,
        "url": url,
        "began": began.isoformat(timespec="seconds"),
        "verdict": "failed" if total["failed"] else "passed",
        "counts": total,
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(report, indent=2) + "\n"
