-- Citizens' reports, handed in by front ends. Which of them are in a case, the cases themselves say (cases.reports).

CREATE TABLE reports (
    report_id      uuid              PRIMARY KEY,
    number         bigint            GENERATED ALWAYS AS IDENTITY (START WITH 100001) UNIQUE,
    received_at    timestamptz       NOT NULL,
    updated_at     timestamptz       NOT NULL,
    source         uuid              NOT NULL,
    source_name    text              NOT NULL,
    category       text              NOT NULL,
    category_name  text              NOT NULL,
    description    text              NOT NULL DEFAULT '',
    address        text              NOT NULL DEFAULT '',
    latitude       double precision,
    longitude      double precision,
    grid           text,
    placed         text              NOT NULL CHECK (placed IN ('inside', 'near', 'outside', 'unknown', 'by_hand')),
    gap_m          double precision  NOT NULL DEFAULT 0,
    photos         text[]            NOT NULL DEFAULT '{}',
    media_url      text              NOT NULL DEFAULT '',
    state          text              NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'linked', 'dismissed')),
    alert_id       uuid,
    reason         text              NOT NULL DEFAULT '',
    handled_by     text,
    handled_at     timestamptz,
    CHECK ((latitude IS NULL) = (longitude IS NULL)),
    CHECK ((state = 'linked') = (alert_id IS NOT NULL)),
    CHECK ((state = 'dismissed') = (reason <> '')),
    CHECK ((state = 'new') = (handled_at IS NULL))
);
COMMENT ON COLUMN reports.number IS 'what its reporter knows it by: GeoReport''s service_request_id';
COMMENT ON COLUMN reports.source IS 'the token of the front end that handed it in';
COMMENT ON COLUMN reports.grid IS 'NULL: nobody has said yet where it lies';
CREATE INDEX reports_by_received ON reports (received_at DESC, report_id DESC);
CREATE INDEX reports_by_grid ON reports (grid, received_at DESC);
CREATE INDEX reports_by_source ON reports (source, received_at DESC);
CREATE INDEX reports_by_alert ON reports (alert_id) WHERE alert_id IS NOT NULL;
CREATE INDEX reports_new ON reports (received_at DESC) WHERE state = 'new';
CREATE INDEX reports_by_photo ON reports USING gin (photos);

-- How reporters can be reached: apart, so that it can be forgotten, and so that nothing that reads reports reads it.
CREATE TABLE report_contacts (
    report_id   uuid         PRIMARY KEY REFERENCES reports ON DELETE CASCADE,
    stored_at   timestamptz  NOT NULL,
    first_name  text         NOT NULL DEFAULT '',
    last_name   text         NOT NULL DEFAULT '',
    phone       text         NOT NULL DEFAULT '',
    email       text         NOT NULL DEFAULT '',
    account_id  text         NOT NULL DEFAULT '',
    device_id   text         NOT NULL DEFAULT ''
);
CREATE INDEX report_contacts_kept ON report_contacts (stored_at);
