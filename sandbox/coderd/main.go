// Command coderd stands in for the Coder server: it reads the environment that the published charts
// give, and behaves toward the database as Coder does.
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

// run does what one command line of the charts asks for.
func run(ctx context.Context, command string, getenv func(string) string) error {
	read, ok := map[string]func(func(string) string) (Config, error){
		"migrate up": classicConfig,
		"run":        classicConfig,
		"server":     v2Config,
	}[command]
	if !ok {
		return errUsage
	}
	config, err := read(getenv)
	if err != nil {
		return err
	}
	if command == "migrate up" {
		config.Migrate = true
		return prepare(ctx, config)
	}
	store, err := open(ctx, config)
	if err != nil {
		return err
	}
	defer store.Close()
	return serve(ctx, config, store)
}

// open gives the store that the configuration names, ready to be used.
func open(ctx context.Context, config Config) (Store, error) {
	if config.Pool == nil {
		slog.Warn("no database is configured: the built-in one lives in this pod only and is lost with it")
		return newMemory(), nil
	}
	if err := prepare(ctx, config); err != nil {
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
