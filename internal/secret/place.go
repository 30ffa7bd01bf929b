package secret

import (
	"path"
	"strings"
)

// A place says how closely to look at a content.
type place uint8

const (
	// plain contents are searched for the known formats only.
	plain place = iota
	// settings hold values of sensitive names, and URLs with passwords.
	settings
	// sources hold them quoted.
	source
	// environments are read as the text of an instruction.
	environment
	// lone contents are the value of what the file is called.
	lone
)

// placeOf returns how closely to look at the file at p.
func placeOf(p string) place {
	base := path.Base(p)
	if InLibrary(p) {
		return plain // shows how
	}
	switch ext := path.Ext(base); ext {
	case ".env", ".envrc", ".flaskenv":
		return environment
	case ".yml", ".yaml", ".json", ".toml", ".ini", ".conf", ".cfg", ".config", ".properties", ".xml", ".tfvars", ".plist", ".cnf", ".settings", ".hcl":
		return settings
	case ".py", ".php", ".rb", ".js", ".mjs", ".cjs", ".ts", ".java", ".kt", ".groovy", ".gradle", ".scala", ".cs", ".go", ".pl", ".lua", ".tf", ".ps1", ".sh", ".bash", ".ipynb":
		if isSystem(p) {
			return plain
		}
		return source
	case "", ".txt", ".pass", ".pwd", ".secret":
		if isSensitive(nameWords(strings.TrimSuffix(base, ext))) && !isSystem(p) {
			return lone
		}
	}
	switch {
	case IsDotEnv(base), base == "environment":
		return environment
	case strings.HasSuffix("/"+p, "/.git/config"):
		return settings
	}
	return plain
}

// isSystem holds for where distributions keep what they made.
func isSystem(p string) bool {
	for _, dir := range []string{"usr/bin/", "usr/sbin/", "usr/lib/", "usr/lib32/", "usr/lib64/", "usr/libexec/", "usr/share/", "usr/include/", "bin/", "sbin/", "lib/", "lib32/", "lib64/", "var/lib/dpkg/", "var/lib/apt/", "etc/pam.d/", "etc/init.d/"} {
		if strings.HasPrefix(p, dir) {
			return true
		}
	}
	return p == "etc/passwd" || p == "etc/default/passwd"
}
