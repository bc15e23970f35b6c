package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

var errUserExists = errors.New("user already exists")

// User is one row of the table users.
type User struct {
	Username  string    `json:"username"`
	CreatedAt time.Time `json:"created_at"`
}

// Database describes the database that Coder uses.
type Database struct {
	Kind                string `json:"kind"`
	Host                string `json:"host"`
	Port                uint16 `json:"port"`
	Name                string `json:"name"`
	User                string `json:"user"`
	Role                string `json:"role"`
	SSLMode             string `json:"ssl_mode"`
	TLSVersion          string `json:"tls_version"`
	CertificateVerified bool   `json:"certificate_verified"`
	ServerVersion       string `json:"server_version"`
	Users               int    `json:"users"`
	Connections         int32  `json:"connections"`
	MaxConnections      int32  `json:"max_connections"`
	// Notifications holds the names of created users that this replica received by NOTIFY.
	Notifications []string `json:"notifications"`
}

const (
	external = "external"
	builtIn  = "built-in"
)

// Session describes the database session that ran a query.
type Session struct {
	User string    `json:"user"`
	Pid  int       `json:"pid"`
	Now  time.Time `json:"now"`
}

// Store stores Coder's users.
type Store interface {
	Describe(ctx context.Context) (Database, error)
	Query(ctx context.Context) (Session, error)
	Users(ctx context.Context) ([]User, error)
	CreateUser(ctx context.Context, username string) (User, error)
	Close()
}

// Memory is the built-in database; its data is lost with the pod.
type Memory struct {
	mutex sync.Mutex
	users []User
}

func newMemory() *Memory { return &Memory{users: []User{}} }

// Describe reports the built-in database.
func (m *Memory) Describe(ctx context.Context) (Database, error) {
	users, _ := m.Users(ctx)
	return Database{Kind: builtIn, Host: "localhost", Users: len(users), Notifications: []string{}}, nil
}

// Query needs no database.
func (m *Memory) Query(context.Context) (Session, error) {
	return Session{User: "coder", Now: time.Now()}, nil
}

// Users lists all users, oldest first.
func (m *Memory) Users(context.Context) ([]User, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Clone(m.users), nil
}

// CreateUser adds a user.
func (m *Memory) CreateUser(_ context.Context, username string) (User, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if slices.ContainsFunc(m.users, func(user User) bool { return user.Username == username }) {
		return User{}, errUserExists
	}
	user := User{Username: username, CreatedAt: time.Now()}
	m.users = append(m.users, user)
	return user, nil
}

// Close does nothing.
func (m *Memory) Close() {}
