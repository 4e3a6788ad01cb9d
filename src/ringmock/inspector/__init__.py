"""The inspector: HTML pages that show one world."""
