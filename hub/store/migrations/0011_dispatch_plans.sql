-- Every dispatch plan the hub ran with, under its version: a case names the one it was filed and dispatched by.

CREATE TABLE dispatch_plans (
    version    text         PRIMARY KEY,
    stored_at  timestamptz  NOT NULL,
    plan       jsonb        NOT NULL
);
