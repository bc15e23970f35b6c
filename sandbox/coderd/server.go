package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"time"
)

const (
	queryTimeout = 5 * time.Second
	// After SIGTERM, requests still arrive for about a second, until kube-proxy has removed the pod.
	drainTime    = 2 * time.Second
	shutdownTime = 10 * time.Second
)

//go:embed page.html
var pageText string

var (
	page          = template.Must(template.New("page").Parse(pageText))
	validUsername = regexp.MustCompile(`^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$`)
)

// BuildInfo describes this server and its database.
type BuildInfo struct {
	ExternalURL string   `json:"external_url"`
	Version     string   `json:"version"`
	Flavour     string   `json:"flavour"`
	StandIn     bool     `json:"stand_in"`
	Pod         string   `json:"pod"`
	Database    Database `json:"database"`
	Error       string   `json:"error,omitempty"`
}

type server struct {
	config Config
	store  Store
	pod    string
}

// serve handles requests until the context ends, then finishes the requests in progress.
func serve(ctx context.Context, config Config, store Store) error {
	pod, err := os.Hostname()
	if err != nil {
		return err
	}
	s := &server{config: config, store: store, pod: pod}
	listener := &http.Server{Addr: config.Address, Handler: s.routes(), ReadHeaderTimeout: queryTimeout}
	failed := make(chan error, 1)
	go func() { failed <- listener.ListenAndServe() }()
	slog.Info("serving", "flavour", config.Flavour.Name, "version", config.Version, "address", config.Address)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	slog.Info("interrupt caught, gracefully exiting")
	listener.SetKeepAlivesEnabled(false)
	time.Sleep(drainTime)
	deadline, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	return listener.Shutdown(deadline)
}

func (s *server) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{$}", s.page)
	routes.HandleFunc("GET /api/v2/buildinfo", s.buildInfo)
	routes.HandleFunc("GET /api/v2/query", s.query)
	routes.HandleFunc("GET /api/v2/users", s.users)
	routes.HandleFunc("POST /api/v2/users", s.createUser)
	// As in Coder, the health check does not depend on the database.
	routes.HandleFunc("GET "+s.config.Flavour.HealthPath, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("OK"))
	})
	return http.TimeoutHandler(routes, queryTimeout+time.Second, "timed out\n")
}

func (s *server) describe(r *http.Request) (BuildInfo, int) {
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()
	info := BuildInfo{
		ExternalURL: s.config.AccessURL, Version: s.config.Version, Flavour: s.config.Flavour.Name,
		StandIn: true, Pod: s.pod,
	}
	var err error
	if info.Database, err = s.store.Describe(ctx); err != nil {
		info.Error = oneLine(err)
		return info, http.StatusServiceUnavailable
	}
	return info, http.StatusOK
}

func (s *server) page(w http.ResponseWriter, r *http.Request) {
	info, status := s.describe(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := page.Execute(w, info); err != nil {
		slog.Warn("page", "error", oneLine(err))
	}
}

func (s *server) buildInfo(w http.ResponseWriter, r *http.Request) {
	info, status := s.describe(r)
	reply(w, status, info)
}

func (s *server) query(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()
	session, err := s.store.Query(ctx)
	replyOr(w, err, http.StatusOK, map[string]any{"pod": s.pod, "session": session})
}

func (s *server) users(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()
	users, err := s.store.Users(ctx)
	replyOr(w, err, http.StatusOK, map[string]any{"users": users, "count": len(users)})
}

func (s *server) createUser(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()
	var requested User
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&requested)
	if err != nil || len(requested.Username) > 32 || !validUsername.MatchString(requested.Username) {
		message := `the body must be {"username": "…"}, 1 to 32 letters and digits, optionally separated by single hyphens`
		reply(w, http.StatusBadRequest, map[string]string{"message": message})
		return
	}
	user, err := s.store.CreateUser(ctx, requested.Username)
	replyOr(w, err, http.StatusCreated, user)
}

func replyOr(w http.ResponseWriter, err error, status int, body any) {
	switch {
	case errors.Is(err, errUserExists):
		reply(w, http.StatusConflict, map[string]string{"message": "User already exists."})
	case err != nil:
		reply(w, http.StatusServiceUnavailable, map[string]string{"message": oneLine(err)})
	default:
		reply(w, status, body)
	}
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Warn("reply", "error", oneLine(err))
	}
}
