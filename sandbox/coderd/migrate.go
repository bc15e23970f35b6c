package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	retryInterval = 3 * time.Second
	migrationLock = 1037204 // an advisory lock shared by all replicas, so that one migrates at a time
)

// prepareDatabase waits for the database, refuses an old version and migrates its schema.
func prepareDatabase(ctx context.Context, config Config) error {
	connection, err := connect(ctx, config)
	if err != nil {
		return err
	}
	defer connection.Close(context.WithoutCancel(ctx))
	var version int
	if err := connection.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return err
	}
	if version < config.Flavour.MinimumServerVersion {
		return errors.New(config.Flavour.TooOldMessage)
	}
	if config.Migrate {
		if err := migrate(ctx, connection, config); err != nil {
			return fmt.Errorf("migrate up: %w", err)
		}
	}
	if config.SuperAdmin {
		return ensureAdmin(ctx, connection)
	}
	return nil
}

// connect retries until the database accepts a connection.
func connect(ctx context.Context, config Config) (*pgx.Conn, error) {
	if config.Flavour.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, config.Flavour.ConnectTimeout)
		defer cancel()
	}
	for {
		connection, err := pgx.ConnectConfig(ctx, config.Pool.ConnConfig)
		if err == nil {
			return connection, nil
		}
		slog.Warn("connect to postgres, retrying", "error", oneLine(err))
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connect to postgres: %s", oneLine(err))
		case <-time.After(retryInterval):
		}
	}
}

// migrate applies all missing migrations in one transaction.
func migrate(ctx context.Context, connection *pgx.Conn, config Config) error {
	if _, err := connection.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return err
	}
	var schema *string
	if err := connection.QueryRow(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
		return err
	}
	if schema == nil {
		return errors.New("current_schema: converting NULL to string is unsupported")
	}
	return pgx.BeginFunc(ctx, connection, func(tx pgx.Tx) error { return applyMissing(ctx, tx, config) })
}

func applyMissing(ctx context.Context, tx pgx.Tx, config Config) error {
	const createVersionTable = "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)"
	if _, err := tx.Exec(ctx, createVersionTable); err != nil {
		return err
	}
	first, last := config.Flavour.FirstMigration, config.Flavour.lastMigration(config.Version)
	var current int
	err := tx.QueryRow(ctx, "SELECT version FROM schema_migrations").Scan(&current)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		current = first - 1
	case err != nil:
		return err
	case current < first || current > last:
		// A newer release or the other flavour has migrated this schema.
		return fmt.Errorf("no migration found for version %d", current)
	}
	for _, migration := range config.Flavour.Migrations {
		if migration.Number <= current || migration.Number > last {
			continue
		}
		if _, err := tx.Exec(ctx, migration.SQL); err != nil {
			return fmt.Errorf("migration %d: %w", migration.Number, err)
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM schema_migrations"); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO schema_migrations VALUES ($1, false)", last)
	return err
}

// ensureAdmin creates the user to which classic's SUPER_ADMIN_PASSWORD belongs.
func ensureAdmin(ctx context.Context, connection *pgx.Conn) error {
	_, err := connection.Exec(ctx, "INSERT INTO users (name) VALUES ('admin') ON CONFLICT DO NOTHING")
	return err
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
