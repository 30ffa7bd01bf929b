package secret

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Matcher finds secrets, in several texts at a time.
type Matcher struct {
	tokens, texts []format
	anchors       *anchors // of the formats that contents are searched for
	url           format
	commands      []command
	// assignments have a name and a value as their groups.
	assignments []*regexp.Regexp
	header      *regexp.Regexp
	// settings and sources are those of files.
	settings, sources []assignment

	windows sync.Pool // of *[window]byte, for scans
}

func NewMatcher() *Matcher {
	m := &Matcher{
		windows:  sync.Pool{New: func() any { return new([window]byte) }},
		tokens:   tokenFormats(),
		texts:    textFormats(),
		url:      urlFormat(),
		commands: commands(),
		settings: settingAssignments(),
		sources:  sourceAssignments(),
		assignments: []*regexp.Regexp{
			// NAME=VALUE, and "NAME": "VALUE" as JSON has it.
			regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_.\-]*)(?:=|["']\s*:\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s;&|"'<>)]+)`),
			// --NAME VALUE, and -NAME VALUE of Java, .NET and OpenSSL
			regexp.MustCompile(`(?:^|\s)--?([A-Za-z][A-Za-z0-9\-]+)\s+("[^"]*"|'[^']*'|[^\s;&|"'<>)\-][^\s;&|"'<>)]*)`),
			// "--NAME", "VALUE" of the exec form.
			regexp.MustCompile(`"--?([a-z][a-z0-9\-]*)",?\s*("[^"]*")`),
		},
		// NAME: VALUE, of headers and of YAML.
		header: regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_.\-]*):[ \t]+("[^"\n]*"|'[^'\n]*'|[^\s;&|"'<>)]+)`),
	}
	var words []string
	for _, f := range m.tokens {
		words = append(words, f.anchor)
	}
	m.anchors = newAnchors(append(words, otherAnchors()...))
	return m
}

// Find returns the secrets in an instruction or another short text, in order
// and apart from each other.
func (m *Matcher) Find(s string) []Span {
	var spans []Span
	b := []byte(s)
	for _, formats := range [][]format{m.tokens, m.texts} {
		for i := range formats {
			spans = formats[i].find(spans, b)
		}
	}
	for at := 0; ; {
		start, end, ok := findPrivateKey(b[at:])
		if !ok {
			break
		}
		spans = append(spans, Span{Start: at + start, End: at + end, Kind: "private key"})
		at += end
	}
	for i := range m.commands {
		spans = m.commands[i].find(spans, s)
	}
	for _, pattern := range m.assignments {
		for _, at := range pattern.FindAllStringSubmatchIndex(s, -1) {
			spans = m.assigned(spans, s, s[at[2]:at[3]], at[4], at[5])
		}
	}
	for _, at := range m.header.FindAllStringSubmatchIndex(s, -1) {
		if isMixed(strings.Trim(s[at[4]:at[5]], `"'`)) { // prose has colons, too
			spans = m.assigned(spans, s, s[at[2]:at[3]], at[4], at[5])
		}
	}
	return disjoint(spans)
}

// FindNames returns the secrets in a list of names of files, one on each line:
// those of known formats, and NAME=VALUE with a sensitive name.
func (m *Matcher) FindNames(list string) []Span {
	var spans []Span
	trails := make([]trail, len(m.tokens))
	b := []byte(list)
	m.anchors.find(b, func(word, at int) {
		if word < len(m.tokens) {
			if span, ok := m.tokens[word].match(b, at, &trails[word]); ok {
				spans = append(spans, span)
			}
		}
	})
	if bytes.IndexByte(b, '=') >= 0 {
		for _, at := range m.assignments[0].FindAllSubmatchIndex(b, -1) {
			if name := list[at[2]:at[3]]; isSensitive(nameWords(name)) {
				spans = m.assigned(spans, list, name, at[4], at[5])
			}
		}
	}
	return disjoint(spans)
}

// assigned adds the value s[start:end] of name, if it is a secret.
func (m *Matcher) assigned(spans []Span, s, name string, start, end int) []Span {
	if end-start >= 2 && (s[start] == '"' || s[start] == '\'') && s[end-1] == s[start] {
		start, end = start+1, end-1
	}
	if kind := judgeValue(name, s[start:end]); kind != "" {
		return append(spans, Span{start, end, kind, name})
	}
	// --from-literal=NAME=VALUE
	if inner, value, ok := strings.Cut(s[start:end], "="); ok && isSensitive(nameWords(inner)) {
		return m.assigned(spans, s, inner, end-len(value), end)
	}
	return spans
}

// disjoint sorts spans and drops those that begin in another.
func disjoint(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var apart []Span
	for _, s := range spans {
		if last := len(apart) - 1; last >= 0 && s.Start < apart[last].End {
			apart[last].End = max(apart[last].End, s.End)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

// FindValue returns the secrets in the value of name, by the value's look or by the
// sensitive name.
func (m *Matcher) FindValue(name, value string) []Span {
	spans := m.Find(value)
	for i := range spans {
		spans[i].Name = cmp.Or(spans[i].Name, name)
	}
	if len(spans) > 0 {
		return spans
	}
	if kind := judgeValue(name, value); kind != "" {
		return []Span{{0, len(value), kind, name}}
	}
	return nil
}

// Mask returns s with those parts of it masked, which are in order and apart.
func Mask(s string, spans []Span) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	done := 0
	for _, span := range spans {
		b.WriteString(s[done:span.Start])
		b.WriteString(Masked)
		done = span.End
	}
	b.WriteString(s[done:])
	return b.String()
}
