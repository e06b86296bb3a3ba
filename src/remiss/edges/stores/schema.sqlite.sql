-- The catalog's schema, version 52. Generated: run `make tidy` after a change.

CREATE TABLE abstention_texts (
    abstention_key INTEGER NOT NULL,
    rationale TEXT NOT NULL,
    quotes TEXT NOT NULL,
    CONSTRAINT pk_abstention_texts PRIMARY KEY (abstention_key),
    CONSTRAINT fk_abstention_texts_abstention_key FOREIGN KEY(abstention_key) REFERENCES abstentions ("key")
);

CREATE TABLE abstentions (
    "key" INTEGER NOT NULL,
    event_key INTEGER NOT NULL,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    position_to BIGINT,
    superseded TEXT,
    reproduced TEXT NOT NULL,
    CONSTRAINT pk_abstentions PRIMARY KEY ("key"),
    CONSTRAINT fk_abstentions_event_key FOREIGN KEY(event_key) REFERENCES events ("key")
);

CREATE INDEX ix_abstentions_event_key ON abstentions (event_key);

CREATE INDEX ix_abstentions_person_position ON abstentions (person, position);

CREATE TABLE alert_acts (
    "key" INTEGER NOT NULL,
    alert TEXT NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_alert_acts PRIMARY KEY ("key")
);

CREATE INDEX ix_alert_acts_alert ON alert_acts (alert);

CREATE TABLE alert_looks (
    "key" INTEGER NOT NULL,
    series TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_alert_looks PRIMARY KEY ("key"),
    CONSTRAINT uq_alert_looks_series_window_start UNIQUE (series, window_start)
);

CREATE TABLE attachment_names (
    attachment_key INTEGER NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_attachment_names PRIMARY KEY (attachment_key),
    CONSTRAINT fk_attachment_names_attachment_key FOREIGN KEY(attachment_key) REFERENCES attachments ("key")
);

CREATE TABLE attachment_removals (
    attachment_key INTEGER NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    person TEXT NOT NULL,
    removed_at BIGINT NOT NULL,
    CONSTRAINT pk_attachment_removals PRIMARY KEY (attachment_key, position_from),
    CONSTRAINT fk_attachment_removals_attachment_key FOREIGN KEY(attachment_key) REFERENCES attachments ("key")
);

CREATE TABLE attachments (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    case_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    size BIGINT NOT NULL,
    address TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_attachments PRIMARY KEY ("key"),
    CONSTRAINT fk_attachments_case_key FOREIGN KEY(case_key) REFERENCES cases ("key"),
    CONSTRAINT uq_attachments_case_key_number UNIQUE (case_key, number),
    CONSTRAINT uq_attachments_id UNIQUE (id)
);

CREATE TABLE audit_heads (
    log TEXT NOT NULL,
    size BIGINT NOT NULL,
    roots BLOB NOT NULL,
    link BLOB NOT NULL,
    seal BLOB NOT NULL,
    CONSTRAINT pk_audit_heads PRIMARY KEY (log)
);

CREATE TABLE bins (
    digest TEXT NOT NULL,
    fields TEXT NOT NULL,
    CONSTRAINT pk_bins PRIMARY KEY (digest)
);

CREATE TABLE case_context (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    case_key INTEGER NOT NULL, team_id TEXT, sensitivity SMALLINT,
    CONSTRAINT pk_case_context PRIMARY KEY (name, value, case_key),
    CONSTRAINT fk_case_context_case_key FOREIGN KEY(case_key) REFERENCES cases ("key")
)
 WITHOUT ROWID;

CREATE INDEX ix_case_context_case_key ON case_context (case_key);

CREATE INDEX ix_case_context_team_id_sensitivity_name_value ON case_context (team_id, sensitivity, name, value);

CREATE TABLE case_criteria (
    criterion TEXT NOT NULL,
    case_key INTEGER NOT NULL, team_id TEXT, sensitivity SMALLINT,
    CONSTRAINT pk_case_criteria PRIMARY KEY (criterion, case_key),
    CONSTRAINT fk_case_criteria_case_key FOREIGN KEY(case_key) REFERENCES cases ("key")
)
 WITHOUT ROWID;

CREATE INDEX ix_case_criteria_case_key ON case_criteria (case_key);

CREATE INDEX ix_case_criteria_team_id_sensitivity_criterion ON case_criteria (team_id, sensitivity, criterion);

CREATE TABLE case_texts (
    case_key INTEGER NOT NULL,
    version INTEGER NOT NULL,
    title TEXT,
    note TEXT,
    CONSTRAINT pk_case_texts PRIMARY KEY (case_key, version),
    CONSTRAINT fk_case_texts_case_key FOREIGN KEY(case_key) REFERENCES cases ("key")
);

CREATE VIRTUAL TABLE case_words USING fts5(text, title, note, field_values, tokenize = 'unicode61 remove_diacritics 0');

CREATE TABLE cases (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    event_key INTEGER NOT NULL,
    status TEXT NOT NULL,
    origin TEXT NOT NULL,
    revision INTEGER NOT NULL,
    mode TEXT,
    severity SMALLINT,
    suggested_mode TEXT,
    text_version INTEGER,
    source_name TEXT NOT NULL,
    model TEXT NOT NULL,
    model_version TEXT,
    occurred_at BIGINT NOT NULL,
    output TEXT,
    label TEXT,
    confidence FLOAT,
    latency_ms FLOAT,
    position_from BIGINT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL, stale BOOLEAN DEFAULT 0 NOT NULL,
    CONSTRAINT pk_cases PRIMARY KEY ("key"),
    CONSTRAINT fk_cases_event_key FOREIGN KEY(event_key) REFERENCES events ("key"),
    CONSTRAINT uq_cases_event_key UNIQUE (event_key),
    CONSTRAINT uq_cases_id UNIQUE (id)
);

CREATE INDEX ix_cases_filed ON cases ("key") WHERE origin = 'filed';

CREATE INDEX ix_cases_mode_occurred_at_key ON cases (mode, occurred_at, "key");

CREATE INDEX ix_cases_model_occurred_at_key ON cases (model, occurred_at, "key");

CREATE INDEX ix_cases_model_version_occurred_at_key ON cases (model_version, occurred_at, "key");

CREATE INDEX ix_cases_occurred_at_key ON cases (occurred_at, "key");

CREATE INDEX ix_cases_severity_occurred_at_key ON cases (severity, occurred_at, "key");

CREATE INDEX ix_cases_status_occurred_at_key ON cases (status, occurred_at, "key");

CREATE INDEX ix_cases_team_id_sensitivity_mode ON cases (team_id, sensitivity, mode);

CREATE INDEX ix_cases_team_id_sensitivity_model ON cases (team_id, sensitivity, model);

CREATE INDEX ix_cases_team_id_sensitivity_model_version ON cases (team_id, sensitivity, model_version);

CREATE INDEX ix_cases_team_id_sensitivity_severity ON cases (team_id, sensitivity, severity);

CREATE INDEX ix_cases_team_id_sensitivity_status ON cases (team_id, sensitivity, status);

CREATE TABLE catalog_head (
    id INTEGER NOT NULL,
    position BIGINT NOT NULL,
    catalog_id TEXT NOT NULL,
    created_at BIGINT NOT NULL, key_name TEXT,
    CONSTRAINT pk_catalog_head PRIMARY KEY (id)
);

CREATE TABLE catalog_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT catalog_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE "cells" (
    run_key INTEGER NOT NULL,
    window_start BIGINT NOT NULL,
    stratum TEXT NOT NULL,
    criteria_met TEXT NOT NULL,
    criteria_undecided TEXT NOT NULL,
    population BIGINT NOT NULL,
    labelled BIGINT NOT NULL,
    criteria_outside TEXT DEFAULT '[]' NOT NULL,
    ruled_out TEXT,
    model_version TEXT DEFAULT '[]' NOT NULL,
    CONSTRAINT pk_cells PRIMARY KEY (run_key, window_start, stratum, criteria_met, criteria_undecided, criteria_outside, model_version),
    CONSTRAINT fk_cells_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
)
 WITHOUT ROWID;

CREATE TABLE citations (
    finding_key INTEGER NOT NULL,
    ordinal SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    CONSTRAINT pk_citations PRIMARY KEY (finding_key, ordinal),
    CONSTRAINT fk_citations_finding_key FOREIGN KEY(finding_key) REFERENCES findings ("key")
);

CREATE INDEX ix_citations_address ON citations (address);

CREATE TABLE cluster_members (
    clustering_key INTEGER NOT NULL,
    case_key INTEGER NOT NULL,
    cluster TEXT,
    CONSTRAINT pk_cluster_members PRIMARY KEY (clustering_key, case_key),
    CONSTRAINT fk_cluster_members_case_key FOREIGN KEY(case_key) REFERENCES cases ("key"),
    CONSTRAINT fk_cluster_members_clustering_key FOREIGN KEY(clustering_key) REFERENCES clusterings ("key")
);

CREATE TABLE clusterings (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    question TEXT NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_clusterings PRIMARY KEY ("key"),
    CONSTRAINT uq_clusterings_id UNIQUE (id)
);

CREATE INDEX ix_clusterings_question ON clusterings (question);

CREATE TABLE comment_texts (
    comment_key INTEGER NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_comment_texts PRIMARY KEY (comment_key),
    CONSTRAINT fk_comment_texts_comment_key FOREIGN KEY(comment_key) REFERENCES comments ("key")
);

CREATE TABLE comments (
    "key" INTEGER NOT NULL,
    thread_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_comments PRIMARY KEY ("key"),
    CONSTRAINT fk_comments_thread_key FOREIGN KEY(thread_key) REFERENCES threads ("key"),
    CONSTRAINT uq_comments_thread_key_number UNIQUE (thread_key, number)
);

CREATE TABLE event_contents (
    event_key INTEGER NOT NULL,
    output TEXT,
    inputs TEXT NOT NULL,
    context TEXT NOT NULL,
    text TEXT, redactions TEXT,
    CONSTRAINT pk_event_contents PRIMARY KEY (event_key),
    CONSTRAINT fk_event_contents_event_key FOREIGN KEY(event_key) REFERENCES events ("key")
);

CREATE TABLE events (
    "key" INTEGER NOT NULL,
    source_name TEXT NOT NULL,
    event_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    model TEXT NOT NULL,
    model_version TEXT,
    model_digest TEXT,
    features TEXT,
    confidence FLOAT,
    latency_ms FLOAT,
    status TEXT,
    trace_id TEXT,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL, recurrence BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY ("key"),
    CONSTRAINT uq_events_event_id_source_name_recurrence UNIQUE (event_id, source_name, recurrence)
);

CREATE TABLE expectations (
    "key" INTEGER NOT NULL,
    case_key INTEGER NOT NULL,
    content TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    CONSTRAINT pk_expectations PRIMARY KEY ("key"),
    CONSTRAINT fk_expectations_case_key FOREIGN KEY(case_key) REFERENCES cases ("key")
);

CREATE INDEX ix_expectations_case_key ON expectations (case_key);

CREATE TABLE exposures (
    "key" INTEGER NOT NULL,
    case_key INTEGER NOT NULL,
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    digest TEXT,
    asked INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    resolved BOOLEAN NOT NULL,
    earlier BOOLEAN NOT NULL,
    found_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_exposures PRIMARY KEY ("key"),
    CONSTRAINT fk_exposures_case_key FOREIGN KEY(case_key) REFERENCES cases ("key")
);

CREATE INDEX ix_exposures_case_key ON exposures (case_key);

CREATE TABLE finding_texts (
    finding_key INTEGER NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_finding_texts PRIMARY KEY (finding_key, name),
    CONSTRAINT fk_finding_texts_finding_key FOREIGN KEY(finding_key) REFERENCES findings ("key")
);

CREATE TABLE findings (
    "key" INTEGER NOT NULL,
    case_key INTEGER NOT NULL,
    part TEXT NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    hypothesis INTEGER,
    model_version TEXT,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    CONSTRAINT pk_findings PRIMARY KEY ("key"),
    CONSTRAINT fk_findings_case_key FOREIGN KEY(case_key) REFERENCES cases ("key"),
    CONSTRAINT uq_findings_case_key_part_number_revision UNIQUE (case_key, part, number, revision)
);

CREATE TABLE former_protocol_texts (
    protocol_key INTEGER NOT NULL,
    position_to BIGINT NOT NULL,
    text TEXT NOT NULL,
    CONSTRAINT pk_former_protocol_texts PRIMARY KEY (protocol_key, position_to),
    CONSTRAINT fk_former_protocol_texts_protocol_key FOREIGN KEY(protocol_key) REFERENCES protocols ("key")
)
 WITHOUT ROWID;

CREATE TABLE gates (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    gate TEXT NOT NULL,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    verdict TEXT NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_gates PRIMARY KEY ("key"),
    CONSTRAINT uq_gates_id UNIQUE (id)
);

CREATE INDEX ix_gates_model_version ON gates (model, version);

CREATE TABLE grants (
    person TEXT NOT NULL,
    team TEXT NOT NULL,
    role TEXT NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    clearance SMALLINT NOT NULL,
    CONSTRAINT pk_grants PRIMARY KEY (person, team, role, position_from)
);

CREATE TABLE groups (
    run_key INTEGER NOT NULL,
    window_start BIGINT NOT NULL,
    stratum TEXT NOT NULL,
    criterion TEXT NOT NULL,
    population BIGINT NOT NULL,
    labelled BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    threshold FLOAT NOT NULL,
    CONSTRAINT pk_groups PRIMARY KEY (run_key, window_start, stratum, criterion),
    CONSTRAINT fk_groups_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
)
 WITHOUT ROWID;

CREATE TABLE histograms (
    run_key INTEGER NOT NULL,
    window_start BIGINT NOT NULL,
    single BLOB NOT NULL,
    pairs BLOB NOT NULL,
    CONSTRAINT pk_histograms PRIMARY KEY (run_key, window_start),
    CONSTRAINT fk_histograms_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
);

CREATE TABLE jobs (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    protocol TEXT NOT NULL,
    version INTEGER NOT NULL,
    person TEXT NOT NULL,
    operator BOOLEAN NOT NULL,
    posted_at BIGINT NOT NULL,
    request TEXT NOT NULL,
    steps TEXT,
    done INTEGER DEFAULT 0 NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    ended_at BIGINT,
    log TEXT NOT NULL,
    fence BIGINT DEFAULT 0 NOT NULL,
    runner TEXT,
    free_at BIGINT DEFAULT 0 NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL, model TEXT,
    CONSTRAINT pk_jobs PRIMARY KEY ("key"),
    CONSTRAINT uq_jobs_id UNIQUE (id)
);

CREATE INDEX ix_jobs_open ON jobs (free_at) WHERE state IN ('running', 'waiting');

CREATE TABLE journal (
    position BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subjects TEXT NOT NULL,
    request_id TEXT,
    digests TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL, role TEXT, leaf BLOB, seal BLOB,
    CONSTRAINT pk_journal PRIMARY KEY (position)
);

CREATE TABLE labelling_texts (
    labelling_key INTEGER NOT NULL,
    rationale TEXT NOT NULL,
    quotes TEXT NOT NULL,
    CONSTRAINT pk_labelling_texts PRIMARY KEY (labelling_key),
    CONSTRAINT fk_labelling_texts_labelling_key FOREIGN KEY(labelling_key) REFERENCES labellings ("key")
);

CREATE TABLE labellings (
    "key" INTEGER NOT NULL,
    case_key INTEGER NOT NULL,
    kind TEXT NOT NULL,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    position_to BIGINT,
    superseded TEXT,
    verdict TEXT NOT NULL,
    mode TEXT,
    modes TEXT NOT NULL,
    answers TEXT NOT NULL,
    severity SMALLINT,
    severity_reason TEXT NOT NULL,
    impact_low FLOAT,
    impact_high FLOAT,
    impact_unit TEXT,
    target TEXT,
    reproduced TEXT NOT NULL, chance FLOAT,
    CONSTRAINT pk_labellings PRIMARY KEY ("key"),
    CONSTRAINT fk_labellings_case_key FOREIGN KEY(case_key) REFERENCES cases ("key"),
    CONSTRAINT uq_labellings_case_key_round_kind_attempt UNIQUE (case_key, round, kind, attempt)
);

CREATE INDEX ix_labellings_person_position ON labellings (person, position);

CREATE INDEX ix_labellings_position ON labellings (position);

CREATE TABLE links (
    "key" INTEGER NOT NULL,
    case_key INTEGER NOT NULL,
    other_key INTEGER NOT NULL,
    relation TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    CONSTRAINT pk_links PRIMARY KEY ("key"),
    CONSTRAINT fk_links_case_key FOREIGN KEY(case_key) REFERENCES cases ("key"),
    CONSTRAINT fk_links_other_key FOREIGN KEY(other_key) REFERENCES cases ("key")
);

CREATE INDEX ix_links_case_key ON links (case_key);

CREATE INDEX ix_links_other_key ON links (other_key);

CREATE TABLE mentions (
    name TEXT NOT NULL,
    comment_key INTEGER NOT NULL,
    CONSTRAINT pk_mentions PRIMARY KEY (name, comment_key),
    CONSTRAINT fk_mentions_comment_key FOREIGN KEY(comment_key) REFERENCES comments ("key")
)
 WITHOUT ROWID;

CREATE INDEX ix_mentions_comment_key ON mentions (comment_key);

CREATE TABLE observations (
    run_key INTEGER NOT NULL,
    event_key INTEGER NOT NULL,
    window_start BIGINT NOT NULL,
    stratum TEXT NOT NULL,
    priority TEXT NOT NULL,
    inclusion_probability FLOAT NOT NULL,
    criteria_met TEXT NOT NULL,
    criteria_undecided TEXT NOT NULL,
    criteria_outside TEXT NOT NULL,
    output TEXT,
    label TEXT,
    labelled BOOLEAN NOT NULL,
    evidence TEXT, redactions TEXT, content TEXT, criteria_ruled_out TEXT,
    CONSTRAINT pk_observations PRIMARY KEY (run_key, event_key),
    CONSTRAINT fk_observations_event_key FOREIGN KEY(event_key) REFERENCES events ("key"),
    CONSTRAINT fk_observations_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
);

CREATE INDEX ix_observations_event_key_run_key ON observations (event_key, run_key);

CREATE TABLE passes (
    event_key INTEGER NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_passes PRIMARY KEY (event_key, person),
    CONSTRAINT fk_passes_event_key FOREIGN KEY(event_key) REFERENCES events ("key")
)
 WITHOUT ROWID;

CREATE INDEX ix_passes_person ON passes (person);

CREATE TABLE pattern_changes (
    pattern_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    CONSTRAINT pk_pattern_changes PRIMARY KEY (pattern_key, number),
    CONSTRAINT fk_pattern_changes_pattern_key FOREIGN KEY(pattern_key) REFERENCES patterns ("key")
);

CREATE TABLE pattern_links (
    "key" INTEGER NOT NULL,
    pattern_key INTEGER NOT NULL,
    case_key INTEGER,
    kind TEXT NOT NULL,
    number INTEGER,
    address TEXT,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    CONSTRAINT pk_pattern_links PRIMARY KEY ("key"),
    CONSTRAINT fk_pattern_links_case_key FOREIGN KEY(case_key) REFERENCES cases ("key"),
    CONSTRAINT fk_pattern_links_pattern_key FOREIGN KEY(pattern_key) REFERENCES patterns ("key")
);

CREATE INDEX ix_pattern_links_case_key ON pattern_links (case_key);

CREATE INDEX ix_pattern_links_pattern_key ON pattern_links (pattern_key);

CREATE TABLE pattern_subscriptions (
    "key" INTEGER NOT NULL,
    pattern_key INTEGER NOT NULL,
    person TEXT NOT NULL,
    follows BOOLEAN NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_pattern_subscriptions PRIMARY KEY ("key"),
    CONSTRAINT fk_pattern_subscriptions_pattern_key FOREIGN KEY(pattern_key) REFERENCES patterns ("key")
);

CREATE INDEX ix_pattern_subscriptions_person ON pattern_subscriptions (person);

CREATE TABLE patterns (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    position BIGINT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_patterns PRIMARY KEY ("key"),
    CONSTRAINT uq_patterns_id UNIQUE (id)
);

CREATE TABLE people (
    name TEXT NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    about TEXT,
    CONSTRAINT pk_people PRIMARY KEY (name, position_from)
);

CREATE TABLE profiles (
    run_key INTEGER NOT NULL,
    window_start BIGINT NOT NULL,
    field TEXT NOT NULL,
    count BIGINT NOT NULL,
    nulls BIGINT NOT NULL,
    minimum TEXT,
    maximum TEXT,
    CONSTRAINT pk_profiles PRIMARY KEY (run_key, window_start, field),
    CONSTRAINT fk_profiles_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
);

CREATE TABLE prospects (
    id TEXT NOT NULL,
    event_key INTEGER NOT NULL,
    CONSTRAINT pk_prospects PRIMARY KEY (id),
    CONSTRAINT fk_prospects_event_key FOREIGN KEY(event_key) REFERENCES events ("key"),
    CONSTRAINT uq_prospects_event_key UNIQUE (event_key)
);

CREATE TABLE protocols (
    "key" INTEGER NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL, words TEXT, text_position BIGINT,
    CONSTRAINT pk_protocols PRIMARY KEY ("key"),
    CONSTRAINT uq_protocols_name_version UNIQUE (name, version)
);

CREATE TABLE recodings (
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    text TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_recodings PRIMARY KEY (name)
);

CREATE TABLE refused_rows (
    run_key INTEGER NOT NULL,
    reason TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    file TEXT NOT NULL,
    "row" BIGINT,
    detail TEXT NOT NULL,
    CONSTRAINT pk_refused_rows PRIMARY KEY (run_key, reason, ordinal),
    CONSTRAINT fk_refused_rows_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
);

CREATE TABLE replay_answers (
    replay_key INTEGER NOT NULL,
    answer TEXT NOT NULL,
    logged TEXT NOT NULL,
    CONSTRAINT pk_replay_answers PRIMARY KEY (replay_key),
    CONSTRAINT fk_replay_answers_replay_key FOREIGN KEY(replay_key) REFERENCES replays ("key")
);

CREATE TABLE replay_environments (
    "key" INTEGER NOT NULL,
    digest TEXT NOT NULL,
    python TEXT,
    platform TEXT,
    packages TEXT NOT NULL,
    CONSTRAINT pk_replay_environments PRIMARY KEY ("key"),
    CONSTRAINT uq_replay_environments_digest UNIQUE (digest)
);

CREATE TABLE replays (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    case_key INTEGER NOT NULL,
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    runner TEXT NOT NULL,
    gets TEXT NOT NULL,
    digest TEXT,
    seed BIGINT NOT NULL,
    grade TEXT,
    causes TEXT NOT NULL,
    trouble TEXT,
    latency_ms FLOAT,
    environment_key INTEGER,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_replays PRIMARY KEY ("key"),
    CONSTRAINT fk_replays_case_key FOREIGN KEY(case_key) REFERENCES cases ("key"),
    CONSTRAINT fk_replays_environment_key FOREIGN KEY(environment_key) REFERENCES replay_environments ("key"),
    CONSTRAINT uq_replays_id UNIQUE (id)
);

CREATE INDEX ix_replays_case_key ON replays (case_key);

CREATE TABLE reservations (
    event_key INTEGER NOT NULL,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT pk_reservations PRIMARY KEY (event_key, kind),
    CONSTRAINT fk_reservations_event_key FOREIGN KEY(event_key) REFERENCES events ("key")
)
 WITHOUT ROWID;

CREATE INDEX ix_reservations_person ON reservations (person);

CREATE TABLE result_rows (
    result_key INTEGER NOT NULL,
    place INTEGER NOT NULL,
    event TEXT NOT NULL,
    part TEXT NOT NULL,
    verdict TEXT NOT NULL,
    mode TEXT,
    severity SMALLINT,
    stratum TEXT NOT NULL,
    content TEXT NOT NULL,
    answer TEXT,
    CONSTRAINT pk_result_rows PRIMARY KEY (result_key, place),
    CONSTRAINT fk_result_rows_result_key FOREIGN KEY(result_key) REFERENCES results ("key")
);

CREATE INDEX ix_result_rows_event ON result_rows (event);

CREATE TABLE result_scenarios (
    result_key INTEGER NOT NULL,
    place INTEGER NOT NULL,
    scenario TEXT NOT NULL,
    recipe TEXT NOT NULL,
    family TEXT NOT NULL,
    compares BOOLEAN NOT NULL,
    flips BOOLEAN NOT NULL,
    CONSTRAINT pk_result_scenarios PRIMARY KEY (result_key, place),
    CONSTRAINT fk_result_scenarios_result_key FOREIGN KEY(result_key) REFERENCES results ("key")
);

CREATE TABLE results (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    suite TEXT NOT NULL,
    digest TEXT NOT NULL,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_results PRIMARY KEY ("key"),
    CONSTRAINT uq_results_id UNIQUE (id)
);

CREATE INDEX ix_results_digest_model ON results (digest, model);

CREATE TABLE revision_reasons (
    case_key INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_revision_reasons PRIMARY KEY (case_key, revision),
    CONSTRAINT fk_revision_reasons_case_key FOREIGN KEY(case_key) REFERENCES cases ("key")
);

CREATE TABLE revisions (
    case_key INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    created_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    mode TEXT,
    severity SMALLINT,
    text_version INTEGER,
    CONSTRAINT pk_revisions PRIMARY KEY (case_key, revision),
    CONSTRAINT fk_revisions_case_key FOREIGN KEY(case_key) REFERENCES cases ("key")
);

CREATE INDEX ix_revisions_position_from ON revisions (position_from);

CREATE TABLE run_changes (
    run_key INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_run_changes PRIMARY KEY (run_key, event_id, kind),
    CONSTRAINT fk_run_changes_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
);

CREATE TABLE run_pieces (
    "key" INTEGER NOT NULL,
    run TEXT NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    kept_at BIGINT NOT NULL,
    content TEXT NOT NULL,
    answers TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_run_pieces PRIMARY KEY ("key"),
    CONSTRAINT uq_run_pieces_run_first UNIQUE (run, first)
);

CREATE TABLE run_windows (
    run_key INTEGER NOT NULL,
    window_start BIGINT NOT NULL,
    source_name TEXT NOT NULL,
    protocol_name TEXT NOT NULL,
    width_micros BIGINT NOT NULL,
    population BIGINT NOT NULL,
    labelled BIGINT NOT NULL,
    provisional BOOLEAN NOT NULL,
    position_from BIGINT,
    position_to BIGINT, left_out BIGINT DEFAULT 0 NOT NULL, nulls TEXT,
    CONSTRAINT pk_run_windows PRIMARY KEY (run_key, window_start),
    CONSTRAINT fk_run_windows_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
);

CREATE INDEX ix_run_windows_source_name_protocol_name_window_start_position_from_position_to ON run_windows (source_name, protocol_name, window_start, position_from, position_to);

CREATE TABLE runners (
    name TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    here_until BIGINT NOT NULL,
    CONSTRAINT pk_runners PRIMARY KEY (name)
);

CREATE TABLE runs (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    protocol_key INTEGER NOT NULL,
    source_name TEXT NOT NULL,
    protocol_name TEXT NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    as_of BIGINT NOT NULL,
    status TEXT NOT NULL,
    digest TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    manifest TEXT NOT NULL,
    events_new BIGINT NOT NULL,
    events_known BIGINT NOT NULL,
    cases_new BIGINT NOT NULL,
    cases_known BIGINT NOT NULL,
    changes TEXT NOT NULL,
    refused TEXT NOT NULL,
    suggestions TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL, rules INTEGER, bins TEXT,
    CONSTRAINT pk_runs PRIMARY KEY ("key"),
    CONSTRAINT fk_runs_protocol_key FOREIGN KEY(protocol_key) REFERENCES protocols ("key"),
    CONSTRAINT uq_runs_id UNIQUE (id)
);

CREATE INDEX ix_runs_protocol_name_position ON runs (protocol_name, position);

CREATE TABLE samples (
    run_key INTEGER NOT NULL,
    event_key INTEGER NOT NULL,
    criterion TEXT NOT NULL,
    CONSTRAINT pk_samples PRIMARY KEY (run_key, event_key, criterion),
    CONSTRAINT fk_samples_event_key FOREIGN KEY(event_key) REFERENCES events ("key"),
    CONSTRAINT fk_samples_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
)
 WITHOUT ROWID;

CREATE TABLE saved_views (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    person TEXT NOT NULL,
    team TEXT,
    saved_at BIGINT NOT NULL,
    CONSTRAINT pk_saved_views PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_saved_views_own ON saved_views (person, name) WHERE team IS NULL;

CREATE UNIQUE INDEX uq_saved_views_shared ON saved_views (team, name) WHERE team IS NOT NULL;

CREATE TABLE scenario_sets (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_scenario_sets PRIMARY KEY ("key"),
    CONSTRAINT uq_scenario_sets_id UNIQUE (id),
    CONSTRAINT uq_scenario_sets_name_digest UNIQUE (name, digest)
);

CREATE INDEX ix_scenario_sets_name ON scenario_sets (name);

CREATE TABLE sealed_runs (
    gate_key INTEGER NOT NULL,
    digest TEXT NOT NULL,
    model TEXT NOT NULL,
    CONSTRAINT pk_sealed_runs PRIMARY KEY (gate_key, digest),
    CONSTRAINT fk_sealed_runs_gate_key FOREIGN KEY(gate_key) REFERENCES gates ("key")
);

CREATE INDEX ix_sealed_runs_digest_model ON sealed_runs (digest, model);

CREATE TABLE shared_windows (
    run_key INTEGER NOT NULL,
    window_start BIGINT NOT NULL,
    beside BIGINT NOT NULL,
    CONSTRAINT pk_shared_windows PRIMARY KEY (run_key, window_start, beside),
    CONSTRAINT fk_shared_windows_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
);

CREATE TABLE slice_attempts (
    slice_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    CONSTRAINT pk_slice_attempts PRIMARY KEY (slice_key, number),
    CONSTRAINT fk_slice_attempts_slice_key FOREIGN KEY(slice_key) REFERENCES slices ("key")
);

CREATE TABLE slices (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    "query" TEXT NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_slices PRIMARY KEY ("key"),
    CONSTRAINT uq_slices_id UNIQUE (id),
    CONSTRAINT uq_slices_name UNIQUE (name)
);

CREATE TABLE source_files (
    "key" INTEGER NOT NULL,
    source_name TEXT NOT NULL,
    protocol_name TEXT NOT NULL,
    path TEXT NOT NULL,
    size BIGINT NOT NULL,
    modified_ns BIGINT NOT NULL,
    digest TEXT,
    read_as TEXT,
    times TEXT,
    last_row BIGINT,
    tail TEXT,
    position_from BIGINT,
    position_to BIGINT, timeless BIGINT, layout TEXT,
    CONSTRAINT pk_source_files PRIMARY KEY ("key")
);

CREATE INDEX ix_source_files_source_name_protocol_name ON source_files (source_name, protocol_name);

CREATE TABLE stale_cases (
    case_key INTEGER NOT NULL,
    position_from BIGINT NOT NULL,
    position_to BIGINT,
    CONSTRAINT pk_stale_cases PRIMARY KEY (case_key, position_from),
    CONSTRAINT fk_stale_cases_case_key FOREIGN KEY(case_key) REFERENCES cases ("key")
)
 WITHOUT ROWID;

CREATE TABLE steerings (
    protocol TEXT NOT NULL,
    revision INTEGER NOT NULL,
    first TEXT NOT NULL,
    steers TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_steerings PRIMARY KEY (protocol, revision)
)
 WITHOUT ROWID;

CREATE TABLE suites (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    position BIGINT NOT NULL,
    content TEXT NOT NULL,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_suites PRIMARY KEY ("key"),
    CONSTRAINT uq_suites_id UNIQUE (id),
    CONSTRAINT uq_suites_name_digest UNIQUE (name, digest)
);

CREATE INDEX ix_suites_name ON suites (name);

CREATE TABLE teams (
    name TEXT NOT NULL,
    about TEXT,
    position BIGINT NOT NULL,
    CONSTRAINT pk_teams PRIMARY KEY (name)
);

CREATE TABLE thread_turns (
    thread_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    status TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_thread_turns PRIMARY KEY (thread_key, number),
    CONSTRAINT fk_thread_turns_thread_key FOREIGN KEY(thread_key) REFERENCES threads ("key")
);

CREATE TABLE threads (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    case_key INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_threads PRIMARY KEY ("key"),
    CONSTRAINT fk_threads_case_key FOREIGN KEY(case_key) REFERENCES cases ("key"),
    CONSTRAINT uq_threads_id UNIQUE (id),
    CONSTRAINT uq_threads_case_key_number UNIQUE (case_key, number)
);

CREATE TABLE tokens (
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    about TEXT,
    digest TEXT NOT NULL,
    expires_at BIGINT,
    position_from BIGINT NOT NULL,
    position_to BIGINT, once BOOLEAN DEFAULT 0 NOT NULL, used BIGINT,
    CONSTRAINT pk_tokens PRIMARY KEY (id)
);

CREATE INDEX ix_tokens_person ON tokens (person);

CREATE TABLE unredacted_runs (
    run_key INTEGER NOT NULL,
    CONSTRAINT pk_unredacted_runs PRIMARY KEY (run_key),
    CONSTRAINT fk_unredacted_runs_run_key FOREIGN KEY(run_key) REFERENCES runs ("key")
);

CREATE TABLE waivers (
    "key" INTEGER NOT NULL,
    id TEXT NOT NULL,
    decision TEXT NOT NULL,
    gate TEXT NOT NULL,
    policy_digest TEXT NOT NULL,
    model TEXT NOT NULL,
    model_version TEXT NOT NULL,
    model_digest TEXT,
    condition TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    until BIGINT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    approved_by TEXT,
    approved_at BIGINT,
    approved_position BIGINT,
    team_id TEXT DEFAULT 'default' NOT NULL,
    sensitivity SMALLINT DEFAULT '1' NOT NULL, closed_by TEXT, closed_at BIGINT, closed_reason TEXT, closed_position BIGINT,
    CONSTRAINT pk_waivers PRIMARY KEY ("key"),
    CONSTRAINT uq_waivers_id UNIQUE (id)
);

CREATE INDEX ix_waivers_model_model_version ON waivers (model, model_version);

-- In the file CATALOG.views, beside the catalog, together with a table audit_heads.
CREATE TABLE views (
    n BIGINT NOT NULL,
    entry TEXT NOT NULL,
    leaf BLOB NOT NULL,
    seal BLOB NOT NULL,
    CONSTRAINT pk_views PRIMARY KEY (n)
);

-- In the file CATALOG.views, beside the catalog, together with a table audit_heads.
CREATE INDEX ix_views_actor ON views ((entry ->> 'actor'), n);

-- In the file CATALOG.views, beside the catalog, together with a table audit_heads.
CREATE INDEX ix_views_kind ON views ((entry ->> 'kind'), n);

-- In the file CATALOG.views, beside the catalog, together with a table audit_heads.
CREATE INDEX ix_views_subject ON views ((entry ->> 'subject'), n);
