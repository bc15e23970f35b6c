// Command coderd is a stand-in for the Coder server: it reads the environment variables that the
// published charts set, and uses the database as Coder does.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"
)

var errUsage = errors.New("usage: coderd migrate up | coderd run | coder server")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, strings.Join(os.Args[1:], " "), os.Getenv); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

// run executes one of the commands that the charts use.
func run(ctx context.Context, command string, getenv func(string) string) error {
	readConfig, ok := map[string]func(func(string) string) (Config, error){
		"migrate up": classicConfig,
		"run":        classicConfig,
		"server":     v2Config,
	}[command]
	if !ok {
		return errUsage
	}
	config, err := readConfig(getenv)
	if err != nil {
		return err
	}
	if command == "migrate up" {
		config.Migrate = true
		return prepareDatabase(ctx, config)
	}
	store, err := openStore(ctx, config)
	if err != nil {
		return err
	}
	defer store.Close()
	return serve(ctx, config, store)
}

// openStore returns the configured store, ready for use.
func openStore(ctx context.Context, config Config) (Store, error) {
	if config.Pool == nil {
		slog.Warn("no database is configured: the built-in database exists only in this pod and is lost with it")
		return newMemory(), nil
	}
	if err := prepareDatabase(ctx, config); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config.Pool)
	if err != nil {
		return nil, err
	}
	store := &Postgres{pool: pool, config: config}
	if config.Flavour.Listens {
		go store.listen(ctx)
	}
	return store, nil
}
