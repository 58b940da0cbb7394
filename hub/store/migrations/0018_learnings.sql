-- What more is told of a learning: why somebody did it, whether it was of the whole city, and why hours were left out;
-- and of a tuning role how often it learns by itself.

ALTER TABLE profile_learnings
    ADD COLUMN note   text     NOT NULL DEFAULT '',
    ADD COLUMN whole  boolean  NOT NULL DEFAULT true;
COMMENT ON COLUMN profile_learnings.whole IS 'false: of some places only, so the next learning of the whole city is as due as before';
-- Nobody wrote down what was asked for until now; less than the largest learning was not the whole city.
UPDATE profile_learnings SET whole = false
WHERE (SELECT count(*) FROM profile_outcomes WHERE profile_outcomes.learning_id = profile_learnings.learning_id)
    < (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM profile_outcomes GROUP BY learning_id) AS each);

ALTER TABLE profile_outcomes ADD COLUMN left_out_why jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN profile_outcomes.left_out_why IS 'reason → hours; empty where it was not written down yet';

ALTER TABLE tuning_roles ADD COLUMN learn_every_days double precision NOT NULL DEFAULT 0;
COMMENT ON COLUMN tuning_roles.learn_every_days IS '0: this role never learns profiles by itself';
