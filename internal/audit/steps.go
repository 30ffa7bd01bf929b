package audit

import (
	"strings"
	"time"

	"devops-go/internal/image"
	"devops-go/internal/layers"
)

// A step is an entry of the history, taken apart.
type step struct {
	// instruction is as it stood in the Dockerfile, masked; keyword and rest
	// are its two parts, not masked.
	instruction   string
	keyword, rest string
	arguments     []pair // build arguments recorded with a RUN
	layer         int    // from 1; 0 for none
	created       *time.Time
	lone          bool
}

// A pair is an assignment NAME=VALUE.
type pair struct{ name, value string }

// readHistory takes the history apart and learns its secrets.
func (a *auditor) readHistory() []step {
	var steps []step
	for _, s := range layers.Steps(a.img) {
		var st step
		st.lone = s.Lone()
		if s.Layer != nil {
			st.layer = s.Layer.Index + 1
		}
		if h := s.History; h != nil {
			st.created = h.Created
			st.instruction = h.Instruction()
			st.keyword, st.rest, _ = strings.Cut(st.instruction, " ")
			st.rest = strings.TrimSpace(st.rest)
			st.arguments = splitArguments(h.Arguments())
		}
		st.instruction = a.matcher.mask(st.instruction)
		steps = append(steps, st)
	}
	return steps
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
// next word that begins one.
func splitPairs(rest string) []pair {
	var pairs []pair
	for _, word := range strings.Split(rest, " ") {
		name, value, ok := strings.Cut(word, "=")
		switch {
		case ok && isName(strings.Trim(name, `"'`)):
			pairs = append(pairs, pair{strings.Trim(name, `"'`), value})
		case len(pairs) > 0 && pairs[len(pairs)-1].value != "":
			pairs[len(pairs)-1].value += " " + word
		case word != "":
			pairs = append(pairs, pair{word, ""})
		}
	}
	for i := range pairs {
		pairs[i].value = unquote(strings.TrimSpace(pairs[i].value))
	}
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

// baseLayers guesses how many layers are the base image's: a base ends in the
// CMD or ENTRYPOINT that stands before the last step that made a layer. No
// such step means that nothing is known of a base, and 0.
func baseLayers(img *image.Image) int {
	history := img.Config.History
	last := len(history) - 1
	for last >= 0 && history[last].EmptyLayer {
		last--
	}
	count := 0
	base := 0
	for i := 0; i < last; i++ {
		if !history[i].EmptyLayer {
			count++
			continue
		}
		switch keyword, _, _ := strings.Cut(history[i].Instruction(), " "); keyword {
		case "CMD", "ENTRYPOINT":
			base = count
		}
	}
	return min(base, len(img.Layers))
}
