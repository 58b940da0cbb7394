-- TimescaleDB under the Timescale licence (community): columnstore for readings and frames past their hot days, and a
-- continuous aggregate in place of the hub's own roll-up. Retention policies are set by maintenance, which knows for
-- how long the settings keep what. Applied later too, when an Apache database moves to the community edition.

ALTER TABLE readings SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'device_id, quantity',
    timescaledb.compress_orderby = 'measured_at, received_at'
);
SELECT add_compression_policy('readings', compress_after => INTERVAL '14 days');

ALTER TABLE frames SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'camera_id',
    timescaledb.compress_orderby = 'captured_at, received_at'
);
SELECT add_compression_policy('frames', compress_after => INTERVAL '2 days');

CREATE MATERIALIZED VIEW readings_aggregate
    WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT device_id, quantity, time_bucket(INTERVAL '1 hour', measured_at) AS hour,
           min(value) AS min, avg(value) AS avg, max(value) AS max, count(*) AS count
    FROM readings
    GROUP BY device_id, quantity, hour
    WITH NO DATA;
-- Late readings come within days, never weeks: older ones are quarantined on arrival.
SELECT add_continuous_aggregate_policy('readings_aggregate',
    start_offset => INTERVAL '14 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '30 minutes');

-- What the hub's own roll-up knows of hours whose readings are gone stays visible; the rest comes from the aggregate.
DELETE FROM readings_rollup
    WHERE hour >= (SELECT date_trunc('hour', min(measured_at), 'UTC') FROM readings);
CREATE OR REPLACE VIEW readings_hourly AS
    SELECT device_id, quantity, hour, min, avg, max, count FROM readings_rollup
    UNION ALL
    SELECT device_id, quantity, hour, min, avg, max, count FROM readings_aggregate;
