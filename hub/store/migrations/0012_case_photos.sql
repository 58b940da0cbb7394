-- Which cases a picture was handed in with: who sees one of them sees the picture.

CREATE TABLE case_photos (
    sha256   text NOT NULL REFERENCES photos,
    case_id  uuid NOT NULL REFERENCES cases,
    PRIMARY KEY (sha256, case_id)
);
CREATE INDEX case_photos_by_case ON case_photos (case_id);
