-- The versions of the detectors file: who made them and why, when each was in force, and what is to be applied when.

CREATE TABLE configuration_versions (
    version     text        PRIMARY KEY CHECK (version ~ '^[0-9a-f]{12}$'),
    parent      text,
    text        text        NOT NULL,
    thresholds  jsonb       NOT NULL,
    author      text        NOT NULL,
    note        text        NOT NULL DEFAULT '',
    source      text        NOT NULL CHECK (source IN ('proposed', 'imported', 'file')),
    brought_by  text,
    stored_at   timestamptz NOT NULL
);
COMMENT ON COLUMN configuration_versions.version IS 'a hash of what the file sets: the same for the same meaning';
COMMENT ON COLUMN configuration_versions.text IS 'the file as it was last seen with this meaning, comments and all';
COMMENT ON COLUMN configuration_versions.source IS 'file: found in the detectors file, not made here';
COMMENT ON COLUMN configuration_versions.brought_by IS 'who imported it; the author is whom the imported file names';
CREATE INDEX configuration_versions_newest ON configuration_versions (stored_at DESC, version);

CREATE TABLE configuration_schedules (
    schedule_id  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version      text        NOT NULL REFERENCES configuration_versions,
    due_at       timestamptz NOT NULL,
    expected     text,
    state        text        NOT NULL DEFAULT 'waiting'
                 CHECK (state IN ('waiting', 'applied', 'refused', 'missed', 'withdrawn')),
    made_by      text        NOT NULL,
    actor_id     uuid,
    note         text        NOT NULL DEFAULT '',
    made_at      timestamptz NOT NULL,
    ended_at     timestamptz,
    why          text,
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
COMMENT ON COLUMN configuration_schedules.expected IS 'the version that must be in force then: else it is refused';
CREATE INDEX configuration_schedules_due ON configuration_schedules (due_at) WHERE state = 'waiting';

CREATE TABLE configuration_applications (
    application_id  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version         text        NOT NULL REFERENCES configuration_versions,
    state           text        NOT NULL CHECK (state IN ('writing', 'applied', 'failed')),
    how             text        NOT NULL CHECK (how IN ('applied', 'rolled_back', 'scheduled', 'file')),
    made_by         text        NOT NULL,
    actor_id        uuid,
    remote          text,
    note            text        NOT NULL DEFAULT '',
    at              timestamptz NOT NULL,
    ended_at        timestamptz,
    before_id       bigint      REFERENCES configuration_applications,
    schedule_id     bigint      REFERENCES configuration_schedules,
    why             text
);
COMMENT ON COLUMN configuration_applications.state IS
    'writing: meant, and perhaps written; what stands in the file decides whether it became applied or failed';
COMMENT ON COLUMN configuration_applications.before_id IS 'what a roll-back of this one returns to';
CREATE UNIQUE INDEX configuration_in_force ON configuration_applications ((true))
    WHERE state = 'applied' AND ended_at IS NULL;
CREATE UNIQUE INDEX configuration_being_written ON configuration_applications ((true)) WHERE state = 'writing';
CREATE INDEX configuration_applications_of ON configuration_applications (version, at);

ALTER TABLE configurations ADD COLUMN detectors_version text;
COMMENT ON COLUMN configurations.detectors_version IS
    'the version of the detectors file that it was made with; NULL: from before these were kept';
CREATE INDEX configurations_by_detectors ON configurations (detectors_version);
