"""Why a call was answered as it was, in words for a person, and the smallest changed request that would pass."""
