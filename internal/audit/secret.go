package audit

import (
	"cmp"
	"math"
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

// minSecret is the length of the shortest value taken for a secret.
const minSecret = 4

// judgeValue says what kind of secret the value of name is; "" for none.
func judgeValue(name, value string) string {
	value = strings.TrimSpace(value)
	if len(value) < minSecret || isPlaceholder(value) || isHarmless(value) {
		return ""
	}
	words := nameWords(name)
	switch {
	case isExcused(words):
		return ""
	case isTelling(words):
		return "value of a telling name"
	case looksRandom(value):
		return "value that looks random"
	}
	return ""
}

// isHarmless reports whether a value of any name is no secret: a switch, a
// number, a path, a URL.
func isHarmless(value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "none", "null", "auto", "disabled", "enabled", "required", "optional", "prompt", "random", "file", "stdin":
		return true
	}
	if strings.HasPrefix(value, "/") || strings.HasPrefix(value, "./") || strings.HasPrefix(value, "~/") || strings.Contains(value, "://") {
		return true
	}
	return false
}

// nameWords splits a name into lower case words.
func nameWords(name string) []string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == '/' })
}

// isExcused reports whether a name says that its value is public.
func isExcused(words []string) bool {
	if len(words) == 0 {
		return true
	}
	switch words[len(words)-1] {
	case "version", "file", "path", "dir", "home", "url", "uri", "endpoint", "host", "user", "username", "email", "name", "id", "ids",
		"length", "ttl", "expiry", "timeout", "algorithm", "type", "mode", "policy", "prefix", "suffix", "size", "min", "max", "count",
		"fingerprint", "fingerprints", "commit", "revision", "ref", "rev", "tag", "branch", "sources", "packages", "deps", "opts", "flags", "cflags", "ldflags", "enabled", "provider", "store", "ring", "keyring", "server":
		return true
	}
	for i, w := range words {
		switch w {
		case "gpg", "pgp", "sha", "sha1", "sha224", "sha256", "sha384", "sha512", "md5", "blake2b", "checksum", "checksums", "sum", "hash", "digest", "integrity", "public", "pub", "cksum", "path", "allow", "signed", "arch", "b2sum", "known":
			return true
		case "csum", "keys":
			return i == len(words)-1 && !isTellingWord(strings.TrimSuffix(w, "s"))
		}
	}
	return false
}

// isTelling reports whether a name says that its value is a secret.
func isTelling(words []string) bool {
	for i, w := range words {
		if isTellingWord(w) {
			return true
		}
		if w == "key" && i > 0 {
			switch words[i-1] {
			case "api", "access", "private", "secret", "encryption", "signing", "master", "account", "auth", "ssh", "license", "app", "deploy", "session":
				return true
			}
		}
	}
	return false
}

func isTellingWord(w string) bool {
	switch w {
	case "password", "passwd", "passphrase", "pwd", "pass", "secret", "secrets", "token", "apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials", "authtoken", "requirepass", "masterkey":
		return true
	}
	for _, end := range []string{"password", "passwd", "secret", "token", "apikey", "passphrase"} {
		if strings.HasSuffix(w, end) {
			return true
		}
	}
	return false
}

// looksRandom reports whether a value has the look of a generated secret: one
// long word of mixed letters and digits. Hexadecimal is what digests, commits
// and key fingerprints are made of, and no sign of a secret.
func looksRandom(value string) bool {
	if len(value) < 24 || len(value) > 512 {
		return false
	}
	var lower, upper, digit, hexadecimal, slash, vowelRun int
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c >= '0' && c <= '9':
			digit++
			hexadecimal++
		case c >= 'a' && c <= 'z':
			lower++
			if c <= 'f' {
				hexadecimal++
			}
		case c >= 'A' && c <= 'Z':
			upper++
			if c <= 'F' {
				hexadecimal++
			}
		case c == '/':
			slash++
		case c == '+', c == '=', c == '_':
		case c == '-':
			vowelRun++
		default:
			return false
		}
	}
	if hexadecimal == len(value) || slash > 2 || vowelRun > 2 || lower < 4 || upper < 4 || digit < 3 {
		return false
	}
	if strings.HasPrefix(value, "sha256-") || strings.HasPrefix(value, "sha384-") || strings.HasPrefix(value, "sha512-") || strings.HasPrefix(value, "h1") {
		return false
	}
	return entropy(value) >= 4.2
}

// entropy is Shannon's, in bits a byte.
func entropy(s string) float64 {
	var counts [256]int
	for i := 0; i < len(s); i++ {
		counts[s[i]]++
	}
	var bits float64
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// A redactor takes secrets that were found out of everything that is reported.
type redactor struct{ values []string }

// learn remembers a secret's value, and its lines one by one.
func (r *redactor) learn(value string) {
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSpace(line); len(line) >= minSecret && line != mask && !slices.Contains(r.values, line) {
			r.values = append(r.values, line)
		}
	}
}

// redact masks every secret that is known in s.
func (r *redactor) redact(s string) string {
	for _, value := range r.values {
		s = strings.ReplaceAll(s, value, mask)
	}
	return s
}

// ready sorts the values, so that one that holds another is masked whole.
func (r *redactor) ready() {
	slices.SortFunc(r.values, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
}
