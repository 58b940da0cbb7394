-- People: who they are, their sessions, what they failed at; and the audit, which from here on can only grow.

CREATE TABLE users (
    user_id               uuid        PRIMARY KEY,
    name                  text        NOT NULL,
    name_key              text        NOT NULL UNIQUE,
    display_name          text        NOT NULL,
    role                  text        NOT NULL CHECK (role IN
                              ('operator', 'dispatcher', 'department', 'supervisor', 'engineer', 'admin')),
    department            text,
    districts             text[],
    password_hash         text,
    must_change_password  boolean     NOT NULL DEFAULT false,
    issuer                text,
    subject               text,
    created_at            timestamptz NOT NULL,
    password_at           timestamptz,
    signed_in_at          timestamptz,
    disabled_at           timestamptz,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL)),
    CHECK (role <> 'department' OR department IS NOT NULL)
);
COMMENT ON TABLE users IS 'never deleted, only disabled: their names stand in the audit';
COMMENT ON COLUMN users.name_key IS 'the name as it is compared: normalised and without capitals';
COMMENT ON COLUMN users.districts IS 'NULL: the whole city';
COMMENT ON COLUMN users.password_hash IS 'argon2id; NULL: no signing in by password';
COMMENT ON COLUMN users.subject IS 'who the provider `issuer` says it is, for those who sign in through it';

CREATE TABLE sessions (
    session_id    uuid        PRIMARY KEY,
    user_id       uuid        NOT NULL REFERENCES users,
    hash          text        NOT NULL UNIQUE,
    csrf          text        NOT NULL,
    how           text        NOT NULL CHECK (how IN ('password', 'ticket', 'oidc')),
    remote        text        NOT NULL,
    network       text        NOT NULL,
    agent         text        NOT NULL,
    created_at    timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    ended_by      text
);
COMMENT ON COLUMN sessions.hash IS 'SHA-256 of the cookie';
COMMENT ON COLUMN sessions.network IS 'the address, or the /64 of an IPv6 one: where this user is known from';
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

CREATE TABLE session_tickets (
    hash        text        PRIMARY KEY,
    user_id     uuid        NOT NULL REFERENCES users,
    expires_at  timestamptz NOT NULL
);
COMMENT ON TABLE session_tickets IS 'each opens one session, once; used ones are gone';

CREATE TABLE sign_in_failures (
    key       text        PRIMARY KEY,
    failures  integer     NOT NULL,
    last_at   timestamptz NOT NULL,
    until     timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_failures IS 'how often signing in failed lately, by account and by address, and until when it waits';
CREATE INDEX sign_in_failures_last ON sign_in_failures (last_at);

ALTER TABLE tokens DROP CONSTRAINT tokens_role_check;
ALTER TABLE tokens ADD CONSTRAINT tokens_role_check CHECK (role IN
    ('operator', 'dispatcher', 'department', 'supervisor', 'dispatch', 'reports', 'engineer', 'admin'));
ALTER TABLE tokens ADD COLUMN department text;
ALTER TABLE tokens ADD COLUMN districts text[];
ALTER TABLE tokens ADD CONSTRAINT tokens_department CHECK (role <> 'department' OR department IS NOT NULL);
COMMENT ON COLUMN tokens.districts IS 'NULL: the whole city';

-- ---------------------------------------------------------------- the audit can only grow

ALTER TABLE audit ADD COLUMN actor_id uuid;
COMMENT ON COLUMN audit.actor_id IS 'the user or token; NULL for the hub itself and the command line';

-- The chain stands beside the rows and is written when their transaction commits: so its order is that of the commits,
-- its numbers have no gap, and its one lock is taken after every other lock.
CREATE TABLE audit_chain (
    seq       bigint PRIMARY KEY,
    audit_id  bigint NOT NULL UNIQUE,
    hash      text   NOT NULL
);
CREATE TABLE audit_head (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    seq     bigint  NOT NULL,
    hash    text    NOT NULL
) WITH (fillfactor = 50);
INSERT INTO audit_head (seq, hash) VALUES (0, '');

CREATE FUNCTION audit_part(value text) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT coalesce(octet_length(convert_to(value, 'UTF8')) || ':' || value, '-') $$;

CREATE FUNCTION audit_hash(previous text, entry audit) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(
        previous
        || audit_part(entry.id::text)
        || audit_part(to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        || audit_part(entry.actor) || audit_part(entry.actor_id::text) || audit_part(entry.action)
        || audit_part(entry.target) || audit_part(entry.detail::text) || audit_part(entry.remote), 'UTF8')), 'hex')
$$;

CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head audit_head%ROWTYPE;
BEGIN
    SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
    head.seq := head.seq + 1;
    head.hash := audit_hash(head.hash, NEW);
    INSERT INTO audit_chain (seq, audit_id, hash) VALUES (head.seq, NEW.id, head.hash);
    UPDATE audit_head SET seq = head.seq, hash = head.hash;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_linked AFTER INSERT ON audit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_link();

CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit can only grow: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_refuses();
CREATE TRIGGER audit_stays BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();
CREATE TRIGGER audit_chain_only_grows BEFORE UPDATE OR DELETE ON audit_chain
    FOR EACH ROW EXECUTE FUNCTION audit_refuses();
CREATE TRIGGER audit_chain_stays BEFORE TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();

-- What was written before joins the chain in the order of its numbers.
DO $$
DECLARE
    entry audit%ROWTYPE;
    head audit_head%ROWTYPE;
BEGIN
    SELECT * INTO STRICT head FROM audit_head;
    FOR entry IN SELECT * FROM audit ORDER BY id LOOP
        head.seq := head.seq + 1;
        head.hash := audit_hash(head.hash, entry);
        INSERT INTO audit_chain (seq, audit_id, hash) VALUES (head.seq, entry.id, head.hash);
    END LOOP;
    UPDATE audit_head SET seq = head.seq, hash = head.hash;
END $$;
