package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"devops-go/internal/layers"
	"devops-go/internal/secret"
)

// A step is an entry of the history, taken apart.
type step struct {
	// keyword and rest are the two parts of the instruction as it stood in the
	// Dockerfile. They are not masked.
	keyword, rest string
	comment       string
	arguments     []pair // build arguments recorded with a RUN
	// secrets are where in rest secrets are.
	secrets []secret.Span
	// instruction is what is reported: masked, and cut where it is too long.
	// place names it whole in fingerprints.
	instruction, place string

	layer   int // from 1; 0 for none
	created *time.Time
	lone    bool
}

// A pair is an assignment NAME=VALUE.
type pair struct{ name, value string }

// readHistory takes the history apart.
func (a *auditor) readHistory() []step {
	var steps []step
	for _, s := range layers.Steps(a.img) {
		var st step
		st.lone = s.Lone()
		if s.Layer != nil {
			st.layer = s.Layer.Index + 1
		}
		if h := s.History; h != nil {
			st.created, st.comment = h.Created, h.Comment
			st.keyword, st.rest, _ = strings.Cut(h.Instruction(), " ")
			st.rest = strings.TrimSpace(st.rest)
			st.secrets = a.matcher.Find(st.rest)
			st.arguments = splitArguments(h.Arguments())
		}
		steps = append(steps, st)
	}
	return steps
}

// maxInstruction bounds how much of an instruction is reported.
const maxInstruction = 4000

// maskSteps makes what is reported of the steps, when all secrets are known.
func (a *auditor) maskSteps() {
	for i := range a.steps {
		s := &a.steps[i]
		s.place = a.secrets.Redact(strings.TrimSpace(s.keyword + " " + secret.Mask(s.rest, s.secrets)))
		s.instruction = s.place
		if len(s.place) > maxInstruction {
			s.instruction = strings.ToValidUTF8(s.place[:maxInstruction], "") + "…"
			sum := sha256.Sum256([]byte(s.place))
			s.place = hex.EncodeToString(sum[:])
		}
	}
}

// splitArguments splits "NAME=VALUE" strings.
func splitArguments(list []string) []pair {
	var pairs []pair
	for _, argument := range list {
		name, value, _ := strings.Cut(argument, "=")
		pairs = append(pairs, pair{name, value})
	}
	return pairs
}

// splitPairs splits the arguments of ENV, ARG and LABEL as builders record
// them: values are unquoted and may hold spaces, so a pair goes on up to the
// next word that begins one. What begins with no pair is "NAME VALUE".
func splitPairs(rest string) []pair {
	var pairs []pair
	start := 0 // of the last value
	end := func(at int) {
		if last := len(pairs) - 1; last >= 0 {
			pairs[last].value = unquote(strings.TrimSpace(rest[start:at]))
		}
	}
	for at := 0; at < len(rest); {
		word, _, _ := strings.Cut(rest[at:], " ")
		name, _, ok := strings.Cut(word, "=")
		if name = strings.Trim(name, `"'`); ok && isName(name) || len(pairs) == 0 && word != "" {
			end(at)
			pairs = append(pairs, pair{name: name})
			start = at + min(len(word), strings.IndexByte(word+"=", '=')+1)
		}
		at += len(word) + 1
	}
	end(len(rest))
	return pairs
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// isName reports whether s may name a variable or a label.
func isName(s string) bool {
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_':
		case i > 0 && (r >= '0' && r <= '9' || r == '.' || r == '-' || r == '/'):
		default:
			return false
		}
	}
	return s != ""
}
