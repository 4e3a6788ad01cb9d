"""The Flask application behind the API: what a test tells the mock, and asks of it, outside the contract."""
