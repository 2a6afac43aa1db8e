"""The tables, and the way from each version of them to the next. Amounts are whole picodollars (1e-12 USD).

A token of the cheapest hosted model is a whole number of them, and 64 bits hold nine million dollars.

The state of a call:

    reserved   its worst case counts as held; nothing was sent
    sent       the same, and the request is on its way: from here on it may be billed
    settled    `spent` counts: what it did cost, or the worst case where nobody can tell
    released   nothing was sent, or the provider does not bill it
    orphaned   its process died after it was sent: the worst case counts, until somebody knows better

`asked` is the model that was asked for, `model` the one that the provider says served. `totals` has what was
used and spent, by all that reports ask for; it stays when old runs go. A run's number is the millisecond it
began at, so that all orders are one. `facts` are its agent, status and model as words of the index, so that a
search for common words of rare runs does not have to look at every run.

`lines` and `answers` are what a batch that is killed goes on with: results whose line may not be in its file
yet, and what calls brought whose run has no result yet. Both go as soon as the line is safe on the disk.
`writers` are the runs that may have left files of a task behind; one that ends well is none of them any more.
"""

APPLICATION = 0x41464C57
"""`PRAGMA application_id`: a file that is a ledger says so."""

_FIRST = """
CREATE TABLE sums (
  scope TEXT NOT NULL,
  period TEXT NOT NULL,
  spent INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (scope, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE calls (
  number INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  agent TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  project TEXT NOT NULL,
  day TEXT NOT NULL,
  scopes TEXT,
  state TEXT NOT NULL CHECK (state IN ('reserved', 'sent', 'settled', 'released', 'orphaned')),
  process INTEGER NOT NULL,
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  spent INTEGER,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  cached_input_tokens INTEGER NOT NULL DEFAULT 0,
  cache_write_tokens INTEGER NOT NULL DEFAULT 0,
  started TEXT NOT NULL,
  ended TEXT
) STRICT;
CREATE INDEX open_calls ON calls (state) WHERE state IN ('reserved', 'sent');
CREATE INDEX calls_of_run ON calls (run);

CREATE TABLE totals (
  day TEXT NOT NULL,
  project TEXT NOT NULL,
  agent TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cached_input_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  spent INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  saved INTEGER NOT NULL,
  PRIMARY KEY (day, project, agent, provider, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  started TEXT NOT NULL,
  project TEXT NOT NULL,
  output_dir TEXT NOT NULL,
  agent TEXT NOT NULL,
  provider TEXT,
  asked TEXT,
  model TEXT,
  route TEXT,
  status TEXT NOT NULL,
  exit_code INTEGER NOT NULL,
  error TEXT,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cached_input_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cost INTEGER,
  strongest TEXT,
  cached INTEGER NOT NULL,
  escalated INTEGER NOT NULL DEFAULT 0,
  ttft_ms INTEGER,
  duration_ms INTEGER NOT NULL,
  feedback TEXT CHECK (feedback IN ('good', 'bad'))
) STRICT;
CREATE INDEX runs_of_agent ON runs (agent);
CREATE INDEX runs_of_model ON runs (asked);
CREATE INDEX runs_of_status ON runs (status);

CREATE TABLE texts (
  run INTEGER PRIMARY KEY REFERENCES runs (number) ON DELETE CASCADE,
  task TEXT NOT NULL,
  answer TEXT NOT NULL,
  facts TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (
  task, answer, facts, content = 'texts', content_rowid = 'run', tokenize = "unicode61 remove_diacritics 2"
);
CREATE TRIGGER texts_kept AFTER INSERT ON texts BEGIN
  INSERT INTO words (rowid, task, answer, facts) VALUES (new.run, new.task, new.answer, new.facts);
END;
CREATE TRIGGER texts_dropped AFTER DELETE ON texts BEGIN
  INSERT INTO words (words, rowid, task, answer, facts)
  VALUES ('delete', old.run, old.task, old.answer, old.facts);
END;

CREATE TABLE attempts (
  run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  provider TEXT NOT NULL,
  asked TEXT NOT NULL,
  model TEXT NOT NULL,
  outcome TEXT NOT NULL,
  error TEXT,
  started TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cached_input_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cost INTEGER,
  saved TEXT,
  PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_that_served ON attempts (provider, asked, run, duration_ms, output_tokens)
  WHERE outcome = 'ok' AND saved IS NULL;

CREATE TABLE files (
  run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  path TEXT NOT NULL,
  action TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (run, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE checks (
  run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  command TEXT NOT NULL,
  exit_code INTEGER NOT NULL,
  output_tail TEXT NOT NULL,
  built_in INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID
"""

_SECOND = "ALTER TABLE files ADD COLUMN added TEXT NOT NULL DEFAULT '[]'"

_THIRD = """
CREATE TABLE lines (
  number INTEGER PRIMARY KEY,
  batch TEXT NOT NULL,
  task TEXT NOT NULL,
  digest TEXT NOT NULL,
  run TEXT NOT NULL,
  line BLOB NOT NULL,
  UNIQUE (batch, task)
) STRICT;

CREATE TABLE answers (
  call INTEGER PRIMARY KEY REFERENCES calls (number) ON DELETE CASCADE,
  batch TEXT NOT NULL,
  task TEXT NOT NULL,
  digest TEXT NOT NULL,
  question TEXT NOT NULL,
  text TEXT NOT NULL,
  stop_reason TEXT NOT NULL,
  model TEXT,
  cost_usd TEXT
) STRICT;
CREATE INDEX answers_of_task ON answers (batch, task)
"""

_FOURTH = """
CREATE TABLE writers (
  run TEXT PRIMARY KEY,
  batch TEXT NOT NULL,
  task TEXT NOT NULL,
  UNIQUE (batch, task)
) STRICT, WITHOUT ROWID
"""

_FIFTH = """
ALTER TABLE files ADD COLUMN preview INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN needs_leave INTEGER NOT NULL DEFAULT 0
"""

_SIXTH = "ALTER TABLE totals ADD COLUMN assumed INTEGER NOT NULL DEFAULT 0"

MIGRATIONS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH)
"""`MIGRATIONS[n]` leads from version n to n + 1. What has been released is never changed."""
VERSION = len(MIGRATIONS)
