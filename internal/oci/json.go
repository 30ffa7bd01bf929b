package oci

import (
	"encoding/json"
	"fmt"
)

// MaxValues is how many values a document may have: an index of ten thousand
// manifests has half of that. The values, not the bytes, are what a document costs
// when it is parsed, which can be a hundred times its size.
const MaxValues = 200_000

// Unmarshal is json.Unmarshal for a document that somebody else made: one of more
// than MaxValues values is refused before any memory is set aside for it. How deep
// it nests is bounded by encoding/json.
func Unmarshal(raw []byte, v any) error {
	if values(raw) > MaxValues {
		return fmt.Errorf("JSON of more than %d values", MaxValues)
	}
	return json.Unmarshal(raw, v)
}

// values counts the values of a document, more or less: each follows the start of
// a list or an object, or a comma.
func values(raw []byte) int {
	n, quoted := 1, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '[' || c == '{'):
			n++
		}
	}
	return n
}
