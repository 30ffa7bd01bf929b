package image

import (
	"strconv"
	"strings"
)

// Arguments returns the build arguments that were set when the step ran, as
// NAME=VALUE, from the record "|2 A=1 B=2 /bin/sh -c …". Values are recorded
// unquoted: one goes on up to the next word that begins another argument.
func (h History) Arguments() []string {
	s := strings.TrimPrefix(strings.TrimSpace(h.CreatedBy), "RUN ")
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), "|")
	if !ok {
		return nil
	}
	count, rest, ok := strings.Cut(rest, " ")
	n, err := strconv.Atoi(count)
	if !ok || err != nil {
		return nil
	}
	found := false
	if at := shellIndex(rest); at >= 0 {
		rest, found = rest[:at], true
	}
	rest = strings.TrimSuffix(rest, " ")
	var arguments []string
	start := 0 // of the last argument
	for at := 0; at <= len(rest); {
		word, _, _ := strings.Cut(rest[at:], " ")
		name, _, pair := strings.Cut(word, "=")
		switch {
		case pair && isVariable(name) && len(arguments) < n:
			arguments = append(arguments, word)
			start = at
		case len(arguments) == 0, len(arguments) == n && !found:
			return arguments // what follows is the command
		default:
			arguments[len(arguments)-1] = rest[start : at+len(word)]
		}
		at += len(word) + 1
	}
	return arguments
}

// isVariable reports whether s may name a build argument.
func isVariable(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
