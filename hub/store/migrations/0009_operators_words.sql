-- Two words of the operators on an alert that change no state: who owns it, and whether it was real. And what the board
-- is read by: of all alerts that ever were, the few thousand that are open.

ALTER TABLE alerts ADD COLUMN owner text;
ALTER TABLE alerts ADD COLUMN verdict jsonb;
COMMENT ON COLUMN alerts.owner IS 'who has taken the alert upon themselves, by name';
COMMENT ON COLUMN alerts.verdict IS '{"is": "real" or "false_alarm", "by", "at", "reason"}';
CREATE INDEX alerts_open ON alerts (raised_at DESC, alert_id DESC) WHERE condition = 'active';
CREATE INDEX alerts_symptoms ON alerts (inhibited_by) WHERE condition = 'active' AND inhibited_by IS NOT NULL;
