package secret

import (
	"regexp"
	"strings"
)

// A command is a program that takes a password in a way of its own.
type command struct {
	// word is in every text that pattern matches; looking for it is fast.
	word string
	// pattern has the password as its group.
	pattern *regexp.Regexp
}

// commands returns the programs whose passwords no telling name announces.
// Words may be quoted, as in the exec form.
func commands() []command {
	const (
		within   = `[^;&|\n]*?[\s"']` // the rest of the same command, up to an option
		apart    = `["',]*[\s=]["'\s]*`
		maybe    = `["'\s]*`
		password = `([^\s"';&|]+)`
	)
	list := []struct{ word, pattern string }{
		{"curl", `curl` + within + `(?:-u|--user|-U|--proxy-user)["',\s=]*[^\s:"'=]*:` + password},
		{"mysql", `mysql(?:dump|admin)?["'\s]` + within + `-p` + password},
		{"mariadb", `mariadb(?:-dump|-admin)?["'\s]` + within + `-p` + password},
		{"sshpass", `sshpass` + apart + `-p` + maybe + password},
		{"login", `login["'\s]` + within + `-p` + apart + password},
		{"redis-cli", `redis-cli["'\s]` + within + `-a` + apart + password},
		{"chpasswd", `[A-Za-z_][\w.\-]*:([^\s:"'|]+)["']?\s*\|\s*(?:sudo\s+)?\S*chpasswd`},
		{"chpasswd", `chpasswd\s*<<<\s*["']?[A-Za-z_][\w.\-]*:` + password},
		{"_authToken", `_authToken` + apart + password},
	}
	commands := make([]command, len(list))
	for i, c := range list {
		commands[i] = command{c.word, regexp.MustCompile(c.pattern)}
	}
	return commands
}

// find appends the passwords that are given to the command in s.
func (c *command) find(spans []Span, s string) []Span {
	if !strings.Contains(s, c.word) {
		return spans
	}
	for _, at := range c.pattern.FindAllStringSubmatchIndex(s, -1) {
		if value := s[at[2]:at[3]]; len(value) >= minSecret && !isPlaceholder(value) && !isHarmless(value) {
			spans = append(spans, Span{Start: at[2], End: at[3], Kind: "password of " + c.word})
		}
	}
	return spans
}
