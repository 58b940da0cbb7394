-- TimescaleDB, either licence: the three series become hypertables. Chunks are made as rows come, however old.

SELECT create_hypertable('readings', 'measured_at', chunk_time_interval => INTERVAL '7 days',
                         create_default_indexes => false);
SELECT create_hypertable('frames', 'captured_at', chunk_time_interval => INTERVAL '1 day',
                         create_default_indexes => false);
SELECT create_hypertable('feed', 'at', chunk_time_interval => INTERVAL '28 days',
                         create_default_indexes => false);
