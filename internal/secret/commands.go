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

// commands returns the programs whose passwords have no name that tells of them.
// Words may be quoted, as in the exec form.
func commands() []command {
	const (
		within   = `(?:[^;&|\n]*?[\s"'])?` // the rest of the same command, up to an option
		apart    = `["',]*[\s=]["',\s]*`
		maybe    = `["',\s]*`
		password = `([^\s"';&|]+)`
		word     = `[^\s"';&|>,]+`
		end      = `["']?\s*(?:[;&|>\n\]]|$)`
	)
	list := []struct{ word, pattern string }{
		{"curl", `curl["'\s]` + within + `(?:-u|--user|-U|--proxy-user)["',\s=]*[^\s:"'=]*:` + password},
		{"mysql", `mysql(?:dump|admin|import|show|check)?["'\s]` + within + `-p` + password},
		{"mariadb", `mariadb(?:-dump|-admin)?["'\s]` + within + `-p` + password},
		{"sshpass", `sshpass` + apart + `-p` + maybe + password},
		{"login", `login["'\s]` + within + `-p` + apart + password},
		{"redis-cli", `redis-cli["'\s]` + within + `-a` + maybe + password},
		{"ldap", `ldap(?:search|add|modify|passwd|delete|whoami|compare)["'\s]` + within + `-w` + apart + password},
		{"mongo", `mongo(?:sh|dump|restore|import|export)?["'\s]` + within + `-p` + apart + password},
		{"sqlcmd", `sqlcmd["'\s]` + within + `-P` + maybe + password},
		{"smbclient", `smbclient["'\s]` + within + `-U` + maybe + `[^\s"'%]+%` + password},
		{"lftp", `lftp["'\s]` + within + `-u` + maybe + `[^\s"',]+,` + password},
		{"zip", `zip["'\s]` + within + `-P` + maybe + password},
		{"7z", `7za?["'\s]` + within + `-p` + password},
		{"useradd", `useradd["'\s]` + within + `-p` + apart + password},
		{"usermod", `usermod["'\s]` + within + `-p` + apart + password},
		{"htpasswd", `htpasswd["',\s]+(?:-\w+["',\s]+)*-\w*b\w*(?:["',\s]+` + word + `){1,3}?["',\s]+` + password + end},
		{"mosquitto_passwd", `mosquitto_passwd["',\s]+-b["',\s]+` + word + `["',\s]+` + word + `["',\s]+` + password},
		{"openssl", `openssl["'\s]` + within + `-pass(?:in|out)?` + apart + `pass:` + password},
		{"openssl", `openssl["',\s]+passwd["'\s]` + within + password + end},
		{"aws", `aws["'\s]` + within + `configure["',\s]+set["',\s]+\S*(?:secret_access_key|session_token)["',\s]+` + password},
		{"composer", `composer["'\s]` + within + `config["'\s]` + within + `http-basic\.\S+["',\s]+` + word + `["',\s]+` + password},
		{"composer", `composer["'\s]` + within + `config["'\s]` + within + `(?:github-oauth|gitlab-token|gitlab-oauth|bearer|bitbucket-oauth)\.\S+["',\s]+` + password},
		{"poetry", `poetry["'\s]` + within + `config["'\s]` + within + `http-basic\.\S+["',\s]+` + word + `["',\s]+` + password},
		{"poetry", `poetry["'\s]` + within + `config["'\s]` + within + `pypi-token\.\S+["',\s]+` + password},
		{"bundle", `bundle["',\s]+config["',\s]+(?:set["',\s]+)?(?:--\w+["',\s]+)*[^\s"';&|]+\.[^\s"';&|]+["',\s]+(?:[^\s:"'/]+:)?` + password + end},
		{"nuget", `nuget["'\s]` + within + `setapikey` + apart + password},
		{"cargo", `cargo["',\s]+login["',\s]+(?:--\S+["',\s]+` + word + `["',\s]+)*` + password},
		{"vault", `vault["',\s]+login["',\s]+` + password},
		{"rabbitmqctl", `rabbitmqctl["'\s]` + within + `(?:add_user|change_password)["',\s]+` + word + `["',\s]+` + password},
		{"npm", `npm["'\s]` + within + `set["',\s]+\S*_(?:auth|password)["',\s=]+` + password},
		{"_authToken", `_authToken` + apart + password},
		{"chpasswd", `[A-Za-z_][\w.\-]*:([^\s:"'|]+)["']?\s*\|\s*(?:sudo\s+)?\S*chpasswd`},
		{"chpasswd", `chpasswd\s*<<<\s*["']?[A-Za-z_][\w.\-]*:` + password},
		{"--stdin", `(?:echo|printf)\s+(?:-\w\s+)?["']?([^\s"'|]+?)(?:\\n)?["']?\s*\|\s*(?:sudo\s+)?\S*passwd\s[^;&|\n]*--stdin`},
		{"--password-stdin", `(?:echo|printf)\s+(?:-\w\s+)?["']?([^\s"'|]+?)(?:\\n)?["']?\s*\|[^;&|\n]*--password-stdin`},
		{"sudo", `(?:echo|printf)\s+(?:-\w\s+)?["']?([^\s"'|]+?)(?:\\n)?["']?\s*\|\s*sudo\s+-\w*S`},
		// netrc, of a heredoc too
		{"machine", `machine[\s\\n]+\S+?[\s\\n]+login[\s\\n]+\S+?[\s\\n]+password[ \t\n]+` + password},
		{"login", `login[\s\\n]+\S+?[\s\\n]+password[ \t\n]+` + password},
		{"ecureString", `ConvertTo-SecureString["'\s]+(?:-String["'\s]+)?` + password},
		{"DENTIFIED", `IDENTIFIED\s+(?:WITH\s+\S+\s+)?BY\s+\\*["']([^"'\\]+)`},
		{"dentified", `identified\s+(?:with\s+\S+\s+)?by\s+\\*["']([^"'\\]+)`},
		{"PASSWORD", `(?:WITH|USER\s+\S+)\s+(?:ENCRYPTED\s+)?PASSWORD\s+\\*["']([^"'\\]+)`},
		{"assword", `(?:with|user\s+\S+)\s+(?:encrypted\s+)?[Pp]assword\s+\\*'([^"'\\]+)`},
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
		value := s[at[2]:at[3]]
		if len(value) < minSecret || strings.HasPrefix(value, "-") || isPlaceholder(value) || isHarmless(value) || isPublic(value) {
			continue
		}
		spans = append(spans, Span{Start: at[2], End: at[3], Kind: "password of " + strings.Trim(c.word, "-")})
	}
	return spans
}
