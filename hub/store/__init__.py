"""TimescaleDB or PostgreSQL through psycopg and plain SQL."""
