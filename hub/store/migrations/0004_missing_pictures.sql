-- A picture that a camera was asked for and could not give is recorded too, with the reason, beside those that came.

ALTER TABLE alert_evidence ALTER COLUMN sha256 DROP NOT NULL;
ALTER TABLE alert_evidence ADD COLUMN missing text;
ALTER TABLE alert_evidence ADD CONSTRAINT alert_evidence_picture_or_reason
    CHECK ((sha256 IS NULL) = (missing IS NOT NULL));
COMMENT ON COLUMN alert_evidence.missing IS 'why there is no picture; captured_at is then the instant that was asked for';
