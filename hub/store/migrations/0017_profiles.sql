-- What was learnt to be usual: profiles under the hash of their content, and what became of each place in each learning.

CREATE TABLE profiles (
    version       text         PRIMARY KEY,
    subject       text         NOT NULL,
    quantity      text         NOT NULL,
    learnt_from   timestamptz  NOT NULL,
    learnt_until  timestamptz  NOT NULL,
    document      jsonb        NOT NULL,
    stored_at     timestamptz  NOT NULL,
    CHECK (learnt_from < learnt_until)
);
COMMENT ON TABLE profiles IS 'never changed: an alert names the version of the profile that it was judged by';
COMMENT ON COLUMN profiles.document IS 'median, spread and n of each of the 168 hours of the local week; null: not learnt';
CREATE INDEX profiles_by_subject ON profiles (subject, quantity, stored_at DESC);

CREATE TABLE profile_learnings (
    learning_id   bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    learnt_at     timestamptz  NOT NULL,
    learnt_by     text         NOT NULL,
    since         timestamptz  NOT NULL,
    until         timestamptz  NOT NULL,
    profiles      text         NOT NULL,
    CHECK (since < until)
);
COMMENT ON COLUMN profile_learnings.profiles IS 'the version of all profiles together as they were written; '''' for none';

CREATE TABLE profile_outcomes (
    learning_id   bigint   NOT NULL REFERENCES profile_learnings ON DELETE CASCADE,
    subject       text     NOT NULL,
    quantity      text     NOT NULL,
    grid          text     NOT NULL,
    version       text     REFERENCES profiles,
    why_not       text,
    hours         integer  NOT NULL,
    left_out      integer  NOT NULL,
    PRIMARY KEY (learning_id, subject, quantity),
    CHECK ((version IS NULL) = (why_not IS NOT NULL))
);
CREATE INDEX profile_outcomes_by_subject ON profile_outcomes (subject, quantity, learning_id DESC);
