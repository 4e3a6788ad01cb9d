"""Findings and reports for tests of how they are told."""

from typing import Any

from ringmock.contract.findings import ContractReport, Finding, Verdict


def finding(
    name: str = "A page arrives", verdict: Verdict = Verdict.PASSED, part: str = "cases", **more: Any
) -> Finding:
    return Finding(part, name, verdict, **more)


def failed(name: str = "A page arrives", detail: str = "status  200  400", **more: Any) -> Finding:
    return finding(name, Verdict.FAILED, detail=detail, **more)


def report(*findings: Finding) -> ContractReport:
    return ContractReport(list(findings))
