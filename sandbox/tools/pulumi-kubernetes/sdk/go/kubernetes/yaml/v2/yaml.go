// Package yaml declares what the provider's YAML and Chart v4 components call to register objects.
package yaml

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RegisterResource fails: the SDK's resource types are not in this build.
func RegisterResource(
	_ *pulumi.Context, apiVersion, kind, name string, _ pulumi.Input, _ ...pulumi.ResourceOption,
) (pulumi.CustomResource, error) {
	return nil, fmt.Errorf("%s %s %q: the YAML and Chart v4 components are not in this build of "+
		"the Kubernetes provider", apiVersion, kind, name)
}
