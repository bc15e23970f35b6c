package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	userCreated        = "user_created"
	uniqueViolation    = "23505"
	notificationsLimit = 10
)

// Postgres stores users in PostgreSQL, through a pool that reconnects after an outage.
type Postgres struct {
	pool          *pgxpool.Pool
	config        Config
	mutex         sync.Mutex
	notifications []string
}

// Describe queries the server for the session's user, database and encryption.
func (p *Postgres) Describe(ctx context.Context) (Database, error) {
	settings := p.config.Pool.ConnConfig
	database := Database{
		Kind: external, Host: settings.Host, Port: settings.Port, SSLMode: p.config.SSLMode,
		MaxConnections: p.config.Pool.MaxConns, Notifications: p.receivedNotifications(),
	}
	// The classic chart's built-in database is a StatefulSet of this name.
	if strings.HasPrefix(settings.Host, "timescale.") {
		database.Kind = builtIn
	}
	err := p.pool.AcquireFunc(ctx, func(connection *pgxpool.Conn) error {
		if encrypted, ok := connection.Conn().PgConn().Conn().(*tls.Conn); ok {
			database.TLSVersion = tls.VersionName(encrypted.ConnectionState().Version)
			database.CertificateVerified = verifiesCertificate(settings.TLSConfig)
		}
		const query = `SELECT current_setting('server_version'), current_database(),
			session_user::text, current_user::text, (SELECT count(*) FROM users)`
		return connection.QueryRow(ctx, query).Scan(&database.ServerVersion, &database.Name,
			&database.User, &database.Role, &database.Users)
	})
	database.Connections = p.pool.Stat().TotalConns()
	return database, err
}

// verifiesCertificate tells whether a server certificate of an unknown CA would be refused.
func verifiesCertificate(settings *tls.Config) bool {
	return settings != nil && (!settings.InsecureSkipVerify || settings.VerifyPeerCertificate != nil)
}

// Query runs one query on one session of the pool.
func (p *Postgres) Query(ctx context.Context) (session Session, err error) {
	err = p.pool.QueryRow(ctx, "SELECT session_user::text, pg_backend_pid(), now()").
		Scan(&session.User, &session.Pid, &session.Now)
	return session, err
}

// Users lists all users, oldest first.
func (p *Postgres) Users(ctx context.Context) ([]User, error) {
	rows, err := p.pool.Query(ctx,
		fmt.Sprintf("SELECT %s, created_at FROM users ORDER BY created_at", p.config.Flavour.UsernameColumn))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[User])
}

// CreateUser adds a user and notifies the other replicas.
func (p *Postgres) CreateUser(ctx context.Context, username string) (user User, err error) {
	column := p.config.Flavour.UsernameColumn
	insert := fmt.Sprintf("INSERT INTO users (%[1]s) VALUES ($1) RETURNING %[1]s, created_at", column)
	err = pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, insert, username).Scan(&user.Username, &user.CreatedAt); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "SELECT pg_notify($1, $2)", userCreated, username)
		return err
	})
	if failure := (*pgconn.PgError)(nil); errors.As(err, &failure) && failure.Code == uniqueViolation {
		err = errUserExists
	}
	return user, err
}

// Close ends all sessions of the pool.
func (p *Postgres) Close() { p.pool.Close() }

// listen receives notifications in a session outside the pool; it reconnects after an error.
func (p *Postgres) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := p.receiveNotifications(ctx); err != nil && ctx.Err() == nil {
			slog.Warn("pubsub: disconnected from postgres", "error", oneLine(err))
			time.Sleep(time.Second)
		}
	}
}

func (p *Postgres) receiveNotifications(ctx context.Context) error {
	connection, err := pgx.ConnectConfig(ctx, p.config.Pool.ConnConfig)
	if err != nil {
		return err
	}
	defer connection.Close(context.WithoutCancel(ctx))
	if _, err := connection.Exec(ctx, "LISTEN "+userCreated); err != nil {
		return err
	}
	for {
		notification, err := connection.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		p.mutex.Lock()
		p.notifications = append(p.notifications, notification.Payload)
		p.notifications = p.notifications[max(0, len(p.notifications)-notificationsLimit):]
		p.mutex.Unlock()
	}
}

func (p *Postgres) receivedNotifications() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string{}, p.notifications...)
}
