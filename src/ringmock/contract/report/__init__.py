"""A run's findings, reported to a person, and to programs that read JUnit, SARIF, JSON or GitHub's log."""
