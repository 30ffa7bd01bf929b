package secret

import (
	"bytes"
	"regexp"
	"strings"
)

// A format is a kind of secret that is known by how it looks. Contents are
// searched for its anchor first, which is fast, and held against the pattern
// where it stands.
type format struct {
	name   string
	anchor string
	// inner allows the anchor to stand within a word.
	inner bool
	// pattern matches at the anchor; a group, if it has one, is the secret.
	pattern *regexp.Regexp
}

// awsKey is the secret half of an AWS key pair, which only its name tells.
const awsKey = `\w+["']?\s*[:=]\s*["']?([A-Za-z0-9+/]{40})(?:[^A-Za-z0-9+/=]|$)`

// tokenFormats are the formats that are looked for everywhere.
func tokenFormats() []format {
	list := []struct{ name, anchor, pattern string }{
		{"AWS access key", "AKIA", `AKIA[A-Z2-7]{16}\b`},
		{"AWS access key", "ASIA", `ASIA[A-Z2-7]{16}\b`},
		{"GitHub token", "ghp_", `ghp_[A-Za-z0-9]{36,255}`},
		{"GitHub token", "gho_", `gho_[A-Za-z0-9]{36,255}`},
		{"GitHub token", "ghu_", `ghu_[A-Za-z0-9]{36,255}`},
		{"GitHub token", "ghs_", `ghs_[A-Za-z0-9]{36,255}`},
		{"GitHub token", "ghr_", `ghr_[A-Za-z0-9]{36,255}`},
		{"GitHub token", "github_pat_", `github_pat_[A-Za-z0-9_]{22,255}`},
		{"GitLab token", "glpat-", `glpat-[A-Za-z0-9_\-]{20,}`},
		{"Slack token", "xox", `xox[abeoprs]-[A-Za-z0-9\-]{10,}`},
		{"Slack webhook", "hooks.slack.com/services/", `hooks\.slack\.com/services/(T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]{16,})`},
		{"Google API key", "AIza", `AIza[A-Za-z0-9_\-]{35}`},
		{"Stripe key", "_live_", `_live_[A-Za-z0-9]{16,}`},
		{"npm token", "npm_", `npm_[A-Za-z0-9]{36}\b`},
		{"PyPI token", "pypi-AgE", `pypi-AgE[A-Za-z0-9_\-]{50,}`},
		{"Docker Hub token", "dckr_pat_", `dckr_pat_[A-Za-z0-9_\-]{20,}`},
		{"AWS secret key", "aws_secret_access_key", awsKey},
		{"AWS secret key", "AWS_SECRET_ACCESS_KEY", awsKey},
		{"AWS secret key", "ecretAccessKey", awsKey},
		{"Azure storage key", "AccountKey=", `AccountKey=([A-Za-z0-9+/]{80,}={0,2})`},
		{"DigitalOcean token", "dop_v1_", `dop_v1_[a-f0-9]{64}`},
		{"SendGrid key", "SG.", `SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}`},
		{"Vault token", "hvs.", `hvs\.[A-Za-z0-9_\-]{24,}`},
		{"Hugging Face token", "hf_", `hf_[A-Za-z0-9]{34}\b`},
		{"OpenAI key", "sk-proj-", `sk-proj-[A-Za-z0-9_\-]{32,}`},
		{"Anthropic key", "sk-ant-", `sk-ant-[A-Za-z0-9_\-]{32,}`},
		{"JSON web token", "eyJ", `eyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{16,}`},
	}
	formats := make([]format, len(list))
	for i, f := range list {
		formats[i] = format{f.name, f.anchor, f.anchor[0] == '_' || f.pattern == awsKey, regexp.MustCompile(`^` + f.pattern)}
	}
	return formats
}

func urlFormat() format {
	return format{"password in a URL", "://", true, regexp.MustCompile(`^://[^\s/:@"']*:([^\s/@"']+)@`)}
}

// textFormats are those that only make sense in a text of one line or few.
func textFormats() []format {
	return []format{
		urlFormat(),
		{"authorization header", "uthorization:", true, regexp.MustCompile(`^uthorization:\s*(?:[Bb]earer|[Bb]asic|[Tt]oken)\s+([A-Za-z0-9+/=_.\-]{8,})`)},
		{"authorization header", "RIVATE-TOKEN:", true, regexp.MustCompile(`^RIVATE-TOKEN:\s*([A-Za-z0-9_.\-]{8,})`)},
	}
}

const (
	// maxToken bounds how much of a content is held against a pattern.
	maxToken = 4096
	// A content with maxMisses places that only begin like a token was made to
	// cost time, and is looked at through a smaller window.
	maxMisses   = 100
	smallWindow = 128
)

// A Span is a secret in a text.
type Span struct {
	Start, End int
	// Kind says what it is, and Name what it is the value of, if anything.
	Kind, Name string
}

// find appends the spans of the format in b.
func (f *format) find(spans []Span, b []byte) []Span {
	window, misses := maxToken, 0
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte(f.anchor))
		if i < 0 {
			return spans
		}
		at += i
		if !f.inner && at > 0 && isWord(b[at-1]) {
			at += len(f.anchor)
			continue
		}
		m := f.pattern.FindSubmatchIndex(b[at:min(len(b), at+window)])
		if m == nil {
			at += len(f.anchor)
			if misses++; misses == maxMisses {
				window = smallWindow
			}
			continue
		}
		from, to := at+m[0], at+m[1]
		if len(m) > 2 {
			from, to = at+m[2], at+m[3]
		}
		if !isPlaceholder(string(b[from:to])) {
			spans = append(spans, Span{Start: from, End: to, Kind: f.name})
		}
		at += m[1]
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isPlaceholder reports whether a value only stands for a secret: a variable,
// a template, an example.
func isPlaceholder(value string) bool {
	if value == "" || strings.ContainsAny(value[:1], "<{%[") || isVariable(value) || strings.Contains(value, "${") || strings.Contains(value, "$(") {
		return true
	}
	if strings.Trim(value, "*xX.-") == "" {
		return true
	}
	lower := strings.ToLower(value)
	for _, word := range []string{"example", "placeholder", "redacted", "your-", "your_"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// isVariable reports whether a value begins with a variable of a shell, as
// $NAME and $1, and not only with a dollar.
func isVariable(value string) bool {
	name, ok := strings.CutPrefix(value, "$")
	if !ok || name == "" {
		return ok
	}
	c := name[0]
	return isWord(c) && (c < '0' || c > '9') || strings.IndexByte("{(@*#?$!-", c) >= 0 || len(name) == 1 || !isWord(name[1])
}
