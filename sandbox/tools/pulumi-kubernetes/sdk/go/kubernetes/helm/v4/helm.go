// Package helm declares the types that the provider's Chart v4 component takes.
package helm

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// RepositoryOptsInput is a RepositoryOpts that may still be unknown.
type RepositoryOptsInput interface{ pulumi.Input }

// RepositoryOpts say where a chart is and how to log in there.
type RepositoryOpts struct {
	CaFile   pulumi.Asset
	CertFile pulumi.Asset
	KeyFile  pulumi.Asset
	Password *string
	Repo     *string
	Username *string
}

// PostRendererInput is a PostRenderer that may still be unknown.
type PostRendererInput interface{ pulumi.Input }

// PostRenderer is a command that changes what a chart renders.
type PostRenderer struct {
	Args    []string
	Command string
}
