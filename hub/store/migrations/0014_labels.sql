-- What people say was true at one place over one interval: drawn, imported, given to a difference or to a quiet
-- candidate. An operator's verdict on an alert is a label as well, and stays where it is: `every_label` unites them.

CREATE TABLE label_candidates (
    candidate_id  uuid              PRIMARY KEY,
    rule          text              NOT NULL,
    subject       text              NOT NULL,
    grid          text              NOT NULL,
    camera_id     text,
    since         timestamptz       NOT NULL,
    until         timestamptz,
    raised_at     timestamptz       NOT NULL,
    reason        text              NOT NULL,
    numbers       jsonb             NOT NULL DEFAULT '{}',
    stratum       text              NOT NULL,
    frame         integer           NOT NULL CHECK (frame >= 1),
    turn          integer           NOT NULL,
    drawn_at      timestamptz       NOT NULL,
    drawn_by      text              NOT NULL
);
COMMENT ON TABLE label_candidates IS 'what would have been raised at laxer thresholds and was drawn by lot for labelling';
COMMENT ON COLUMN label_candidates.frame IS 'among how many of its stratum it was drawn';
COMMENT ON COLUMN label_candidates.turn IS 'its place in the order of the draw: whoever labels the first few labels a lot';
CREATE INDEX label_candidates_by_stratum ON label_candidates (stratum);
CREATE INDEX label_candidates_by_rule ON label_candidates (rule, since);

CREATE TABLE labels (
    label_id      uuid              PRIMARY KEY,
    rule          text              NOT NULL,
    subject       text              NOT NULL,
    grid          text              NOT NULL,
    since         timestamptz       NOT NULL,
    until         timestamptz,
    verdict       text              NOT NULL CHECK (verdict IN ('true', 'false', 'missed')),
    reason        text              NOT NULL DEFAULT '',
    source        text              NOT NULL CHECK (source IN ('verdict', 'drawn', 'diff', 'sample', 'import')),
    weight        double precision  NOT NULL DEFAULT 1 CHECK (weight >= 1 AND weight < 'infinity'),
    said_by       text              NOT NULL,
    said_at       timestamptz       NOT NULL,
    alert_id      uuid,
    candidate_id  uuid              REFERENCES label_candidates,
    stored_at     timestamptz       NOT NULL,
    withdrawn_at  timestamptz,
    withdrawn_by  text,
    CHECK (until IS NULL OR until >= since),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
COMMENT ON COLUMN labels.until IS 'NULL: it was still going on when that was said';
COMMENT ON COLUMN labels.weight IS 'how many events it stands for; of a drawn candidate, every_label says it';
COMMENT ON COLUMN labels.source IS 'verdict: an operator''s word on an alert of another hub, imported';
CREATE INDEX labels_by_rule ON labels (rule, since) WHERE withdrawn_at IS NULL;
CREATE INDEX labels_by_time ON labels (since DESC, label_id DESC) WHERE withdrawn_at IS NULL;
CREATE INDEX labels_by_candidate ON labels (candidate_id) WHERE candidate_id IS NOT NULL AND withdrawn_at IS NULL;
CREATE INDEX alerts_with_a_verdict ON alerts (since DESC) WHERE verdict IS NOT NULL;

-- A label is never changed and never removed; it can be withdrawn, once.
CREATE FUNCTION labels_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
       AND to_jsonb(OLD) - 'withdrawn_at' - 'withdrawn_by' = to_jsonb(NEW) - 'withdrawn_at' - 'withdrawn_by' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a label is never changed or removed: withdraw it and give another' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER labels_stay BEFORE UPDATE OR DELETE ON labels FOR EACH ROW EXECUTE FUNCTION labels_only_grow();

-- A drawn candidate's label stands for its stratum's whole frame, shared among those that have been labelled so far.
CREATE VIEW every_label AS
    SELECT labels.label_id, labels.rule, labels.subject, labels.grid, labels.since, labels.until, labels.verdict,
           labels.reason, labels.source,
           CASE WHEN drawn.candidate_id IS NULL THEN labels.weight
                ELSE greatest(1, drawn.frame::double precision / (
                    SELECT count(DISTINCT beside.candidate_id) FROM label_candidates AS beside
                    JOIN labels AS given ON given.candidate_id = beside.candidate_id AND given.withdrawn_at IS NULL
                    WHERE beside.stratum = drawn.stratum)) END AS weight,
           labels.said_by, labels.said_at, labels.alert_id
    FROM labels LEFT JOIN label_candidates AS drawn USING (candidate_id)
    WHERE labels.withdrawn_at IS NULL
    UNION ALL
    SELECT md5('verdict/' || alert_id)::uuid, rule, subject, grid, since, cleared_at,
           CASE verdict ->> 'is' WHEN 'real' THEN 'true' ELSE 'false' END, coalesce(verdict ->> 'reason', ''),
           'verdict', 1, verdict ->> 'by', (verdict ->> 'at')::timestamptz, alert_id
    FROM alerts WHERE verdict IS NOT NULL;
