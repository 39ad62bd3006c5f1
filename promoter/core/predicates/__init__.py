"""From the body of a verified statement to frozen facts; a parser judges nothing and raises only `Malformed`."""
