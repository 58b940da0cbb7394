-- Plain PostgreSQL: the three series become range-partitioned by time. A row outside every partition made ahead falls
-- into the default partition, so that an old or early one never fails a batch; maintenance moves it to its own place.

ALTER TABLE readings RENAME TO readings_shape;
CREATE TABLE readings (LIKE readings_shape INCLUDING ALL) PARTITION BY RANGE (measured_at);
DROP TABLE readings_shape;
CREATE TABLE readings_default PARTITION OF readings DEFAULT;

ALTER TABLE frames RENAME TO frames_shape;
CREATE TABLE frames (LIKE frames_shape INCLUDING ALL) PARTITION BY RANGE (captured_at);
DROP TABLE frames_shape;
CREATE TABLE frames_default PARTITION OF frames DEFAULT;

ALTER TABLE feed RENAME TO feed_shape;
CREATE TABLE feed (LIKE feed_shape INCLUDING ALL) PARTITION BY RANGE (at);
DROP TABLE feed_shape;
CREATE TABLE feed_default PARTITION OF feed DEFAULT;
