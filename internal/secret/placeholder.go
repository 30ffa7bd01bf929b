package secret

import "strings"

// isPlaceholder reports whether a value only stands for a secret: a variable, a
// template, a reference to a store of secrets, an example, a word that says that
// one is to be put there.
func isPlaceholder(value string) bool {
	if value == "" || strings.ContainsAny(value[:1], "<{%[") || isVariable(value) || isReference(value) {
		return true
	}
	if n := distinct(value); n <= 2 || n <= 6 && len(value) >= 16 {
		return true
	}
	lower := strings.ToLower(value)
	switch lower {
	case "todo", "tbd", "fixme", "unset", "undefined", "empty", "notset", "not-set", "not_set", "n/a":
		return true
	}
	for _, word := range []string{
		"example", "placeholder", "redacted", "your-", "your_", "replaceme", "replace-", "replace_", "changeme", "change-me", "change_me", "changeit",
		"change-this", "change_this", "insert-", "insert_", "fill-me", "fill_me", "set-me", "set_me", "todo:", "todo-", "todo_", "fixme", "dummy",
	} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return strings.HasPrefix(lower, "your")
}

// isReference reports whether a value says where the secret is, in the words of
// those who keep secrets or fill in templates.
func isReference(value string) bool {
	for _, part := range []string{"${", "$(", "#{", "{{", "$[["} {
		if strings.Contains(value, part) {
			return true
		}
	}
	for _, start := range []string{
		"vault:", "ssm:", "asm:", "arn:", "sops:", "secret:", "secrets:", "secretsmanager:", "keyvault:", "azurekeyvault:", "gcp:", "berglas:", "sm:", "op:", "ref+",
		"env:", "file:", "fd:", "ENC(", "ENC[", "DEC(", "@Microsoft.KeyVault(", "!vault", "!Ref", "!Sub", "!GetAtt", "!secret", "env(", "process.env", "os.environ", "os.getenv", "getenv(", "System.",
	} {
		if strings.HasPrefix(value, start) {
			return true
		}
	}
	if strings.HasPrefix(value, "projects/") && strings.Contains(value, "/secrets/") {
		return true
	}
	between := func(mark string) bool {
		return len(value) > 2*len(mark) && strings.HasPrefix(value, mark) && strings.HasSuffix(value, mark)
	}
	return between("__") || between("@") || between("%") || between("##")
}

// distinct is how many different bytes a value has.
func distinct(value string) int {
	var seen [256]bool
	n := 0
	for i := 0; i < len(value); i++ {
		if !seen[value[i]] {
			seen[value[i]] = true
			n++
		}
	}
	return n
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
