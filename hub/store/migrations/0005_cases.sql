-- Cases: what is dispatched, from discovery to a verified end. Each has a hash-linked record in the one feed, as each
-- alert has: a row of the feed tells of an alert or of a case, never of both.

CREATE TABLE cases (
    case_id            uuid             PRIMARY KEY,
    number             text             NOT NULL UNIQUE,
    title              text             NOT NULL,
    stage              text             NOT NULL CHECK (stage IN ('collected', 'filed', 'dispatched', 'handling', 'done',
                                                   'verified', 'closed', 'not_filed', 'voided', 'merged')),
    grid               text             NOT NULL,
    district           text             NOT NULL,
    level              text             NOT NULL CHECK (level IN ('street', 'district', 'city')),
    severity           text             NOT NULL CHECK (severity IN ('critical', 'major', 'minor', 'warning')),
    opened_at          timestamptz      NOT NULL,
    opened_by          text             NOT NULL,
    history            uuid             NOT NULL,
    last               jsonb            NOT NULL,
    department         text,
    squad              text,
    called_in          text[]           NOT NULL DEFAULT '{}',
    category           text,
    rule               text,
    subject            text,
    camera_id          text,
    latitude           double precision,
    longitude          double precision,
    place              text             NOT NULL DEFAULT '',
    filed_at           timestamptz,
    dispatched_at      timestamptz,
    taken_by           text,
    taken_until        timestamptz,
    done_at            timestamptz,
    verified_at        timestamptz,
    closed_at          timestamptz,
    ended_reason       text,
    alerts             uuid[]           NOT NULL DEFAULT '{}',
    reports            uuid[]           NOT NULL DEFAULT '{}',
    clock              text             CHECK (clock IN ('urgent', 'working')),
    condition          text,
    warn_at            timestamptz,
    due_at             timestamptz,
    warned             boolean          NOT NULL DEFAULT false,
    overdue            boolean          NOT NULL DEFAULT false,
    escalated_to       text             CHECK (escalated_to IN ('street', 'district', 'city')),
    suspension         text             NOT NULL DEFAULT 'none' CHECK (suspension IN ('none', 'asked', 'suspended')),
    suspended_at       timestamptz,
    suspended_until    timestamptz,
    suspended_total_s  double precision NOT NULL DEFAULT 0,
    pauses             jsonb            NOT NULL DEFAULT '[]',
    reworks            integer          NOT NULL DEFAULT 0,
    reopens            integer          NOT NULL DEFAULT 0,
    recurrences        integer          NOT NULL DEFAULT 0,
    previous           uuid,
    merged_into        uuid,
    split_from         uuid,
    evaluation         jsonb,
    plan_version       text,
    revision           integer          NOT NULL DEFAULT 1,
    departments        text[]           NOT NULL DEFAULT '{}',
    updated_at         timestamptz      NOT NULL,
    record_hash        text             NOT NULL DEFAULT '',
    CHECK ((suspension = 'suspended') = (suspended_at IS NOT NULL)),
    CHECK ((stage IN ('closed', 'not_filed', 'voided', 'merged')) = (closed_at IS NOT NULL)),
    CHECK ((stage = 'merged') = (merged_into IS NOT NULL))
);
COMMENT ON COLUMN cases.departments IS 'every department that the case is or ever was with: how far departments see';
COMMENT ON COLUMN cases.history IS 'the same for every case of the same place; at first the case''s own id';
COMMENT ON COLUMN cases.record_hash IS 'the hash of the case''s last feed row: the head of its hash-linked record';
CREATE INDEX cases_by_opened ON cases (opened_at DESC, case_id DESC);
CREATE INDEX cases_open ON cases (opened_at DESC, case_id DESC)
    WHERE stage NOT IN ('closed', 'not_filed', 'voided', 'merged');
CREATE INDEX cases_by_grid ON cases (grid, opened_at DESC);
CREATE INDEX cases_by_departments ON cases USING gin (departments);
CREATE INDEX cases_by_reports ON cases USING gin (reports);
CREATE INDEX cases_by_history ON cases (history, opened_at);
CREATE INDEX cases_by_subject ON cases (rule, subject);
CREATE INDEX cases_by_updated ON cases (updated_at);
-- What the clock has to be looked at for; few rows, looked at every few seconds.
CREATE INDEX cases_to_warn ON cases (warn_at) WHERE NOT warned AND suspension <> 'suspended'
    AND stage IN ('filed', 'dispatched', 'handling');
CREATE INDEX cases_to_call_overdue ON cases (due_at) WHERE NOT overdue AND suspension <> 'suspended'
    AND stage IN ('filed', 'dispatched', 'handling');
CREATE INDEX cases_to_resume ON cases (suspended_until) WHERE suspension = 'suspended';
CREATE INDEX cases_to_lapse ON cases (taken_until) WHERE taken_until IS NOT NULL;

-- Which alerts belong to which case. An alert belongs to one open case at most.
CREATE TABLE case_alerts (
    alert_id  uuid     NOT NULL,
    case_id   uuid     NOT NULL REFERENCES cases,
    open      boolean  NOT NULL,
    PRIMARY KEY (alert_id, case_id)
);
CREATE UNIQUE INDEX case_alerts_one_open ON case_alerts (alert_id) WHERE open;
CREATE INDEX case_alerts_by_case ON case_alerts (case_id);

-- The last number of each year; its row is locked until the case is there.
CREATE TABLE case_numbers (
    year    integer  PRIMARY KEY,
    number  integer  NOT NULL
);

-- How far the feed was followed for alerts that belong to cases.
CREATE TABLE case_follower (
    single  boolean  PRIMARY KEY DEFAULT true CHECK (single),
    seq     bigint   NOT NULL
);
INSERT INTO case_follower (seq) SELECT seq FROM feed_head;

-- Pictures that people hand in: with a step of a case, or with a report.
CREATE TABLE photos (
    sha256       text         PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    media_type   text         NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
    content      bytea        NOT NULL,
    bytes        integer      NOT NULL,
    uploaded_at  timestamptz  NOT NULL,
    uploaded_by  text         NOT NULL
);
ALTER TABLE photos ALTER COLUMN content SET STORAGE EXTERNAL;  -- neither compresses

-- Where alerts of one place are looked for.
CREATE INDEX alerts_by_camera ON alerts (camera_id, rule, raised_at DESC) WHERE camera_id IS NOT NULL;

ALTER TABLE feed ALTER COLUMN alert_id DROP NOT NULL;
ALTER TABLE feed ALTER COLUMN alert DROP NOT NULL;
ALTER TABLE feed ADD COLUMN case_id uuid;
ALTER TABLE feed ADD COLUMN "case" jsonb;
ALTER TABLE feed ADD CONSTRAINT feed_tells_of_one CHECK (
    (alert_id IS NULL) = (alert IS NULL) AND (case_id IS NULL) = ("case" IS NULL)
    AND (alert_id IS NULL) <> (case_id IS NULL));
CREATE INDEX feed_by_case ON feed (case_id, seq) WHERE case_id IS NOT NULL;
