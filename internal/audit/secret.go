package audit

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// mask stands where a secret stood.
const mask = "****"

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

// mask returns the text with its secrets masked.
func (m *matcher) mask(s string) string {
	spans := m.text(s)
	for i := len(spans) - 1; i >= 0; i-- {
		s = s[:spans[i].start] + mask + s[spans[i].end:]
	}
	return s
}

// A redactor takes secrets that were found out of everything that is reported.
type redactor struct {
	values   map[string]bool
	replacer *strings.Replacer
}

// maxSecrets bounds the secrets that are kept; a hostile image may hold any
// number, and what is found in an instruction is masked there anyway.
const maxSecrets = 100_000

// learn remembers a secret's value, and its lines one by one.
func (r *redactor) learn(value string) {
	if r.values == nil {
		r.values = map[string]bool{}
	}
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSpace(line); len(line) >= minSecret && line != mask && len(r.values) < maxSecrets {
			r.values[line] = true
		}
	}
}

// ready prepares the masking; nothing is learnt after it.
func (r *redactor) ready() {
	values := slices.SortedFunc(maps.Keys(r.values), func(a, b string) int {
		// One that holds another is masked whole.
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	var pairs []string
	for _, value := range values {
		pairs = append(pairs, value, mask)
	}
	r.replacer = strings.NewReplacer(pairs...)
}

// redact masks every secret that is known in s.
func (r *redactor) redact(s string) string { return r.replacer.Replace(s) }
