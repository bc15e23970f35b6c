// Package kubernetes replaces half a million generated lines of the Go SDK, of which the provider
// uses one type.
package kubernetes

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// UntypedArgs are the inputs of a resource whose type is known at run time only.
type UntypedArgs map[string]any

// ElementType makes the inputs a pulumi.Input.
func (UntypedArgs) ElementType() reflect.Type {
	return reflect.TypeFor[map[string]any]()
}

var _ pulumi.Input = UntypedArgs{}
