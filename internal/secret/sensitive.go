package secret

import (
	"bytes"
	"regexp"
	"strings"
)

// maxLine is the longest line that is looked at for values of sensitive names;
// longer ones were written by programs.
const maxLine = 1024

// An assignment is a way to write a name and its value, which are its groups.
type assignment = *regexp.Regexp

// settingAssignments are those of settings: NAME: VALUE, NAME = VALUE, elements
// and attributes of XML.
func settingAssignments() []assignment {
	return []assignment{
		regexp.MustCompile(`^\s*(?:-\s+|export\s+|set\s+)?["']?([A-Za-z_][\w.\-/:]*?)["']?\s*(?:=>|[:=])\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"',;#<>]+)\s*[,;]?\s*(?:[#;].*)?$`),
		regexp.MustCompile(`["']([A-Za-z_][\w.\-]*)["']\s*:\s*("(?:[^"\\]|\\.)*")`),
		regexp.MustCompile(`<([A-Za-z_][\w.\-]*)>([^<>]+)</`),
		regexp.MustCompile(`(?:name|key|id)=["']([\w.\-:]+)["'][^<>]*?(?:value=("[^"]*"|'[^']*')|>([^<>]+)<)`),
		regexp.MustCompile(`\s([A-Za-z_][\w.\-]*)=("[^"]*"|'[^']*')`),
	}
}

// sourceAssignments are those of programs: the value is a literal.
func sourceAssignments() []assignment {
	return []assignment{
		regexp.MustCompile(`([A-Za-z_][\w.\-]*)["']?\]?\s*(?:\??:=|=>|[:=])\s*[brfu]?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`),
		regexp.MustCompile(`(?:define|setProperty|set|put|setenv|putenv)\(\s*["']([\w.\-]+)["']\s*,\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`),
	}
}

// searchNames looks for the values of sensitive names.
func (s *scan) searchNames(b []byte) {
	switch s.place {
	case environment:
		s.spans = append(s.spans, s.Find(string(b))...)
		return
	case lone:
		s.searchLone(b)
		return
	}
	assignments, certain := s.settings, isSettingValue
	if s.place == source {
		assignments, certain = s.sources, isLiteralSecret
	}
	at := 0
	for line := range bytes.Lines(b) {
		start := at
		at += len(line)
		if len(line) > maxLine || !mentionsSecret(line) || isComment(line) {
			continue
		}
		text := strings.TrimRight(string(line), "\r\n")
		for _, a := range assignments {
			for _, m := range a.FindAllStringSubmatchIndex(text, -1) {
				from, to := m[4], m[5]
				if from < 0 {
					from, to = m[6], m[7]
				}
				from, to = unquoted(text, from, to)
				name, value := text[m[2]:m[3]], text[from:to]
				if judgeValue(name, value) != "" && isSensitive(nameWords(name)) && certain(value) {
					s.spans = append(s.spans, Span{start + from, start + to, "value of " + name, name})
				}
			}
		}
	}
}

// searchLone takes the only line of a file with a sensitive name for a secret.
func (s *scan) searchLone(b []byte) {
	value := bytes.TrimSpace(b)
	if len(value) < minSecret || len(value) > maxLine || bytes.ContainsAny(value, " \t\n\x00") {
		return
	}
	if text := string(value); !isPlaceholder(text) && !isHarmless(text) {
		start := bytes.Index(b, value)
		s.spans = append(s.spans, Span{Start: start, End: start + len(value), Kind: "password in a file of its own"})
	}
}

// unquoted leaves out the quotes round s[start:end].
func unquoted(s string, start, end int) (int, int) {
	if end-start >= 2 && (s[start] == '"' || s[start] == '\'') && s[end-1] == s[start] {
		return start + 1, end - 1
	}
	return start, end
}

// mentionsSecret is a quick test for a line with a sensitive name.
func mentionsSecret(line []byte) bool {
	lower := bytes.ToLower(line)
	for _, word := range []string{"pass", "secret", "token", "pwd", "key", "credential"} {
		if bytes.Contains(lower, []byte(word)) {
			return true
		}
	}
	return false
}

func isComment(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	for _, mark := range []string{"#", ";", "//", "/*", "*", "<!--", "--", "%"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return true
		}
	}
	return false
}

// isSettingValue reports whether the value of a sensitive name in settings is one,
// and not the name of another or a code.
func isSettingValue(value string) bool {
	return len(value) >= 6 && !strings.ContainsAny(value, " ()[]") && !isSensitive(nameWords(value)) && !isSensitive([]string{strings.ToLower(value)})
}

// isLiteralSecret reports whether a literal in a program is one.
func isLiteralSecret(value string) bool {
	return isSettingValue(value) && isMixed(value)
}
