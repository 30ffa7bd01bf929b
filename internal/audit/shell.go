package audit

import (
	"iter"
	"path"
	"slices"
	"strings"
)

// checkIndex finds a RUN that only updates the package index, where a later one
// uses what may by then be an old index from the build cache.
func checkIndex(a *auditor, found func(Finding)) {
	for _, m := range []struct{ update, install string }{
		{"apt-get update", "apt-get install"}, {"apt update", "apt install"}, {"apk update", "apk add"},
		{"yum makecache", "yum install"}, {"dnf makecache", "dnf install"}, {"zypper refresh", "zypper install"},
	} {
		used := false // by a later step
		for i := len(a.steps) - 1; i >= 0; i-- {
			s := a.steps[i]
			if s.keyword != "RUN" {
				continue
			}
			updates, installs := hasCommand(s.rest, m.update), hasCommand(s.rest, m.install)
			if updates && !installs && used {
				found(Finding{Step: i + 1, Message: m.update + " in a layer of its own, " + m.install + " in another"})
			}
			used = !updates && (used || installs)
		}
	}
}

// hasCommand reports whether a shell's text calls "program subcommand", with
// any options between the two.
func hasCommand(text, command string) bool {
	program, sub, _ := strings.Cut(command, " ")
	if !strings.Contains(text, program) || !strings.Contains(text, sub) {
		return false
	}
	for words := range shellCommands(text) {
		for len(words) > 0 && isPrefix(words[0]) {
			words = words[1:]
		}
		if len(words) > 0 && path.Base(words[0]) == program && slices.Contains(words, sub) {
			return true
		}
	}
	return false
}

// isPrefix holds for words before the program that a command is about.
func isPrefix(word string) bool {
	switch word {
	case "sudo", "env", "exec", "nice", "time", "xargs":
		return true
	}
	return strings.HasPrefix(word, "-") || strings.Contains(word, "=")
}

// shellCommands returns the simple commands of a shell's text, as words; good
// enough to find what is called, not to run it.
func shellCommands(text string) iter.Seq[[]string] {
	text = strings.NewReplacer("&&", ";", "|", ";", "(", ";", ")", ";", "\n", ";").Replace(text)
	return func(yield func([]string) bool) {
		for command := range strings.SplitSeq(text, ";") {
			words := strings.Fields(command)
			for len(words) > 0 && isKeyword(words[0]) {
				words = words[1:]
			}
			if len(words) > 0 && !yield(words) {
				return
			}
		}
	}
}

// isKeyword holds for the words of a shell that a command follows.
func isKeyword(word string) bool {
	switch word {
	case "if", "then", "else", "elif", "while", "until", "do", "{", "!":
		return true
	}
	return false
}

// checkPipe finds a download that a shell runs unseen.
func checkPipe(a *auditor, found func(Finding)) {
	for i, s := range a.steps {
		if s.keyword == "RUN" && pipesToShell(s.rest) {
			found(Finding{Step: i + 1, Message: "a download is piped into a shell"})
		}
	}
}

func pipesToShell(text string) bool {
	text = strings.NewReplacer("||", ";", "&&", ";", "\n", " ").Replace(text)
	for command := range strings.SplitSeq(text, ";") {
		fetched := false
		for part := range strings.SplitSeq(command, "|") {
			words := strings.Fields(part)
			if fetched && startsShell(words) {
				return true
			}
			for _, w := range words {
				fetched = fetched || w == "curl" || w == "wget" || strings.HasSuffix(w, "/curl") || strings.HasSuffix(w, "/wget")
			}
		}
		for _, start := range []string{"<(curl", "<(wget", "-c \"$(curl", "-c \"$(wget", "-c '$(curl", "-c $(curl", "eval $(curl", "eval \"$(curl"} {
			if strings.Contains(command, start) {
				return true
			}
		}
	}
	return false
}

func startsShell(words []string) bool {
	for _, w := range words {
		switch path.Base(w) {
		case "sudo", "env", "-E", "exec":
			continue
		case "sh", "bash", "ash", "dash", "zsh", "python", "python3", "perl", "ruby", "node":
			return true
		}
		if strings.Contains(w, "=") {
			continue
		}
		return false
	}
	return false
}

// checkSudo finds the commands that are run with sudo.
func checkSudo(a *auditor, found func(Finding)) {
	for i, s := range a.steps {
		if s.keyword == "RUN" && strings.Contains(s.rest, "sudo") && usesSudo(s.rest) {
			found(Finding{Step: i + 1, Message: "a build step uses sudo"})
		}
	}
}

func usesSudo(text string) bool {
	for words := range shellCommands(text) {
		if path.Base(words[0]) == "sudo" {
			return true
		}
	}
	return false
}

// upgrades are the commands that upgrade all packages, by program. Some take
// names of packages, and upgrade only those.
var upgrades = []struct {
	programs, commands []string
	takesNames         bool
}{
	{[]string{"apt-get", "apt", "aptitude"}, []string{"upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade"}, false},
	{[]string{"apk"}, []string{"upgrade"}, true},
	{[]string{"dnf", "dnf5", "yum", "microdnf", "tdnf"}, []string{"upgrade", "update", "up", "upgrade-minimal", "update-minimal", "distro-sync", "dsync"}, true},
	{[]string{"zypper"}, []string{"update", "up", "dist-upgrade", "dup", "patch"}, true},
	{[]string{"pacman"}, nil, true},
}

func checkUpgrade(a *auditor, found func(Finding)) {
	for i, s := range a.steps {
		if s.keyword != "RUN" {
			continue
		}
		seen := map[string]bool{}
		for words := range shellCommands(s.rest) {
			command := upgradeIn(words)
			if command == "" || seen[command] {
				continue
			}
			seen[command] = true
			found(Finding{Step: i + 1, Message: command + " replaces packages of the base", key: command})
		}
	}
}

// upgradeIn returns the command in words that upgrades all packages; "" where
// there is none.
func upgradeIn(words []string) string {
	for len(words) > 0 && isPrefix(words[0]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return ""
	}
	program := path.Base(words[0])
	for _, u := range upgrades {
		if !slices.Contains(u.programs, program) {
			continue
		}
		command := ""
		for _, w := range words[1:] {
			switch {
			case strings.ContainsAny(w, "<>"): // a redirection
			case u.commands == nil && syncsAll(w):
				command = program + " " + w
			case strings.HasPrefix(w, "-"):
			case command == "" && slices.Contains(u.commands, w):
				command = program + " " + w
			case strings.Contains(w, "="): // the value of an option
			case command == "" && u.commands != nil, u.takesNames && w != "&":
				return "" // another command, or packages by name
			}
		}
		return command
	}
	return ""
}

// syncsAll holds for pacman's -Syu in any order of its letters.
func syncsAll(option string) bool {
	letters, ok := strings.CutPrefix(option, "-")
	return ok && strings.HasPrefix(letters, "S") && strings.Contains(letters, "u") && !strings.ContainsAny(letters, "lsgipc")
}
