"""A run's findings, told: to a person, and to programs that read JUnit, SARIF, JSON or GitHub's log."""
