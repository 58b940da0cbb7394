-- Runs: pieces of work of the tuning role. The API queues them, a role takes them one by one, tells how far each is and
-- stores its answer. What a role that died left is taken again once its heartbeat is old.

CREATE TABLE tuning_runs (
    run_id        uuid        PRIMARY KEY,
    kind          text        NOT NULL,
    arguments     jsonb       NOT NULL,
    question_key  text        NOT NULL,
    state         text        NOT NULL DEFAULT 'waiting'
                  CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    progress      real        NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    note          text        NOT NULL DEFAULT '',
    answer        jsonb,
    problem       text,
    limits        text[]      NOT NULL DEFAULT '{}',
    by            text        NOT NULL,
    by_id         uuid,
    created_at    timestamptz NOT NULL,
    started_at    timestamptz,
    ended_at      timestamptz,
    cancel_asked  boolean     NOT NULL DEFAULT false,
    worker        text,
    heartbeat_at  timestamptz,
    attempts      integer     NOT NULL DEFAULT 0,
    revision      bigint      NOT NULL DEFAULT 1,
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'running' OR (worker IS NOT NULL AND heartbeat_at IS NOT NULL AND started_at IS NOT NULL))
) WITH (fillfactor = 70);
COMMENT ON COLUMN tuning_runs.question_key IS
    'a digest of kind, arguments, configuration and recording: the same question has the same answer';
COMMENT ON COLUMN tuning_runs.attempts IS 'how often a role has begun it; one that ends its role each time is given up';
CREATE INDEX tuning_runs_open ON tuning_runs (created_at) WHERE state IN ('waiting', 'running');
CREATE INDEX tuning_runs_newest ON tuning_runs (created_at DESC, run_id DESC);
CREATE INDEX tuning_runs_answered ON tuning_runs (question_key, ended_at DESC) WHERE state = 'done';

CREATE TABLE tuning_run_files (
    run_id  uuid    NOT NULL REFERENCES tuning_runs ON DELETE CASCADE,
    part    integer NOT NULL,
    name    text    NOT NULL,
    bytes   bytea   NOT NULL,
    PRIMARY KEY (run_id, part)
);
COMMENT ON TABLE tuning_run_files IS 'the one file that a run made, in parts: role and API need no common disk';
ALTER TABLE tuning_run_files ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE tuning_roles (
    worker      text        PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL
);
COMMENT ON TABLE tuning_roles IS 'which tuning roles run, by their last sign of life';
