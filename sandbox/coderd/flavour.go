package main

import (
	"strconv"
	"strings"
	"time"
)

// Flavour is what classic Coder and Coder v2 do differently toward the database.
type Flavour struct {
	Name string
	// Health is the path that the chart probes.
	Health string
	// Patience bounds the wait for the database at start; 0 waits for ever.
	Patience time.Duration
	// Listens is true where every replica holds one session outside the pool for LISTEN.
	Listens bool
	// MinimumServer is the oldest server_version_num, TooOld what is said of an older one.
	MinimumServer int
	TooOld        string
	// FirstMigration and Migrations number the schema; the two flavours' numbers never meet.
	FirstMigration int
	Migrations     []Migration
	// Username is the column of the table users that holds a user's name.
	Username string
}

// Migration is one step of a schema, numbered by the release that brought it.
type Migration struct {
	Number int
	SQL    string
}

var classic = Flavour{
	Name:           "classic",
	Health:         "/cem-healthz",
	MinimumServer:  110000,
	TooOld:         "PostgreSQL version must be v11 or higher!",
	FirstMigration: 1000,
	Username:       "name",
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
	Name:           "v2",
	Health:         "/healthz",
	Patience:       30 * time.Second,
	Listens:        true,
	MinimumServer:  130000,
	TooOld:         "PostgreSQL version must be v13.0.0 or higher!",
	FirstMigration: 2000,
	Username:       "username",
	Migrations: []Migration{
		// IF NOT EXISTS is Coder's own trap: a foreign table of that name is taken for ours.
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

// lastMigration is the number that a release's minor version stands for.
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
