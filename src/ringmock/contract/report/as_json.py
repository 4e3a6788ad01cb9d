"""A report for programs: JSON with everything that was found, and SARIF."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ...coverage.items import Coverage, Dimension
from ...coverage.schemas import SchemaCoverage
from ..findings import ContractReport, Finding, Verdict, by_part
from .causes import SENTENCES, causes_of

Json = Any

VERSION = 1
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_PLACE = re.compile(r"(?P<file>.+?\.ya?ml):(?P<line>\d+)")
"""Where a finding begins with the file and line of its case."""


class UnreadableReport(ValueError):
    """What is no report of this program; the message says which file, and why."""


def as_json(
    report: ContractReport,
    arguments: Sequence[str] = (),
    coverage: Coverage | None = None,
    schemas: SchemaCoverage | None = None,
) -> str:
    """All findings whole, the causes, the counts; and the arguments that the run was made with, to replay it.

    What was exercised, of behaviour and of schemas, is reported where it was counted.
    """
    document: dict[str, Json] = {
        "version": VERSION,
        "arguments": list(arguments),
        "totals": {part: _totals(report, part, findings) for part, findings in by_part(report.findings)},
        "causes": [
            {
                "id": cause.first.id,
                "says": cause.says,
                "rules": list(cause.rules),
                "sentence": cause.sentence,
                "findings": [finding.id for finding in cause.findings],
            }
            for cause in causes_of(report.new)
        ],
        "mended": report.mended,
        "findings": [{"id": finding.id, "key": finding.key, **asdict(finding)} for finding in report.findings],
    }
    if coverage is not None:
        document["coverage"] = _exercised(coverage)
    if schemas is not None:
        document["schemas"] = schemas.to_json()
    return json.dumps(document, indent=1) + "\n"


def _exercised(coverage: Coverage) -> dict[str, Json]:
    shares = {str(dimension): coverage.of(dimension) for dimension in Dimension}
    figures = {name: share.percent for name, share in shares.items() if share.total}
    return {
        "figures": {"all": coverage.total.percent, **figures},
        "missing": [item.name for item in coverage.missing],
    }


def read_json(text: str, file: str) -> tuple[list[str], list[Mapping[str, Json]]]:
    """The arguments of the run and its failures, as `as_json` wrote them. Raises `UnreadableReport`."""
    try:
        report = json.loads(text)
        failures = [one for one in report["findings"] if one["verdict"] == Verdict.FAILED]
        return list(report["arguments"]), [one for one in failures if one["id"] and one["again"] is not None]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        problem = f"{file} is no report of ringmock contract, as --report FOLDER and --json FILE write it: {error!r}"
        raise UnreadableReport(problem) from error


def _totals(report: ContractReport, part: str, findings: Sequence[Finding]) -> dict[str, Json]:
    counts = Counter(finding.verdict for finding in findings)
    known = sum(finding.is_known for finding in findings)
    return {
        "passed": counts[Verdict.PASSED],
        "failed": counts[Verdict.FAILED] - known,
        "known": known,
        "skipped": counts[Verdict.SKIPPED],
        "seconds": round(report.took(part), 3),
    }


def sarif(report: ContractReport, version: str) -> str:
    """SARIF 2.1.0: a result for each failure, those that a baseline has as suppressed."""
    failures = report.of(Verdict.FAILED)
    ids = list(dict.fromkeys(map(_rule_of, failures)))
    rules = [{"id": one, "shortDescription": {"text": SENTENCES.get(one, one)}} for one in ids]
    driver = {"name": "ringmock", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in failures]}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule_of(finding: Finding) -> str:
    return next(iter(finding.keeps), finding.operation or finding.part)


def _result(finding: Finding) -> dict[str, Json]:
    place = _PLACE.match(finding.where)
    said = [finding.because, finding.name, finding.detail, finding.reproduce]
    report: dict[str, Json] = {
        "ruleId": _rule_of(finding),
        "level": "error",
        "message": {"text": "\n".join(filter(None, said))},
        "partialFingerprints": {"ringmock/v1": finding.id},
    }
    if place is not None:
        region = {"startLine": int(place["line"])}
        report["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": place["file"]}, "region": region}}]
    if finding.is_known:
        report["suppressions"] = [{"kind": "external", "justification": "the baseline has it"}]
    return report
