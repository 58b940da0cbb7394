-- Every table of the hub, the same on every edition. 0002 turns three of them (readings, frames, feed) into
-- hypertables on TimescaleDB and into native range partitions on plain PostgreSQL.

-- ---------------------------------------------------------------- what arrived

CREATE TABLE readings (
    device_id    text             NOT NULL,
    quantity     text             NOT NULL,
    measured_at  timestamptz      NOT NULL,
    value        double precision NOT NULL,
    received_at  timestamptz      NOT NULL,
    grid         text             NOT NULL,
    late         boolean          NOT NULL,
    PRIMARY KEY (device_id, quantity, measured_at)
);
-- Rows lie on disk nearly in the order of receiving, so a block-range index finds a stretch of it at next to no cost.
CREATE INDEX readings_received ON readings USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE frames (
    camera_id    text        NOT NULL,
    captured_at  timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    grid         text        NOT NULL,
    late         boolean     NOT NULL,
    boxes        jsonb       NOT NULL,
    PRIMARY KEY (camera_id, captured_at)
);
CREATE INDEX frames_received ON frames USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON COLUMN frames.boxes IS '[{"label", "confidence", "track", "box": [x1, y1, x2, y2]}], fractions of the picture';

CREATE TABLE statuses (
    device_id    text        NOT NULL,
    reported_at  timestamptz NOT NULL,
    online       boolean     NOT NULL,
    retained     boolean     NOT NULL,
    received_at  timestamptz NOT NULL,
    grid         text        NOT NULL,
    PRIMARY KEY (device_id, reported_at, online)
);
CREATE INDEX statuses_received ON statuses (received_at);

CREATE TABLE quarantine (
    id                bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at       timestamptz NOT NULL,
    topic             text        NOT NULL,
    payload           bytea       NOT NULL,
    reason            text        NOT NULL,
    detail            text        NOT NULL,
    grid              text        NOT NULL,
    entry             integer,
    replayed_at       timestamptz,
    digest            bytea       NOT NULL,
    times             bigint      NOT NULL DEFAULT 1,
    last_received_at  timestamptz NOT NULL
);
COMMENT ON COLUMN quarantine.digest IS 'SHA-256 of topic, entry and payload: the same bytes again raise `times`';
CREATE UNIQUE INDEX quarantine_waiting ON quarantine (digest) WHERE replayed_at IS NULL;
CREATE INDEX quarantine_received ON quarantine (received_at);

CREATE TABLE ledger (
    grid         text        NOT NULL,
    hour         timestamptz NOT NULL,
    received     bigint      NOT NULL DEFAULT 0,
    stored       bigint      NOT NULL DEFAULT 0,
    duplicate    bigint      NOT NULL DEFAULT 0,
    quarantined  bigint      NOT NULL DEFAULT 0,
    PRIMARY KEY (grid, hour)
);
COMMENT ON TABLE ledger IS 'received = stored + duplicate + quarantined, counted in observations; grid '''' is unknown';

CREATE TABLE batches (
    batch_id    uuid        PRIMARY KEY,
    written_at  timestamptz NOT NULL,
    answer      jsonb       NOT NULL
);
COMMENT ON TABLE batches IS 'Which batches were written, so that one sent again after a lost answer is recognised whole';
CREATE INDEX batches_written ON batches (written_at);

CREATE TABLE listening (
    worker  text        NOT NULL,
    grids   text[],
    since   timestamptz NOT NULL,
    until   timestamptz NOT NULL,
    PRIMARY KEY (worker, since),
    CHECK (since <= until)
);
COMMENT ON COLUMN listening.grids IS 'NULL: all grids';

-- ---------------------------------------------------------------- what it means

CREATE TABLE alerts (
    alert_id         uuid        PRIMARY KEY,
    rule             text        NOT NULL,
    subject          text        NOT NULL,
    grid             text        NOT NULL,
    severity         text        NOT NULL CHECK (severity IN ('critical', 'major', 'minor', 'warning')),
    condition        text        NOT NULL CHECK (condition IN ('active', 'cleared')),
    since            timestamptz NOT NULL,
    raised_at        timestamptz NOT NULL,
    cleared_at       timestamptz,
    updated_at       timestamptz NOT NULL,
    acknowledged     boolean     NOT NULL DEFAULT false,
    acknowledged_by  text,
    acknowledged_at  timestamptz,
    shelved_until    timestamptz,
    shelved_by       text,
    shelve_reason    text,
    reason           jsonb       NOT NULL,
    clear_reason     jsonb,
    config_version   text        NOT NULL,
    members          text[]      NOT NULL DEFAULT '{}',
    camera_id        text,
    box              jsonb,
    sightings        jsonb       NOT NULL DEFAULT '{}',
    previous_id      uuid,
    flapping         boolean     NOT NULL DEFAULT false,
    inhibited_by     uuid,
    revision         integer     NOT NULL DEFAULT 1,
    judged_at        timestamptz NOT NULL,
    known_at         timestamptz NOT NULL,
    ended_at         timestamptz,
    record_hash      text        NOT NULL DEFAULT '',
    CHECK ((condition = 'cleared') = (cleared_at IS NOT NULL))
);
COMMENT ON COLUMN alerts.updated_at IS 'the hub''s time of the last change, whoever made it';
COMMENT ON COLUMN alerts.judged_at IS 'the time of the detector''s last word; an older word changes nothing';
COMMENT ON COLUMN alerts.known_at IS 'the hub''s time when it was raised; raised_at is event time';
COMMENT ON COLUMN alerts.ended_at IS 'the hub''s time when it cleared; cleared_at is event time';
COMMENT ON COLUMN alerts.record_hash IS 'the hash of the alert''s last feed row: the head of its hash-linked record';
CREATE UNIQUE INDEX alerts_one_active ON alerts (rule, subject) WHERE condition = 'active';
CREATE INDEX alerts_by_raised ON alerts (raised_at DESC, alert_id DESC);
CREATE INDEX alerts_by_grid ON alerts (grid, raised_at DESC);
CREATE INDEX alerts_by_subject ON alerts (rule, subject, raised_at DESC);
CREATE INDEX alerts_by_updated ON alerts (updated_at);
CREATE INDEX alerts_shelved ON alerts (shelved_until) WHERE shelved_until IS NOT NULL;

CREATE TABLE alert_evidence (
    alert_id     uuid        NOT NULL,
    kind         text        NOT NULL,
    captured_at  timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    sha256       text        NOT NULL,
    jpeg         bytea,
    bytes        integer     NOT NULL,
    PRIMARY KEY (alert_id, kind, captured_at)
);
COMMENT ON COLUMN alert_evidence.jpeg IS 'NULL once the picture''s time is over; its hash stays in the record';
ALTER TABLE alert_evidence ALTER COLUMN jpeg SET STORAGE EXTERNAL;  -- a JPEG does not compress
CREATE INDEX alert_evidence_by_hash ON alert_evidence (sha256);
CREATE INDEX alert_evidence_kept ON alert_evidence (received_at) WHERE jpeg IS NOT NULL;

CREATE TABLE feed (
    seq        bigint      NOT NULL,
    at         timestamptz NOT NULL,
    type       text        NOT NULL,
    alert_id   uuid        NOT NULL,
    grid       text        NOT NULL,
    alert      jsonb       NOT NULL,
    prev_hash  text        NOT NULL,
    hash       text        NOT NULL,
    PRIMARY KEY (seq, at)
);
CREATE INDEX feed_by_alert ON feed (alert_id, seq);

-- The last sequence number. Its row is locked last in a transaction and until it ends: commits follow one another in
-- the order of their numbers, and a transaction that rolls back leaves no gap.
CREATE TABLE feed_head (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    seq   bigint  NOT NULL
) WITH (fillfactor = 50);
INSERT INTO feed_head (seq) VALUES (0);

-- ---------------------------------------------------------------- what it was judged with

CREATE TABLE configurations (
    version    text        PRIMARY KEY,
    stored_at  timestamptz NOT NULL,
    city       jsonb       NOT NULL,
    detectors  jsonb       NOT NULL
);

-- ---------------------------------------------------------------- who may, and who did

CREATE TABLE tokens (
    token_id      uuid        PRIMARY KEY,
    name          text        NOT NULL,
    role          text        NOT NULL CHECK (role IN ('operator', 'dispatch', 'engineer', 'admin')),
    hash          text        NOT NULL UNIQUE,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz
);

CREATE TABLE audit (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    actor   text        NOT NULL,
    action  text        NOT NULL,
    target  text        NOT NULL,
    detail  jsonb       NOT NULL DEFAULT '{}',
    remote  text
);
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_target ON audit (target, id);

CREATE TABLE idempotency (
    key           text        NOT NULL,
    token_id      uuid        NOT NULL,
    route         text        NOT NULL,
    request_hash  text        NOT NULL,
    status        integer,
    response      jsonb,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (token_id, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- ---------------------------------------------------------------- hourly aggregates

-- Filled by the hub's own maintenance where the edition has no continuous aggregates.
CREATE TABLE readings_rollup (
    device_id  text             NOT NULL,
    quantity   text             NOT NULL,
    hour       timestamptz      NOT NULL,
    min        double precision NOT NULL,
    avg        double precision NOT NULL,
    max        double precision NOT NULL,
    count      bigint           NOT NULL,
    PRIMARY KEY (device_id, quantity, hour)
);
CREATE INDEX readings_rollup_by_hour ON readings_rollup (hour);

-- How far maintenance came: readings received before `received_until` are in the roll-up.
CREATE TABLE rollup_progress (
    single            boolean     PRIMARY KEY DEFAULT true CHECK (single),
    received_until  timestamptz NOT NULL
);
INSERT INTO rollup_progress (received_until) VALUES ('-infinity');

CREATE VIEW readings_hourly AS
    SELECT device_id, quantity, hour, min, avg, max, count FROM readings_rollup;
