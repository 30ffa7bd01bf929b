package secret

import (
	"math"
	"strings"
)

// minSecret is the length of the shortest value taken for a secret.
const minSecret = 4

// judgeValue says what kind of secret the value of name is; "" for none.
func judgeValue(name, value string) string {
	value = strings.TrimSpace(value)
	if len(value) < minSecret || isPlaceholder(value) || isHarmless(value) || isPublic(value) {
		return ""
	}
	words := nameWords(name)
	switch {
	case isExcused(words):
		return ""
	case isSensitive(words):
		return "value with a sensitive name"
	case looksRandom(value):
		return "value that looks random"
	}
	return ""
}

// isHarmless reports whether a value of any name is no secret: a switch, a
// number, a path, a URL.
func isHarmless(value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "none", "null", "auto", "disabled", "enabled", "required", "optional", "prompt", "random", "file", "stdin", "pass:":
		return true
	}
	if strings.Contains(value, "://") || strings.HasPrefix(value, "./") || strings.HasPrefix(value, "~/") {
		return true
	}
	return strings.HasPrefix(value, "/") && !looksRandom(value) // base64 may begin with a slash
}

// isPublic reports whether a value of any name says that everybody may have it.
func isPublic(value string) bool {
	return strings.HasPrefix(value, "pk_live_") || strings.HasPrefix(value, "pk_test_") || strings.HasPrefix(value, "pk.") || strings.HasPrefix(value, "ssh-rsa ") ||
		strings.HasPrefix(value, "ssh-ed25519 ")
}

// isMixed reports whether a value is long enough for a secret, and of letters
// and digits.
func isMixed(value string) bool {
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	return len(value) >= 8 && strings.ContainsFunc(value, letter) && strings.ContainsFunc(value, digit)
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
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return strings.ContainsRune("_-./:", r) })
}

// isExcused reports whether a name says that its value is public.
func isExcused(words []string) bool {
	if len(words) == 0 {
		return true
	}
	switch words[len(words)-1] {
	case "version", "file", "path", "dir", "home", "url", "uri", "endpoint", "host", "user", "username", "email", "name", "id", "ids",
		"length", "ttl", "expiry", "timeout", "algorithm", "type", "mode", "policy", "prefix", "suffix", "size", "min", "max", "count",
		"fingerprint", "fingerprints", "commit", "revision", "ref", "rev", "tag", "branch", "sources", "packages", "deps", "opts", "flags", "cflags", "ldflags", "enabled", "provider", "store", "ring", "keyring", "server",
		// what a setting says of secrets and not which
		"header", "headers", "encryption", "backend", "issuer", "class", "handler", "format", "encoder", "encoders", "hasher", "hashers", "validator",
		"validators", "method", "strategy", "location", "lifetime", "expires", "expiration", "duration", "audience", "realm", "scope", "scopes", "hint",
		"label", "field", "column", "param", "parameter", "attribute", "pattern", "regex", "regexp", "service", "manager", "driver", "engine", "age",
		"rotation", "cost", "rounds", "iterations", "strength", "charset", "alg", "kind", "generator", "template", "address", "port", "domain", "region",
		"namespace", "bucket", "table", "topic", "queue", "plugin", "module", "package", "alias", "arn", "owner", "group", "sitekey", "publishable":
		return true
	}
	if n := len(words); n > 1 && words[n-1] == "key" && (words[n-2] == "site" || words[n-2] == "publishable") {
		return true
	}
	if n := len(words); n > 1 && words[n-1] == "token" {
		switch words[n-2] {
		case "input", "output", "next", "previous", "page", "continuation", "pagination":
			return true // where a list goes on
		}
	}
	for i, w := range words {
		switch w {
		case "gpg", "pgp", "sha", "sha1", "sha224", "sha256", "sha384", "sha512", "md5", "blake2b", "checksum", "checksums", "sum", "hash", "digest", "integrity", "public", "publishable", "pub", "cksum", "path", "allow", "signed", "arch", "b2sum", "known":
			return true
		case "csum", "keys":
			return i == len(words)-1 && !isSensitiveWord(strings.TrimSuffix(w, "s"))
		}
	}
	return false
}

// isSensitive reports whether a name says that its value is a secret.
func isSensitive(words []string) bool {
	for i, w := range words {
		if isSensitiveWord(w) {
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

func isSensitiveWord(w string) bool {
	switch w {
	case "password", "passwd", "passphrase", "pwd", "pass", "secret", "secrets", "token", "apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials", "authtoken", "requirepass", "masterkey", "storepass", "keypass", "dbpass", "userpass", "rootpass":
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
	var lower, upper, digit, hexadecimal, slash, dash int
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
			dash++
		default:
			return false
		}
	}
	if hexadecimal == len(value) || slash > 2 || dash > 2 || lower < 4 || upper < 4 || digit < 3 {
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
