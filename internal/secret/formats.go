package secret

import (
	"bytes"
	"regexp"
)

// A format is a kind of secret that is known by how it looks. Contents are
// searched for its anchor first, which is fast, and compared with the pattern
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
		{"Stripe key", "sk_live_", `sk_live_[A-Za-z0-9]{16,}`},
		{"Stripe key", "rk_live_", `rk_live_[A-Za-z0-9]{16,}`},
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
		formats[i] = format{f.name, f.anchor, f.pattern == awsKey, regexp.MustCompile(`^` + f.pattern)}
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
		{"authorization header", "UTHORIZATION:", true, regexp.MustCompile(`^UTHORIZATION:\s*(?:[Bb]earer|[Bb]asic|[Tt]oken|BEARER|BASIC|TOKEN)\s+([A-Za-z0-9+/=_.\-]{8,})`)},
		{"authorization header", "RIVATE-TOKEN:", true, regexp.MustCompile(`^RIVATE-TOKEN:\s*([A-Za-z0-9_.\-]{8,})`)},
	}
}

const (
	// maxToken bounds how much of a content is compared with a pattern.
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

// A trail is what a search for a format remembers within one content.
type trail struct {
	next   int // nothing that begins before is looked at again
	misses int
}

// match returns the secret whose anchor is at that place of b.
func (f *format) match(b []byte, at int, t *trail) (Span, bool) {
	if at < t.next || !f.inner && at > 0 && isWord(b[at-1]) {
		return Span{}, false
	}
	window := maxToken
	if t.misses >= maxMisses {
		window = smallWindow
	}
	m := f.pattern.FindSubmatchIndex(b[at:min(len(b), at+window)])
	if m == nil {
		t.misses++
		return Span{}, false
	}
	t.next = at + m[1]
	from, to := at+m[0], at+m[1]
	if len(m) > 2 {
		from, to = at+m[2], at+m[3]
	}
	return Span{Start: from, End: to, Kind: f.name}, !isPlaceholder(string(b[from:to]))
}

// find appends the spans of the format in b.
func (f *format) find(spans []Span, b []byte) []Span {
	var t trail
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte(f.anchor))
		if i < 0 {
			return spans
		}
		at += i
		if span, ok := f.match(b, at, &t); ok {
			spans = append(spans, span)
		}
		at = max(at+len(f.anchor), t.next)
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
