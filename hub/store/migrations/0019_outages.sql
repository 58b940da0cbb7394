-- Why a device is not online, as far as it told.

ALTER TABLE statuses ADD COLUMN outage text NOT NULL DEFAULT '';
