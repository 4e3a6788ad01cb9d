"""What a test can do to a world's calls: faults on demand, rate limits, and webhooks to its receivers."""
