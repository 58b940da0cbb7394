-- Deliveries: who wants the feed sent, and what became of each item on its way to them. The queue that says which lane
-- is to be worked on and when (tables procrastinate_…) comes with its library and is brought up to date by `migrate`
-- too; it holds nothing that could not be made again from these tables.

CREATE TABLE delivery_hub (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    hub_id  uuid    NOT NULL
);
COMMENT ON TABLE delivery_hub IS 'by which receivers tell hubs apart: the source of every event';
INSERT INTO delivery_hub (hub_id) VALUES (gen_random_uuid());

CREATE TABLE delivery_endpoints (
    endpoint_id      uuid        PRIMARY KEY,
    url              text        NOT NULL,
    description      text        NOT NULL DEFAULT '',
    types            text[]      NOT NULL DEFAULT '{}',
    rules            text[]      NOT NULL DEFAULT '{}',
    grids            text[]      NOT NULL DEFAULT '{}',
    departments      text[]      NOT NULL DEFAULT '{}',
    private_host     text,
    parallel         integer     NOT NULL CHECK (parallel BETWEEN 1 AND 32),
    active           boolean     NOT NULL DEFAULT true,
    disabled_reason  text,
    disabled_at      timestamptz,
    created_at       timestamptz NOT NULL,
    created_by       text        NOT NULL,
    salt             bytea       NOT NULL,
    rotated_at       timestamptz NOT NULL,
    previous_salt    bytea,
    previous_until   timestamptz,
    key_check        text        NOT NULL,
    cursor           bigint      NOT NULL,
    failures         integer     NOT NULL DEFAULT 0,
    slowness         integer     NOT NULL DEFAULT 0,
    paused_until     timestamptz,
    failing_since    timestamptz,
    last_success_at  timestamptz,
    last_attempt_at  timestamptz,
    last_error       text,
    revision         integer     NOT NULL DEFAULT 1,
    CHECK ((previous_salt IS NULL) = (previous_until IS NULL))
) WITH (fillfactor = 50);
COMMENT ON COLUMN delivery_endpoints.salt IS 'with the hub''s key, which is not in the database, it gives the secret';
COMMENT ON COLUMN delivery_endpoints.key_check IS 'a mark of the hub''s key that the secret comes from';
COMMENT ON COLUMN delivery_endpoints.cursor IS 'every item of the feed up to it was looked at for this endpoint';
COMMENT ON COLUMN delivery_endpoints.failing_since IS 'since when nothing was taken, however often it was tried';

CREATE TABLE deliveries (
    delivery_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id     uuid        NOT NULL REFERENCES delivery_endpoints ON DELETE CASCADE,
    seq             bigint      NOT NULL,
    item_at         timestamptz NOT NULL,
    type            text        NOT NULL,
    lane            text        NOT NULL,
    grid            text        NOT NULL,
    departments     text[]      NOT NULL DEFAULT '{}',
    state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    queued_at       timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    refusals        integer     NOT NULL DEFAULT 0,
    first_tried_at  timestamptz,
    last_tried_at   timestamptz,
    next_at         timestamptz,
    ended_at        timestamptz,
    status_code     integer,
    outcome         text,
    snippet         text,
    took_s          double precision,
    UNIQUE (endpoint_id, seq),
    CHECK ((state = 'pending') = (ended_at IS NULL))
);
COMMENT ON COLUMN deliveries.lane IS 'case/ID or alert/ID: what of one lane is sent one after the other, in order of seq';
COMMENT ON COLUMN deliveries.item_at IS 'the feed item''s `at`: with seq it is the key of the feed';
COMMENT ON COLUMN deliveries.refusals IS 'failed attempts that were this delivery''s own fault; its gaps grow with them';
CREATE INDEX deliveries_pending ON deliveries (endpoint_id, lane, seq) WHERE state = 'pending';
CREATE INDEX deliveries_by_state ON deliveries (state, delivery_id DESC);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, state, delivery_id DESC);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE queue_migrations (
    name        text        PRIMARY KEY,
    applied_at  timestamptz NOT NULL
);
COMMENT ON TABLE queue_migrations IS 'which of the queue library''s own migrations the database has';
