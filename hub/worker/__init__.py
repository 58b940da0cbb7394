"""The ingest role: messages in, one transaction a batch out, then the acknowledgement."""
