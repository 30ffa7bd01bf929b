package report

import (
	"reflect"
	"testing"
)

// tare's text/template calls no methods: what templates are applied to, and what
// their functions return, has none.
func TestTemplatesNeedNoMethods(t *testing.T) {
	types := []reflect.Type{reflect.TypeOf(headings)}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[historyRow]()) {
		types = append(types, field.Type)
	}
	for _, funcs := range []map[string]any{templateFuncs, headingFuncs} {
		for _, f := range funcs {
			types = append(types, reflect.TypeOf(f).Out(0))
		}
	}
	for _, typ := range append(types, reflect.TypeFor[*historyRow]()) {
		if typ.NumMethod() != 0 {
			t.Errorf("%v has the method %s", typ, typ.Method(0).Name)
		}
	}
}
