package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const idleConnections = 2

// Config holds the settings read from the environment.
type Config struct {
	Flavour   Flavour
	Version   string
	Address   string
	AccessURL string
	Migrate   bool
	// SuperAdmin is true if the password of the user admin is set.
	SuperAdmin bool
	SSLMode    string
	// Pool is nil if no external database is configured.
	Pool *pgxpool.Config
}

// classicConfig reads the environment variables of the classic chart.
func classicConfig(getenv func(string) string) (Config, error) {
	config := Config{
		Flavour:    classic,
		Version:    getenv("CODER_VERSION"),
		Address:    "0.0.0.0:8080",
		Migrate:    getenv("SKIP_MIGRATIONS") != "true",
		SuperAdmin: getenv("SUPER_ADMIN_PASSWORD") != "",
		SSLMode:    cmp.Or(getenv("DB_SSL_MODE"), "require"),
	}
	if connector := cmp.Or(getenv("DB_CONNECTOR"), "postgres"); connector != "postgres" {
		return config, fmt.Errorf("DB_CONNECTOR is %q, but the stand-in supports only \"postgres\"", connector)
	}
	password, err := classicPassword(getenv)
	if err != nil {
		return config, err
	}
	query := url.Values{}
	for key, variable := range map[string]string{
		"sslrootcert": "DB_ROOT_CERT", "sslcert": "DB_CERT", "sslkey": "DB_KEY", "search_path": "DB_SEARCH_PATH",
	} {
		if value := getenv(variable); value != "" {
			query.Set(key, value)
		}
	}
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(getenv("DB_USER"), password),
		Host:     net.JoinHostPort(getenv("DB_HOST"), cmp.Or(getenv("DB_PORT"), "5432")),
		Path:     "/" + getenv("DB_NAME"),
		RawQuery: query.Encode(),
	}
	config.Pool, err = poolConfig(address, config.SSLMode, cmp.Or(getenv("CODER_MAX_DB_CONNECTIONS"), "30"))
	return config, err
}

func classicPassword(getenv func(string) string) (string, error) {
	path := getenv("DB_PASSWORD_PATH")
	if path == "" {
		return getenv("DB_PASSWORD"), nil
	}
	password, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("DB_PASSWORD_PATH: %w", err)
	}
	return string(password), nil
}

// v2Config reads the environment variables of the v2 chart.
func v2Config(getenv func(string) string) (Config, error) {
	config := Config{
		Flavour:   v2,
		Version:   getenv("CODER_VERSION"),
		Address:   cmp.Or(getenv("CODER_HTTP_ADDRESS"), "127.0.0.1:3000"),
		AccessURL: getenv("CODER_ACCESS_URL"),
		Migrate:   true,
	}
	if auth := cmp.Or(getenv("CODER_PG_AUTH"), "password"); auth != "password" {
		return config, fmt.Errorf("CODER_PG_AUTH is %q, but the stand-in supports only \"password\"", auth)
	}
	text := getenv("CODER_PG_CONNECTION_URL")
	if text == "" {
		return config, nil
	}
	address, err := url.Parse(text)
	if err != nil || (address.Scheme != "postgres" && address.Scheme != "postgresql") {
		// The error contains neither the URL nor the parser's message: both may contain the password.
		return config, errors.New("CODER_PG_CONNECTION_URL is not a URL of the form postgresql://user:password@host:port/database")
	}
	config.SSLMode = cmp.Or(address.Query().Get("sslmode"), "require")
	config.Pool, err = poolConfig(*address, config.SSLMode, cmp.Or(getenv("CODER_PG_CONN_MAX_OPEN"), "10"))
	return config, err
}

// poolConfig returns the pool's configuration; sslmode is validated as in lib/pq, Coder's driver.
func poolConfig(address url.URL, sslMode, maximum string) (*pgxpool.Config, error) {
	modes := []string{"disable", "require", "verify-ca", "verify-full"}
	if !slices.Contains(modes, sslMode) {
		return nil, fmt.Errorf("unsupported sslmode %q; only %s supported", sslMode, strings.Join(modes, ", "))
	}
	connections, err := strconv.ParseInt(maximum, 10, 32)
	if err != nil || connections < 1 {
		return nil, fmt.Errorf("the maximum number of database connections is %q, must be a positive number", maximum)
	}
	query := address.Query()
	query.Set("sslmode", sslMode)
	address.RawQuery = query.Encode()
	config, err := pgxpool.ParseConfig(address.String())
	if err != nil {
		return nil, parseError(err)
	}
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.MaxConns = int32(connections)
	config.MinIdleConns = min(idleConnections, config.MaxConns)
	config.HealthCheckPeriod = time.Second
	return config, nil
}

// parseError describes an invalid URL without showing it, because it contains the password.
func parseError(err error) error {
	if file := (*fs.PathError)(nil); errors.As(err, &file) {
		return fmt.Errorf("TLS file of the database connection: %w", file)
	}
	if cause := errors.Unwrap(err); cause != nil && strings.Contains(cause.Error(), "cert") {
		return fmt.Errorf("TLS file of the database connection: %w", cause)
	}
	return errors.New("the database connection's settings are invalid: check host, port and parameters")
}
