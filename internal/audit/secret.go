package audit

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// A matcher finds secrets in text.
type matcher struct {
	tokens, texts []format
	assignment    *regexp.Regexp
	option        *regexp.Regexp
	exec          *regexp.Regexp
}

func newMatcher() matcher {
	return matcher{
		tokens: tokenFormats(),
		texts:  textFormats(),
		// NAME=VALUE, and "NAME": "VALUE" as JSON has it.
		assignment: regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_.\-]*)(?:=|["']\s*:\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s;&|"'<>)]+)`),
		// --NAME VALUE, and -u USER:PASSWORD of curl.
		option: regexp.MustCompile(`(?:--([a-z][a-z0-9\-]*)|\s-u)\s+("[^"]*"|'[^']*'|[^\s;&|"'<>)\-][^\s;&|"'<>)]*)`),
		// "--NAME", "VALUE" of the exec form.
		exec: regexp.MustCompile(`"--?([a-z][a-z0-9\-]*)",?\s*("[^"]*")`),
	}
}

// text returns the secrets in an instruction or another short text, in order
// and apart from each other.
func (m *matcher) text(s string) []span {
	var spans []span
	b := []byte(s)
	for _, formats := range [][]format{m.tokens, m.texts} {
		for i := range formats {
			spans = formats[i].find(spans, b)
		}
	}
	if start, end, ok := findPrivateKey(b); ok {
		spans = append(spans, span{start: start, end: end, kind: "private key"})
	}
	for _, at := range m.assignment.FindAllStringSubmatchIndex(s, -1) {
		spans = m.assigned(spans, s, s[at[2]:at[3]], at[4], at[5])
	}
	for _, at := range m.option.FindAllStringSubmatchIndex(s, -1) {
		if at[2] >= 0 {
			spans = m.assigned(spans, s, s[at[2]:at[3]], at[4], at[5])
		} else if colon := strings.IndexByte(s[at[4]:at[5]], ':'); colon > 0 && strings.Contains(s, "curl") {
			spans = m.assigned(spans, s, "password", at[4]+colon+1, at[5])
		}
	}
	for _, at := range m.exec.FindAllStringSubmatchIndex(s, -1) {
		spans = m.assigned(spans, s, s[at[2]:at[3]], at[4], at[5])
	}
	return disjoint(spans)
}

// assigned adds the value s[start:end] of name, if it is a secret.
func (m *matcher) assigned(spans []span, s, name string, start, end int) []span {
	if end-start >= 2 && (s[start] == '"' || s[start] == '\'') && s[end-1] == s[start] {
		start, end = start+1, end-1
	}
	if kind := judgeValue(name, s[start:end]); kind != "" {
		spans = append(spans, span{start, end, kind, name})
	}
	return spans
}

// disjoint sorts spans and drops those that begin in another.
func disjoint(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	var apart []span
	for _, s := range spans {
		if last := len(apart) - 1; last >= 0 && s.start < apart[last].end {
			apart[last].end = max(apart[last].end, s.end)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

// pair returns the secrets in the value of name, by the value's look or by the
// telling name.
func (m *matcher) pair(name, value string) []span {
	spans := m.text(value)
	for i := range spans {
		spans[i].name = cmp.Or(spans[i].name, name)
	}
	if len(spans) > 0 {
		return spans
	}
	if kind := judgeValue(name, value); kind != "" {
		return []span{{0, len(value), kind, name}}
	}
	return nil
}

// masked returns s with those parts of it masked, which are in order and apart.
func masked(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	done := 0
	for _, span := range spans {
		b.WriteString(s[done:span.start])
		b.WriteString(mask)
		done = span.end
	}
	b.WriteString(s[done:])
	return b.String()
}
