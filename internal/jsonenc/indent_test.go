package jsonenc

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestIndent(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `{"a":1}`, `{"a":[1,2,{"b":null}],"c":{}}`, `{"quoted":"a\"b:{,[\\"}`, `"x"`, "{\"a\":[],\"b\":true}\n",
	} {
		var want bytes.Buffer
		if err := json.Indent(&want, []byte(text), "", "  "); err != nil {
			t.Fatal(err)
		}
		if got := Indent(nil, []byte(text)); string(got) != want.String() {
			t.Errorf("%s became\n%s, want\n%s", text, got, want.String())
		}
	}
}
