package main

import (
	"strconv"
	"strings"
	"time"
)

// Flavour holds the differences between classic Coder and Coder v2.
type Flavour struct {
	Name string
	// HealthPath is the path that the chart's probes request.
	HealthPath string
	// ConnectTimeout limits the wait for the database at startup; 0 means no limit.
	ConnectTimeout time.Duration
	// Listens is true if each replica has a session outside the pool for LISTEN.
	Listens bool
	// MinimumServerVersion is compared with server_version_num.
	MinimumServerVersion int
	// TooOldMessage is the error for an older server.
	TooOldMessage string
	// FirstMigration is the number of the oldest migration; the flavours' numbers do not overlap.
	FirstMigration int
	Migrations     []Migration
	// UsernameColumn is a column of the table users.
	UsernameColumn string
}

// Migration is one schema change, numbered by the release that introduced it.
type Migration struct {
	Number int
	SQL    string
}

var classic = Flavour{
	Name:                 "classic",
	HealthPath:           "/cem-healthz",
	MinimumServerVersion: 110000,
	TooOldMessage:        "PostgreSQL version must be v11 or higher!",
	FirstMigration:       1000,
	UsernameColumn:       "name",
	Migrations: []Migration{
		{1000, `
			CREATE TABLE users (
				id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
				name text NOT NULL UNIQUE,
				created_at timestamptz NOT NULL DEFAULT now());
			CREATE TABLE environments (
				id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
				user_id bigint NOT NULL REFERENCES users (id),
				name text NOT NULL);
			CREATE TABLE environment_stats (environment_id bigint, measured_at timestamptz)`},
		{1037, `DROP TABLE environment_stats`},
	},
}

var v2 = Flavour{
	Name:                 "v2",
	HealthPath:           "/healthz",
	ConnectTimeout:       30 * time.Second,
	Listens:              true,
	MinimumServerVersion: 130000,
	TooOldMessage:        "PostgreSQL version must be v13.0.0 or higher!",
	FirstMigration:       2000,
	UsernameColumn:       "username",
	Migrations: []Migration{
		// IF NOT EXISTS is Coder's own: an existing table users of another application is used as it is.
		{2000, `
			CREATE TABLE IF NOT EXISTS users (
				id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
				username text NOT NULL,
				created_at timestamptz NOT NULL DEFAULT now());
			CREATE UNIQUE INDEX idx_users_username ON users (username);
			CREATE TABLE organizations (
				id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
				name text NOT NULL UNIQUE);
			CREATE TABLE workspaces (
				id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
				owner_id uuid NOT NULL REFERENCES users (id),
				name text NOT NULL)`},
	},
}

// lastMigration returns the number of a release's newest migration: its minor version.
func (f Flavour) lastMigration(version string) int {
	const newest = 999
	parts := strings.Split(version, ".")
	if len(parts) < 2 {
		return f.FirstMigration + newest
	}
	minor, err := strconv.Atoi(parts[1])
	if err != nil {
		minor = newest
	}
	return f.FirstMigration + minor
}
