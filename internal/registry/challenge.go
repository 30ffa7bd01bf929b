package registry

import (
	"slices"
	"strings"
)

// A challenge is one demand of a WWW-Authenticate header (RFC 9110, 11.6.1).
type challenge struct {
	scheme string            // lower case
	params map[string]string // names in lower case
}

// parseChallenges reads the challenges of all WWW-Authenticate lines. What
// can't be parsed ends its line; what came before it is kept.
func parseChallenges(lines []string) []challenge {
	var all []challenge
	for _, line := range lines {
		all = append(all, parseChallengeLine(line)...)
	}
	return all
}

// A line is a list of schemes and of name=value pairs, in which a word that no
// "=" follows begins the next challenge.
func parseChallengeLine(s string) []challenge {
	var all []challenge
	for {
		s = strings.TrimLeft(s, " \t,")
		word, rest := token(s)
		if word == "" {
			return all
		}
		after := strings.TrimLeft(rest, " \t")
		if !strings.HasPrefix(after, "=") {
			all = append(all, challenge{strings.ToLower(word), map[string]string{}})
			s = rest
			continue
		}
		value, rest, ok := parameter(strings.TrimLeft(after[1:], " \t"))
		if !ok || len(all) == 0 {
			return all
		}
		// The first value counts, as with other duplicated fields.
		params, name := all[len(all)-1].params, strings.ToLower(word)
		if _, seen := params[name]; !seen {
			params[name] = value
		}
		s = rest
	}
}

// token splits off the leading token characters (RFC 9110, 5.6.2).
func token(s string) (word, rest string) {
	i := strings.IndexFunc(s, func(c rune) bool {
		return c > 0x7e || c <= ' ' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

// parameter splits off a token or a quoted string. Unquoted values may hold
// what a token may not, up to the next comma or blank: servers send bare URLs.
func parameter(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		i := strings.IndexAny(s, " \t,")
		if i < 0 {
			i = len(s)
		}
		return s[:i], s[i:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// choose returns the demand this client can meet, Bearer before Basic.
func choose(all []challenge) (challenge, bool) {
	for _, scheme := range []string{"bearer", "basic"} {
		i := slices.IndexFunc(all, func(c challenge) bool { return c.scheme == scheme })
		if i >= 0 {
			return all[i], true
		}
	}
	return challenge{}, false
}
