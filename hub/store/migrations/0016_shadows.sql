-- Candidate configurations judged beside the live one, silently: what each is, how far it has followed each grid, what
-- it would have raised, and what was done with it.

CREATE TABLE shadows (
    shadow_id   uuid         PRIMARY KEY,
    version     text         NOT NULL,
    grids       text[]       NOT NULL CHECK (cardinality(grids) > 0),
    note        text         NOT NULL,
    by          text         NOT NULL,
    started_at  timestamptz  NOT NULL,
    until       timestamptz,
    state       text         NOT NULL CHECK (state IN ('running', 'canary', 'promoted', 'rolled_back', 'ended')),
    ended_at    timestamptz,
    why         text         NOT NULL DEFAULT '',
    canary      jsonb,
    revision    integer      NOT NULL DEFAULT 1,
    CHECK ((ended_at IS NULL) = (state IN ('running', 'canary'))),
    CHECK (state <> 'canary' OR canary IS NOT NULL)
);
COMMENT ON COLUMN shadows.canary IS '{"grids", "limits", "name", "version", "before_version", "since", "per_hour_before"}';
CREATE INDEX shadows_open ON shadows (started_at) WHERE ended_at IS NULL;

CREATE TABLE shadow_grids (
    shadow_id       uuid         NOT NULL REFERENCES shadows ON DELETE CASCADE,
    grid            text         NOT NULL,
    followed_until  timestamptz  NOT NULL,
    heard_until     timestamptz  NOT NULL,
    config_version  text,
    problem         text         NOT NULL DEFAULT '',
    PRIMARY KEY (shadow_id, grid)
);
COMMENT ON COLUMN shadow_grids.followed_until IS 'Everything received before it is judged';
COMMENT ON COLUMN shadow_grids.config_version IS 'What it was last judged by; NULL: nothing yet';

CREATE TABLE shadow_alerts (
    shadow_id       uuid         NOT NULL REFERENCES shadows ON DELETE CASCADE,
    alert_id        uuid         NOT NULL,
    rule            text         NOT NULL,
    subject         text         NOT NULL,
    grid            text         NOT NULL,
    severity        text         NOT NULL,
    condition       text         NOT NULL CHECK (condition IN ('active', 'cleared')),
    since           timestamptz  NOT NULL,
    raised_at       timestamptz  NOT NULL,
    cleared_at      timestamptz,
    reason          jsonb        NOT NULL,
    clear_reason    jsonb,
    config_version  text         NOT NULL,
    members         text[]       NOT NULL,
    camera_id       text,
    box             jsonb,
    sightings       jsonb        NOT NULL,
    previous_id     uuid,
    flapping        boolean      NOT NULL,
    inhibited_by    uuid,
    revision        integer      NOT NULL,
    is_inherited    boolean      NOT NULL,
    PRIMARY KEY (shadow_id, alert_id)
);
COMMENT ON COLUMN shadow_alerts.is_inherited IS 'It was known already when the shadow began: the live configuration raised it';
CREATE INDEX shadow_alerts_grid ON shadow_alerts (shadow_id, grid, raised_at);

CREATE TABLE shadow_events (
    shadow_id  uuid         NOT NULL REFERENCES shadows ON DELETE CASCADE,
    seq        integer      NOT NULL,
    at         timestamptz  NOT NULL,
    what       text         NOT NULL,
    by         text         NOT NULL,
    detail     jsonb        NOT NULL,
    PRIMARY KEY (shadow_id, seq)
);
