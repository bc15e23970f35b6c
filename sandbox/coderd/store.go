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

// Database says which database Coder is on.
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
	// Heard names the users whose making this replica was told of by NOTIFY.
	Heard []string `json:"heard"`
}

const (
	external = "external"
	builtIn  = "built-in"
)

// Session is the database session that answered one query.
type Session struct {
	User string    `json:"user"`
	Pid  int       `json:"pid"`
	Now  time.Time `json:"now"`
}

// Store is where Coder keeps its users.
type Store interface {
	Describe(ctx context.Context) (Database, error)
	Query(ctx context.Context) (Session, error)
	Users(ctx context.Context) ([]User, error)
	CreateUser(ctx context.Context, username string) (User, error)
	Close()
}

// Memory is the built-in database: it lives and dies with the pod.
type Memory struct {
	mutex sync.Mutex
	users []User
}

func newMemory() *Memory { return &Memory{users: []User{}} }

// Describe says that nothing here outlives the pod.
func (m *Memory) Describe(ctx context.Context) (Database, error) {
	users, _ := m.Users(ctx)
	return Database{Kind: builtIn, Host: "localhost", Users: len(users), Heard: []string{}}, nil
}

// Query answers at once.
func (m *Memory) Query(context.Context) (Session, error) {
	return Session{User: "coder", Now: time.Now()}, nil
}

// Users lists all users in the order of their making.
func (m *Memory) Users(context.Context) ([]User, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Clone(m.users), nil
}

// CreateUser adds one user.
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

// Close has nothing to close.
func (m *Memory) Close() {}
